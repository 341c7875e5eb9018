// PartTree: finds the parts of a message: says of each line of its body what it is and to which
// part it belongs.
//
// Both passes walk the same tree over the same lines, so that a part has the same number in both:
// 0 is the message, the others follow in the order in which they begin.
//
// Standards: RFC 2046 5.1 (multipart), 5.2.1 (message/rfc822).
// Threads:   one owner. Memory: kMaxParts parts, kMaxPartHeader octets of one header.
// Errors:    none; where a limit is met, all that follows is Beyond.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "relay/mime/body_lines.h"
#include "relay/mime/content.h"
#include "relay/mime/errors.h"

namespace relay::mime {

inline constexpr std::size_t kMaxParts = 1000;
inline constexpr std::size_t kMaxDepth = 50;
inline constexpr std::size_t kMaxPartHeader = std::size_t{64} * 1024;

struct Part {
    Content content;
    std::size_t parent = 0;       // its own number for the message
    bool starts_message = false;  // its header is that of a message
    bool has_delimiter = false;   // of a multipart: one was met
};

enum class Role : std::uint8_t {
    Header,     // of the part, which goes on
    HeaderEnd,  // the empty line behind it
    Delimiter,  // of the multipart
    Preamble,   // of the multipart
    Epilogue,   // of the multipart
    Body,       // of what holds no parts, or none that can be told apart
    Beyond,     // a limit was met
};

struct Place {
    Role role;
    std::size_t part;
};

class PartTree {
public:
    explicit PartTree(Content message);

    /// The next piece of a line. Where header_part() held a part before and the role is not Header,
    /// the header of that part has ended, and header() is all of it until the next call.
    Place place(const LinePiece& piece);

    /// Whose header is being read.
    [[nodiscard]] std::optional<std::size_t> header_part() const;
    [[nodiscard]] const std::string& header() const { return header_; }

    [[nodiscard]] const std::vector<Part>& parts() const { return parts_; }
    /// Which limit was met: TooManyParts, TooDeep or PartHeaderTooLarge.
    [[nodiscard]] std::optional<errc> limit() const { return limit_; }

private:
    enum class State : std::uint8_t { Header, Preamble, Parts, Epilogue, Message, Body };
    struct Level {
        std::size_t part;
        State state;
    };

    [[nodiscard]] std::optional<Place> delimiter(std::string_view line);
    Place header_line(const LinePiece& piece);
    void open_part(std::size_t parent, bool starts_message);
    void enter_body();

    std::vector<Part> parts_;
    std::vector<Level> open_;  // from the message inwards
    std::string header_;
    bool header_is_old_ = false;  // of the part before
    std::optional<errc> limit_;
};

}  // namespace relay::mime
