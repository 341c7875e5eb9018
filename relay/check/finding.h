// Finding: one thing that the self-check looked at, what it saw, what a receiver would do, and what to publish.
//
// Threads: values.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "conf/config.h"

namespace relay::check {

enum class Verdict : std::uint8_t { Pass, Info, Warn, Block, Unknown };

[[nodiscard]] std::string_view name(Verdict verdict);  // "pass", "info", "warn", "block", "unknown"

struct Finding {
    std::string check;    // "spf", "ptr", "helo", "dkim": the label in metrics
    std::string subject;  // "example.com", "192.0.2.1", "2026a._domainkey.example.com"
    Verdict verdict = Verdict::Unknown;
    std::string seen;     // what was looked up and found
    std::string effect;   // what a receiver would do with it; empty for Pass
    std::string publish;  // the exact record, zone-file form; empty when nothing is to be published
    std::chrono::seconds ttl{0};

    /// "ptr of 192.0.2.1: no PTR record": the reason that a held message shows.
    [[nodiscard]] std::string reason() const;
};

}  // namespace relay::check
