// Survey: the first pass over a message: finds its parts and what SMTP cannot carry in them, and
// decides what changes.
//
// A fault is a line over 998 octets or an octet over 127, as wished. A leaf part with one is
// encoded; a preamble or epilogue with one, which nobody is shown, is left out. 8-bit text stays
// where it must not or cannot be encoded (signed parts, unknown encodings, header fields); a long
// line there is an error, and so is a fault where readers would not agree on the parts.
//
// Standards: RFC 5322 2.1.1, RFC 6152 3, RFC 2045 6, RFC 2046 5, RFC 1428 3 (unknown-8bit).
// Threads:   one owner. Memory: that of a PartTree.
// Errors:    any of errors.h, in words for the sender.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "conf/result.h"
#include "relay/mime/body_lines.h"
#include "relay/mime/part_tree.h"
#include "relay/mime/plan.h"
#include "relay/mime/utf8_stream.h"

namespace relay::mime {

/// What must not be in the message afterwards.
struct Wishes {
    bool long_lines = false;
    bool eight_bit = false;
};

class Survey {
public:
    /// `header`: the fields, each with its CRLF, without the empty line; read here only. Errors:
    /// LongField, BadHeader (where a line of it is too long).
    static conf::Result<Survey> begin(std::string_view header, Wishes wishes);
    /// The next octets of the body, cut anywhere.
    void read(std::string_view octets);
    /// No more octets. Once.
    conf::Result<Plan> finish();

private:
    struct Fault {
        bool long_line = false;
        bool eight_bit = false;
    };
    struct Facts {
        Fault header;
        Fault preamble;
        Fault epilogue;
        Fault body;
        std::uint64_t octets = 0;   // of a body that may be encoded, and how many of them
        std::uint64_t escapes = 0;  // quoted-printable writes as three
        Utf8Stream utf8;
    };
    /// What a part holds once its changes are made, its own parts included.
    struct Left {
        bool changed = false;
        Fault fault;
    };

    Survey(Content message, Wishes wishes);
    void take(const LinePiece& piece);
    static void count(Facts& facts, const Content& content, const LinePiece& piece, bool is_ascii);
    void end_header(std::size_t part);
    [[nodiscard]] bool must_change(Fault fault) const;
    [[nodiscard]] bool must_change(const Facts& facts) const;
    [[nodiscard]] conf::Result<PartChange> change_of(const Part& part, const Facts& facts) const;
    void change_what_encloses(std::vector<PartChange>& changes) const;

    Wishes wishes_;
    Content message_;
    PartTree tree_;
    BodyLines lines_;
    std::size_t length_ = 0;  // of the line, so far
    std::vector<Facts> facts_;
    Fault beyond_;
    std::optional<conf::Error> error_;  // the first of a header
};

}  // namespace relay::mime
