// Gate: may a message leave? The verdicts of the self-check, kept per domain and source address.
//
// judge() never waits: it answers from what is known. A pair that was never judged answers Wait and is noted as wanted, so
// that the SelfCheck looks at it; each change of a verdict bumps `generation`, which the Spool watches.
//
// Modes: off is always Open; warn is Open; enforce holds what blocks. Unknown never blocks, and does not replace a definite
// verdict for 24 h. The first verdict is waited for no longer than the DNS time-out.
//
// Threads: safe; a short lock of its own.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "conf/config.h"
#include "relay/check/finding.h"

namespace relay::check {

class Gate {
public:
    enum class Decision { Open, Hold, Wait };
    struct Answer {
        Decision decision = Decision::Open;
        std::string reason;  // for Hold and Wait
    };

    explicit Gate(conf::CheckMode mode) : mode_(mode) {}

    /// `envelope_domain` is empty for the null sender (then HELO stands for it). Both lower case.
    Answer judge(const std::string& envelope_domain, const std::string& author_domain);

    /// Grows with every change that can let a message go or hold it.
    [[nodiscard]] std::uint64_t generation() const { return generation_.load(); }
    /// Called (on any thread, without the lock) after generation() grew.
    void on_change(std::function<void()> callback);
    /// Called when judge() meets something that was never judged.
    void on_wanted(std::function<void()> callback);

    void set_mode(conf::CheckMode mode);
    /// By SelfCheck: all findings for one subject key ("" for the sources, or a domain).
    void publish(const std::string& domain, std::vector<Finding> findings, conf::Instant now);
    /// Domains that judge() met and that have no verdict yet; emptied by the call.
    std::vector<std::string> take_wanted();
    [[nodiscard]] std::map<std::string, std::vector<Finding>> findings() const;

private:
    // (the author of gate.cc arranges this)
    std::atomic<std::uint64_t> generation_{0};
    mutable std::mutex mutex_;
    conf::CheckMode mode_;
};

}  // namespace relay::check
