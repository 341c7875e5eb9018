// Reference: RFC 6376 3.4 done the slow, obvious way, a whole text at a time; what the fast code is
// compared with.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace reference {

inline bool white(char c) {
    return c == ' ' || c == '\t';
}

/// Splits at CRLF; the last part is what follows the last CRLF.
inline std::vector<std::string> lines(std::string_view text) {
    std::vector<std::string> parts(1);
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\r' && i + 1 < text.size() && text[i + 1] == '\n') {
            parts.emplace_back();
            ++i;
        } else {
            parts.back() += text[i];
        }
    }
    return parts;
}

inline std::string without_white_end(std::string text) {
    while (!text.empty() && white(text.back())) {
        text.pop_back();
    }
    return text;
}

inline std::string single_spaces(const std::string& text) {
    std::string out;
    for (const char c : text) {
        if (!white(c)) {
            out += c;
        } else if (out.empty() || out.back() != ' ') {
            out += ' ';
        }
    }
    return out;
}

inline std::string joined_without_empty_end(std::vector<std::string> parts) {
    while (!parts.empty() && parts.back().empty()) {
        parts.pop_back();
    }
    std::string out;
    for (const std::string& part : parts) {
        out += part + "\r\n";
    }
    return out;
}

inline std::string simple_body(std::string_view body) {
    const std::string out = joined_without_empty_end(lines(body));
    return out.empty() ? "\r\n" : out;
}

inline std::string relaxed_body(std::string_view body) {
    std::vector<std::string> parts = lines(body);
    for (std::string& part : parts) {
        part = single_spaces(without_white_end(part));
    }
    return joined_without_empty_end(parts);
}

/// `field` is a whole field with its last CRLF.
inline std::string relaxed_field(std::string_view field) {
    std::string unfolded;
    for (const std::string& line : lines(field)) {
        unfolded += line;
    }
    const std::size_t colon = unfolded.find(':');
    std::string name = without_white_end(unfolded.substr(0, colon));
    for (char& c : name) {
        if (c >= 'A' && c <= 'Z') {
            c = static_cast<char>(c + 32);
        }
    }
    std::string value = single_spaces(without_white_end(unfolded.substr(colon + 1)));
    if (!value.empty() && value.front() == ' ') {
        value.erase(0, 1);
    }
    return name + ":" + value + "\r\n";
}

}  // namespace reference
