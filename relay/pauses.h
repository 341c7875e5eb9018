// Pauses: what a person has stopped sending: everything, one recipient domain, or one sender. Mail
// for it is taken as ever and waits.
//
// A Pause is one such order; a PauseSet is all of them at one moment, immutable and shared; Pauses
// holds the set in force. Each is a fact in the store (topic "pause"), where it outlasts a restart:
// remember() and forget() say what to commit.
//
// Threads: Pause and PauseSet are values; Pauses is safe, one short lock.
// Errors:  texts for a person, without a code; those of the store.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "conf/result.h"
#include "queue/store.h"

namespace relay {

/// The reason of a hold that a person decided, before what that person said.
inline constexpr std::string_view kHeldByPerson = "held by a person";
/// Every pause's reason begins so.
inline constexpr std::string_view kPausedByPerson = "sending is paused by a person";

class Pause {
public:
    enum class What : std::uint8_t { All, Domain, Sender };

    static Pause all() { return Pause(What::All, {}); }
    /// A recipient domain, or an address literal in its brackets.
    static conf::Result<Pause> of_domain(std::string_view text);
    /// A whole address, a domain, or "<>" for the null sender.
    static conf::Result<Pause> of_sender(std::string_view text);
    /// The reverse of key(); nothing for what it never gave.
    static std::optional<Pause> of_key(std::string_view key);

    [[nodiscard]] What what() const { return what_; }
    /// Lower case; empty for everything.
    [[nodiscard]] const std::string& name() const { return name_; }
    /// "all", "domain:example.net", "sender:app@example.com"
    [[nodiscard]] std::string key() const;
    /// "all mail", "domain example.net", "sender app@example.com"
    [[nodiscard]] std::string text() const;
    /// Why mail waits: "sending is paused by a person (domain example.net)". Everybody may read it:
    /// of a sender's address it has the domain alone.
    [[nodiscard]] std::string reason() const;
    /// What a sender is called before everybody: "*@example.com"; otherwise name().
    [[nodiscard]] std::string public_name() const;
    bool operator==(const Pause&) const = default;

private:
    Pause(What what, std::string name) : what_(what), name_(std::move(name)) {}

    What what_;
    std::string name_;
};

struct Paused {
    Pause pause;
    queue::Instant since{};
    bool operator==(const Paused&) const = default;
};

class PauseSet {
public:
    /// Of several for the same, the first counts.
    explicit PauseSet(const std::vector<Paused>& all = {});

    [[nodiscard]] std::vector<Paused> list() const;
    [[nodiscard]] std::size_t size() const { return by_key_.size(); }
    [[nodiscard]] bool contains(const Pause& pause) const { return by_key_.contains(pause.key()); }
    /// The pause for which nothing of the message may be sent: of everything, of its sender, or of
    /// the domain of its first recipient when all domains are paused.
    [[nodiscard]] std::optional<Pause> covering(const queue::Envelope& envelope) const;
    /// A recipient domain, lower case: whatever else of the message may go, this part may not.
    [[nodiscard]] bool stops(std::string_view domain) const;
    /// When the message's turn comes: the earliest due time of those whose domain is not paused;
    /// of all of them when none is left.
    [[nodiscard]] queue::Instant due(const queue::Envelope& envelope) const;

private:
    using Names = std::set<std::string, std::less<>>;

    std::map<std::string, Paused> by_key_;
    bool all_ = false;
    Names domains_;
    Names senders_;  // addresses, domains, "<>"
};

class Pauses {
public:
    static constexpr std::size_t kMost = 1000;

    Pauses() : set_(std::make_shared<const PauseSet>()) {}

    [[nodiscard]] std::shared_ptr<const PauseSet> get() const;
    /// Grows with every change.
    [[nodiscard]] std::uint64_t generation() const { return generation_.load(); }
    /// False when it was so already, or kMost are there.
    bool add(const Paused& paused);
    /// False when there is no such pause.
    bool remove(const Pause& pause);
    /// All that the store has, once, at the start. Returns the keys that mean nothing.
    conf::Result<std::vector<std::string>> recall(queue::Store& store);

    /// What a person hears when kMost are there.
    static conf::Error too_many();
    static queue::Change remember(const Paused& paused);
    static queue::Change forget(const Pause& pause);

private:
    std::atomic<std::uint64_t> generation_{0};
    mutable std::mutex mutex_;
    std::shared_ptr<const PauseSet> set_;
};

}  // namespace relay
