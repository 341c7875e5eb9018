// Base64 in lines: Base64Encoder encodes octets, Base64Mender makes text that claims to be base64
// conform, with the same meaning.
//
// Both write lines of at most 76 characters, with CRLF between them and none behind the last.
//
// Standards: RFC 2045 6.8.
// Threads:   one owner.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace relay::mime {

class Base64Encoder {
public:
    void text(std::string_view octets, std::string& out);
    void line_end(std::string& out) { text("\r\n", out); }
    void finish(std::string& out);

private:
    void line(std::string_view octets, std::string& out);

    std::string held_;  // less than a line of octets
    bool is_first_ = true;
};

class Base64Mender {
public:
    void text(std::string_view octets, std::string& out);
    /// Means nothing in base64.
    void line_end(std::string&) {}
    void finish(std::string&) {}

private:
    std::size_t column_ = 0;
};

}  // namespace relay::mime
