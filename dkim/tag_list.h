// TagList: the tag=value list of signatures and key records, as views in their order.
//
// Standards: RFC 6376 3.2, RFC 8616 (UTF-8).
// Threads:   values over memory that the caller keeps alive and unchanged.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "conf/result.h"

namespace dkim {

class TagList {
public:
    /// What values may hold: DNS records are ASCII, headers may have UTF-8 (RFC 8616).
    enum class Characters : std::uint8_t { Ascii, Utf8 };
    struct Tag {
        std::string_view name;
        std::string_view value;  // without white space at its ends; inside, folds are kept
    };

    /// Errors: BadTagList, the detail naming the tag: no "=", a malformed name, a character that no
    /// value may hold, a name that comes twice, more than 64 tags. An empty list is one without
    /// tags.
    static conf::Result<TagList> parse(std::string_view text,
                                       Characters characters = Characters::Ascii);

    [[nodiscard]] const std::vector<Tag>& tags() const { return tags_; }
    /// Tag names are case-sensitive.
    [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const;

private:
    std::vector<Tag> tags_;
};

/// The parts of a colon-separated value, without the white space around them.
std::vector<std::string_view> split_at_colons(std::string_view value);

/// The octets of a base64string, in which folding white space may stand between any two
/// characters; nothing where it is none.
std::optional<std::string> decode_base64string(std::string_view value);

}  // namespace dkim
