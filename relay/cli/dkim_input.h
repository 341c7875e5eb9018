// DkimInput: a message in a file or from standard input, its header apart from its body.
//
// Files often hold lines that end with LF alone, as mail programs save them: those become CRLF,
// all else stays as it is. The body comes in pieces, so that it may be of any size.
//
// Standards: RFC 5322 2.1 (the empty line between header and body).
// Threads:   called from main only.
// Errors:    with the file's name and what to do.
#pragma once

#include <cstdio>
#include <memory>
#include <string>

#include "conf/result.h"

namespace relay::cli {

class DkimInput {
public:
    static constexpr std::size_t kMaxHeader = std::size_t{1024} * 1024;

    /// "" and "-" are standard input.
    static conf::Result<DkimInput> open(const std::string& file);

    /// All fields, each with its line end, without the empty line. Once, and first. Errors: it
    /// cannot be read, or is larger than kMaxHeader.
    conf::Result<std::string> header();
    /// The next piece of the body; an empty one is its end.
    conf::Result<std::string> body();

private:
    struct Close {
        void operator()(std::FILE* file) const;
    };

    /// Appends to `text_`; false at the end.
    conf::Result<bool> read();

    std::string name_;
    std::unique_ptr<std::FILE, Close> file_;
    std::string text_;
    bool after_return_ = false;
};

}  // namespace relay::cli
