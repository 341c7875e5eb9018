// A plain reader of messages that are held whole: what a receiver sees. It shares no code with
// relay/mime, so that the two cannot err together.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tests {

struct ReadPart {
    std::string header;
    std::string type;      // lower case, the default where there is none
    std::string charset;   // lower case
    std::string encoding;  // lower case
    std::string content;   // of a leaf: decoded
    std::vector<ReadPart> parts;
};

ReadPart read_part(std::string_view header,
                   std::string_view body,
                   std::string_view default_type = "text/plain");

/// The value of the field, unfolded, without white space around it.
std::string field_value(std::string_view header, std::string_view name);

/// "=" that begins no escape stands for itself.
std::string decode_quoted_printable(std::string_view text);
/// Skips what is not of the alphabet, stops at "=".
std::string decode_loose_base64(std::string_view text);

/// All leaves, in order.
std::vector<ReadPart> leaves(const ReadPart& part);

}  // namespace tests
