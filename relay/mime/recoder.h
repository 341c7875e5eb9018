// Recoder: the second pass over a message: writes it anew as a Plan says.
//
// What the plan does not change comes out octet for octet. Encoded parts decode to the octets that
// they were; the result does not depend on how the input is cut.
//
// Standards: RFC 2045 6, RFC 2046 5.1.1 (the CRLF before a delimiter belongs to the delimiter).
// Threads:   one owner. Memory: that of a PartTree and some lines. Errors: none.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>

#include "relay/mime/base64.h"
#include "relay/mime/body_lines.h"
#include "relay/mime/part_tree.h"
#include "relay/mime/plan.h"
#include "relay/mime/quoted_printable.h"
#include "relay/mime/survey.h"

namespace relay::mime {

class Recoder {
public:
    explicit Recoder(Plan plan);

    /// The new header section; `header` is the one that the survey began with. May be asked at any
    /// time.
    [[nodiscard]] std::string header(std::string_view header) const;
    /// The next octets of the same body, cut anywhere: appends what can be written by now, at most
    /// about three times as much.
    void write(std::string_view octets, std::string& out);
    /// No more octets: appends the rest. Once.
    void finish(std::string& out);

private:
    using Writer = std::variant<std::monostate,
                                QuotedPrintableEncoder,
                                Base64Encoder,
                                QuotedPrintableMender,
                                Base64Mender>;

    void take(const LinePiece& piece, std::string& out);
    void write_body(const LinePiece& piece, BodyChange change, std::string& out);
    void end_body(std::string& out);
    [[nodiscard]] std::string new_header(std::size_t part, std::string_view header) const;

    Plan plan_;
    bool changes_;
    PartTree tree_;
    BodyLines lines_;
    Writer writer_;              // of the part that is being encoded
    bool line_end_due_ = false;  // the CRLF behind its last line: its own or a delimiter's
};

}  // namespace relay::mime
