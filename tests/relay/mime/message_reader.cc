#include "tests/relay/mime/message_reader.h"

#include <algorithm>
#include <cctype>

namespace tests {

namespace {

std::string lower(std::string_view text) {
    std::string result(text);
    for (char& c : result) {
        c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    }
    return result;
}

std::string trimmed(std::string_view text) {
    const std::size_t from = text.find_first_not_of(" \t");
    return from == std::string_view::npos
               ? ""
               : std::string(text.substr(from, text.find_last_not_of(" \t") + 1 - from));
}

/// Lines with their CRLFs.
std::vector<std::string_view> lines_of(std::string_view text) {
    std::vector<std::string_view> lines;
    while (!text.empty()) {
        const std::size_t end = text.find("\r\n");
        const std::size_t size = end == std::string_view::npos ? text.size() : end + 2;
        lines.push_back(text.substr(0, size));
        text.remove_prefix(size);
    }
    return lines;
}

std::string without_line_end(std::string_view line) {
    return std::string(line.ends_with("\r\n") ? line.substr(0, line.size() - 2) : line);
}

std::string parameter(const std::string& value, const std::string& name) {
    const std::size_t at = lower(value).find(name + "=");
    if (at == std::string::npos) {
        return "";
    }
    const std::string rest = value.substr(at + name.size() + 1);
    return rest.starts_with('"') ? rest.substr(1, rest.find('"', 1) - 1)
                                 : trimmed(rest.substr(0, rest.find_first_of("; ")));
}

/// A message or part: its header up to the empty line, and the rest.
ReadPart read_entity(std::string_view text, std::string_view default_type = "text/plain") {
    std::size_t end = 0;
    for (const auto line : lines_of(text)) {
        if (line == "\r\n") {
            return read_part(text.substr(0, end), text.substr(end + 2), default_type);
        }
        end += line.size();
    }
    return read_part(text, "", default_type);
}

}  // namespace

std::string field_value(std::string_view header, std::string_view name) {
    std::string value;
    bool found = false;
    for (const auto line : lines_of(header)) {
        const bool continues = line.starts_with(' ') || line.starts_with('\t');
        if (found && !continues) {
            break;
        }
        if (found) {
            value += without_line_end(line);
        } else if (lower(line).starts_with(lower(name) + ":")) {
            found = true;
            value = without_line_end(line.substr(name.size() + 1));
        }
    }
    return trimmed(value);
}

std::string decode_quoted_printable(std::string_view text) {
    std::string result;
    for (const auto line : lines_of(text)) {
        std::string content = without_line_end(line);
        content.resize(content.find_last_not_of(" \t") + 1);
        const bool soft = content.ends_with('=');
        const std::string hex = "0123456789abcdefABCDEF";
        for (std::size_t at = 0; at < content.size() - (soft ? 1 : 0); ++at) {
            const bool escaped = content[at] == '=' && at + 2 < content.size() &&
                                 hex.find(content[at + 1]) != std::string::npos &&
                                 hex.find(content[at + 2]) != std::string::npos;
            if (escaped) {
                result += static_cast<char>(std::stoi(content.substr(at + 1, 2), nullptr, 16));
                at += 2;
            } else {
                result += content[at];
            }
        }
        if (!soft && line.ends_with("\r\n")) {
            result += "\r\n";
        }
    }
    return result;
}

std::string decode_loose_base64(std::string_view text) {
    const std::string alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string result;
    unsigned bits = 0;
    int have = 0;
    for (const char c : text) {
        const std::size_t value = alphabet.find(c);
        if (c == '=') {
            break;
        }
        if (value == std::string::npos) {
            continue;
        }
        bits = (bits << 6U | static_cast<unsigned>(value)) & 0xffffffU;
        have += 6;
        if (have >= 8) {
            have -= 8;
            result += static_cast<char>(bits >> static_cast<unsigned>(have) & 0xffU);
        }
    }
    return result;
}

ReadPart read_part(std::string_view header, std::string_view body, std::string_view default_type) {
    ReadPart part;
    part.header = header;
    const std::string type = field_value(header, "Content-Type");
    part.type =
        type.empty() ? std::string(default_type) : trimmed(lower(type.substr(0, type.find(';'))));
    part.charset = lower(parameter(type, "charset"));
    part.encoding = lower(field_value(header, "Content-Transfer-Encoding"));
    const std::string boundary = parameter(type, "boundary");
    if (part.encoding == "base64") {
        part.content = decode_loose_base64(body);
    } else if (part.encoding == "quoted-printable") {
        part.content = decode_quoted_printable(body);
    } else if (part.type == "message/rfc822") {
        part.parts.push_back(read_entity(body));
    } else if (!part.type.starts_with("multipart/") || boundary.empty()) {
        part.content = body;
    } else {
        const std::string_view inner =
            part.type == "multipart/digest" ? "message/rfc822" : "text/plain";
        std::string text;
        bool in_part = false;
        for (const auto line : lines_of(body)) {
            const std::string content = trimmed(without_line_end(line));
            // A line that SMTP does not carry is no delimiter.
            if (line.size() > 1000 ||
                (content != "--" + boundary && content != "--" + boundary + "--")) {
                text += line;
                continue;
            }
            if (in_part) {
                part.parts.push_back(read_entity(without_line_end(text), inner));
            }
            text.clear();
            in_part = true;
            if (content.ends_with(boundary + "--")) {
                return part;
            }
        }
        if (in_part) {
            part.parts.push_back(read_entity(text, inner));
        }
    }
    return part;
}

std::vector<ReadPart> leaves(const ReadPart& part) {
    if (part.parts.empty()) {
        return {part};
    }
    std::vector<ReadPart> all;
    for (const ReadPart& inner : part.parts) {
        const auto found = leaves(inner);
        all.insert(all.end(), found.begin(), found.end());
    }
    return all;
}

}  // namespace tests
