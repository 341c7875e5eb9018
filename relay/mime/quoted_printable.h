// Quoted-printable, written: QuotedPrintableEncoder encodes octets, QuotedPrintableMender makes
// text that claims to be quoted-printable conform, with the same meaning.
//
// Both take the lines of a part piece by piece (a piece may be cut anywhere within its line) and
// write lines of at most 76 octets. No line that they write looks like the delimiter of a
// multipart; none that they begin themselves looks like the end of a message or an mbox "From ".
//
// Standards: RFC 2045 6.7; RFC 2049 3 (what gateways do to lines).
// Threads:   one owner. Memory: the mender holds up to 8 KiB of white space.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace relay::mime {

/// How many of these octets of a line the encoder must write as three.
std::size_t octets_to_escape(std::string_view text);

/// The lines of the output.
class QuotedPrintableLines {
public:
    /// `octet` is one that may stand for itself.
    void put(char octet, std::string& out);
    /// All may stand for themselves.
    void put_run(std::string_view octets, std::string& out);
    void put_escaped(char octet, std::string& out);
    /// Octets that must not be torn apart; at most 3.
    void put_together(std::string_view octets, std::string& out);
    void hard_break(std::string& out);
    void soft_break(std::string& out);

private:
    [[nodiscard]] bool must_escape_first(char octet) const;
    void make_room(std::size_t octets, std::string& out);

    std::size_t column_ = 0;
    bool after_soft_break_ = false;
};

class QuotedPrintableEncoder {
public:
    void text(std::string_view octets, std::string& out);
    void line_end(std::string& out);
    void finish(std::string& out);

private:
    QuotedPrintableLines lines_;
    char space_ = 0;  // the last octet, a space or tab: it may be the last of its line
};

class QuotedPrintableMender {
public:
    void text(std::string_view octets, std::string& out);
    void line_end(std::string& out);
    void finish(std::string& out);

private:
    void take(char octet, std::string& out);
    void flush(std::string& out);

    QuotedPrintableLines lines_;
    std::string escape_;  // "=" or "=X", of which more may come
    std::string spaces_;  // behind it, or behind text; dropped at the end of the line
};

}  // namespace relay::mime
