#include "dkim/signed_fields.h"

#include <algorithm>
#include <array>

#include "dkim/ascii.h"

namespace dkim {
namespace {

constexpr std::array<std::string_view, 13> kNames = {"from",
                                                     "to",
                                                     "cc",
                                                     "subject",
                                                     "date",
                                                     "message-id",
                                                     "reply-to",
                                                     "mime-version",
                                                     "content-type",
                                                     "content-transfer-encoding",
                                                     "in-reply-to",
                                                     "references",
                                                     "sender"};
constexpr std::array<std::string_view, 3> kPrefixes = {"content-", "list-", "resent-"};

// A longer name would break the line length of our own field.
constexpr std::size_t kMaxName = 64;

// RFC 6376 3.5: h= separates names by ":" and ends with ";", which RFC 5322 allows in a name: such
// fields stay unsigned.
bool is_plain(std::string_view name) {
    return std::all_of(name.begin(), name.end(), [](char c) {
        return is_alpha(c) || is_digit(c) || c == '-' || c == '_';
    });
}

bool is_default(std::string_view name) {
    for (const std::string_view candidate : kNames) {
        if (equal_ignoring_case(name, candidate)) {
            return true;
        }
    }
    for (const std::string_view prefix : kPrefixes) {
        if (name.size() > prefix.size() && name.size() <= kMaxName &&
            equal_ignoring_case(name.substr(0, prefix.size()), prefix)) {
            return is_plain(name) && !equal_ignoring_case(name, "resent-bcc");
        }
    }
    return false;
}

}  // namespace

bool SignedFields::contain(std::string_view name) const {
    return names_.empty() ? is_default(name)
                          : std::any_of(names_.begin(), names_.end(), [&](const auto& own) {
                                return equal_ignoring_case(name, own);
                            });
}

void SignedFields::append_oversigned(std::string& names) const {
    const auto append = [&](std::string_view name) { names.append(name).push_back(':'); };
    if (names_.empty()) {
        std::for_each(kOversigned.begin(), kOversigned.end(), append);
    } else {
        std::for_each(names_.begin(), names_.end(), append);
    }
}

}  // namespace dkim
