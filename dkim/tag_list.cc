#include "dkim/tag_list.h"

#include <algorithm>
#include <iterator>

#include "conf/base64.h"
#include "conf/utf8.h"
#include "dkim/ascii.h"
#include "dkim/errors.h"

namespace dkim {
namespace {

// Real lists have a dozen; the bound keeps the search for doubles cheap on hostile ones.
constexpr std::size_t kMaxTags = 64;

// RFC 6376 2.8 FWS
bool is_fws(char c) {
    return is_wsp(c) || c == '\r' || c == '\n';
}

std::string_view trim(std::string_view text) {
    while (!text.empty() && is_fws(text.front())) {
        text.remove_prefix(1);
    }
    while (!text.empty() && is_fws(text.back())) {
        text.remove_suffix(1);
    }
    return text;
}

// RFC 6376 3.2: tag-name = ALPHA *ALNUMPUNC; ALNUMPUNC = ALPHA / DIGIT / "_"
bool is_tag_name(std::string_view name) {
    return !name.empty() && is_alpha(name.front()) &&
           std::all_of(name.begin(), name.end(), [](char c) {
               return is_alpha(c) || is_digit(c) || c == '_';
           });
}

// RFC 6376 3.2: VALCHAR = %x21-3A / %x3C-7E; RFC 8616: in a header also UTF-8 beyond ASCII.
bool is_tag_value(std::string_view value, TagList::Characters characters) {
    const bool utf8 = characters == TagList::Characters::Utf8;
    return std::all_of(value.begin(),
                       value.end(),
                       [utf8](char c) {
                           const auto octet = static_cast<unsigned char>(c);
                           return is_fws(c) || (octet > ' ' && octet < 0x7f && c != ';') ||
                                  (utf8 && octet > 0x7f);
                       }) &&
           (!utf8 || conf::is_utf8(value));
}

conf::Error bad(std::string detail) {
    return error(errc::BadTagList, std::move(detail));
}

}  // namespace

conf::Result<TagList> TagList::parse(std::string_view text, Characters characters) {
    TagList list;
    // RFC 6376 3.2: tag-list = tag-spec *( ";" tag-spec ) [ ";" ]
    while (!trim(text).empty()) {
        const std::size_t end = std::min(text.find(';'), text.size());
        const std::string_view spec = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        const std::size_t equals = spec.find('=');
        const std::string_view name = trim(spec.substr(0, std::min(equals, spec.size())));
        // What is no name is not repeated either: it may be anything.
        if (!is_tag_name(name) || name.size() > 64) {
            return bad("tag " + std::to_string(list.tags_.size() + 1) + " has no proper name");
        }
        if (equals == std::string_view::npos) {
            return bad("tag " + std::string(name) + " has no value");
        }
        const std::string_view value = trim(spec.substr(equals + 1));
        if (!is_tag_value(value, characters)) {
            return bad("tag " + std::string(name) + " holds a character that is not allowed");
        }
        // RFC 6376 3.2: Tags with duplicate names MUST NOT occur within a single tag-list.
        if (list.find(name)) {
            return bad("tag " + std::string(name) + " comes twice");
        }
        if (list.tags_.size() == kMaxTags) {
            return bad("more than 64 tags");
        }
        list.tags_.push_back({name, value});
    }
    return list;
}

std::optional<std::string_view> TagList::find(std::string_view name) const {
    for (const Tag& tag : tags_) {
        if (tag.name == name) {
            return tag.value;
        }
    }
    return std::nullopt;
}

std::vector<std::string_view> split_at_colons(std::string_view value) {
    std::vector<std::string_view> parts;
    for (;;) {
        const std::size_t colon = value.find(':');
        parts.push_back(trim(value.substr(0, std::min(colon, value.size()))));
        if (colon == std::string_view::npos) {
            return parts;
        }
        value.remove_prefix(colon + 1);
    }
}

// RFC 6376 3.2: base64string = ALPHADIGITPS *([FWS] ALPHADIGITPS) [ [FWS] "=" [ [FWS] "=" ] ]; CR
// and LF are taken apart from each other, which harms nothing here.
std::optional<std::string> decode_base64string(std::string_view value) {
    std::string text;
    text.reserve(value.size());
    std::remove_copy_if(value.begin(), value.end(), std::back_inserter(text), is_fws);
    return conf::decode_base64(text);
}

}  // namespace dkim
