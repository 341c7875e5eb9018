// minimal: the smallest configuration that is right, and what tests ask of one that is not.
#pragma once

#include <string>
#include <vector>

#include "conf/parse.h"

namespace conf {

inline const std::string kMinimal = R"(hostname = "mail.example.com"
postmaster = "postmaster@example.com"
[[domain]]
name = "example.com"
[[domain.selector]]
name = "2026a"
key = "keys/a.pem"
)";

/// kMinimal with one more line in front, which is line 1.
inline std::string with_root(const std::string& line) {
    return line + "\n" + kMinimal;
}

/// kMinimal (7 lines) with lines behind it, from line 8.
inline std::string with(const std::string& lines) {
    return kMinimal + lines;
}

/// Every problem as a person sees it.
inline std::vector<std::string> messages(std::string_view text) {
    const Loaded loaded = parse(text, "/etc/signet/signet.toml");
    std::vector<std::string> lines;
    if (const auto* problems = std::get_if<std::vector<Problem>>(&loaded)) {
        for (const Problem& problem : *problems) {
            lines.push_back(problem.message().substr(std::string("/etc/signet/").size()));
        }
    }
    return lines;
}

/// The one problem of `text`; else all of them, or "right".
inline std::string message(std::string_view text) {
    std::string joined;
    for (const std::string& line : messages(text)) {
        joined += (joined.empty() ? "" : "\n") + line;
    }
    return joined.empty() ? "right" : joined;
}

/// Of a text that is right; throws otherwise.
inline Config configured(std::string_view text) {
    return *std::get<std::shared_ptr<const Config>>(parse(text, "/etc/signet/signet.toml"));
}

}  // namespace conf
