// Header and Field: the header section of a message as views, in order, never copied.
//
// Standards: RFC 5322 2.2 (fields, folding), RFC 6376 2.8 (white space).
// Threads:   values over memory that the caller keeps alive and unchanged.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "conf/result.h"

namespace dkim {

/// One header field. `raw` is all of it, its CRLF and the CRLFs of its folds included.
struct Field {
    std::string_view raw;
    std::string_view name;   // as written, without white space before the colon
    std::string_view value;  // all behind the colon, without the last CRLF

    /// ASCII case is ignored.
    [[nodiscard]] bool is(std::string_view other) const;
};

class Header {
public:
    Header() = default;
    /// `block` holds the fields, each ended by CRLF, without the empty line that follows them.
    /// Errors: BadHeader with the number of the line: no colon, empty or non-ASCII name, a fold
    /// before the first field, a bare CR or LF, a missing last CRLF.
    static conf::Result<Header> parse(std::string_view block);

    [[nodiscard]] std::span<const Field> fields() const { return fields_; }
    [[nodiscard]] std::size_t count(std::string_view name) const;
    /// The first of that name from the top, or nothing.
    [[nodiscard]] const Field* find(std::string_view name) const;

private:
    std::vector<Field> fields_;
};

}  // namespace dkim
