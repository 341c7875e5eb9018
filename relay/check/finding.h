// Finding: one thing that the self-check looked at, what it saw, what a receiver would do, and what
// to publish.
//
// Threads: values.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "conf/config.h"

namespace relay::check {

enum class Verdict : std::uint8_t { Pass, Info, Warn, Block, Unknown };

[[nodiscard]] std::string_view name(Verdict verdict);  // "pass", "info", "warn", "block", "unknown"

// The values of Finding::check.
inline constexpr std::string_view kPtr = "ptr";
inline constexpr std::string_view kHelo = "helo";
inline constexpr std::string_view kSpf = "spf";
inline constexpr std::string_view kDkim = "dkim";

/// Pass < Info < Warn < Unknown < Block: the graver of two.
[[nodiscard]] Verdict graver(Verdict one, Verdict other);

struct Finding {
    std::string check;  // "spf", "ptr", "helo", "dkim": the label in metrics
    std::string
        subject;  // "example.com from 192.0.2.1", "192.0.2.1", "2026a._domainkey.example.com"
    Verdict verdict = Verdict::Unknown;
    std::string seen;     // what was looked up and found
    std::string effect;   // what a receiver would do with it; empty for Pass
    std::string publish;  // the exact records, zone-file form, one a line; empty when nothing is to
                          // be published
    std::chrono::seconds ttl{0};  // how long the answers behind it may be believed

    /// "ptr of 192.0.2.1: no PTR record": the reason that a held message shows.
    [[nodiscard]] std::string reason() const;
};

}  // namespace relay::check
