// Gate: may a message leave? The verdicts of the self-check, kept per domain and source address.
//
// judge() never waits: it answers from what is known. A domain that was never judged answers Wait
// and is noted as wanted, so that the SelfCheck looks at it; each change of a verdict bumps
// `generation`, which the Spool watches.
//
// Which findings count for a message: PTR and HELO of the sources always; SPF of its envelope
// domain, or of HELO for the null sender; DKIM of its author domain. Any of them that blocks holds
// it.
//
// Besides, mail of an author whose domain has no selector that may sign is held in any mode.
//
// Modes: off is always Open; warn is Open; enforce holds what blocks. Unknown never blocks, and
// does not replace a definite verdict for 24 h. The SelfCheck sees to it that a first verdict is
// waited for no longer than the DNS time-out.
//
// Threads: safe; a short lock of its own. Callbacks run without it.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>
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
    /// A finding whose verdict is new; `first` when nothing stood in its place before.
    struct Change {
        Finding finding;
        bool first = false;
    };

    explicit Gate(conf::CheckMode mode) : mode_(mode) {}

    /// `envelope_domain` is empty for the null sender (then HELO stands for it), `author_domain`
    /// for mail that nobody signs. Both lower case.
    Answer judge(const std::string& envelope_domain, const std::string& author_domain);

    /// Grows with every change that can let a message go or hold it.
    [[nodiscard]] std::uint64_t generation() const { return generation_.load(); }
    /// Called (on any thread, without the lock) after generation() grew.
    void on_change(std::function<void()> callback);
    /// Called when judge() meets something that was never judged.
    void on_wanted(std::function<void()> callback);

    /// A [[domain]] whose mail must not leave, since none of its selectors may sign it.
    struct Unproven {
        std::string reason;
        bool subdomains = false;
        bool operator==(const Unproven&) const = default;
    };
    /// By RotationKeeper: all of them, by domain.
    void set_unproven(std::map<std::string, Unproven> domains);
    [[nodiscard]] std::map<std::string, Unproven> unproven() const;

    void set_mode(conf::CheckMode mode);
    [[nodiscard]] conf::CheckMode mode() const;
    /// By SelfCheck: all findings for one subject key ("" for the sources, or a domain). Those of
    /// before that are not among them are dropped. Returns what changed.
    std::vector<Change> publish(const std::string& domain,
                                std::vector<Finding> findings,
                                conf::Instant now);
    /// By SelfCheck: a domain that is no longer looked at; judge() will want it again when it meets
    /// it.
    void forget(const std::string& domain);
    /// Domains that judge() met and that have no verdict yet ("" for the sources); emptied by the
    /// call.
    std::vector<std::string> take_wanted();
    [[nodiscard]] std::map<std::string, std::vector<Finding>> findings() const;

private:
    struct Entry {
        Finding finding;
        conf::Instant seen{};  // when the verdict was last definite
    };
    using Entries = std::vector<Entry>;
    using Callback = std::shared_ptr<const std::function<void()>>;
    enum class Relevant { Sources, SourcesAndHelo, Envelope, Author };

    // With the lock held:
    void look(const std::string& key, Relevant relevant, Answer& answer, bool& wants);
    void tell_changed(std::unique_lock<std::mutex> lock);
    [[nodiscard]] const Unproven* find_unproven(const std::string& author_domain) const;

    std::atomic<std::uint64_t> generation_{0};
    mutable std::mutex mutex_;  // guards the rest
    conf::CheckMode mode_;
    std::map<std::string, Entries> known_;
    std::set<std::string> wanted_;
    std::map<std::string, Unproven> unproven_;
    Callback on_change_;
    Callback on_wanted_;
};

}  // namespace relay::check
