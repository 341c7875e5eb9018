#include "relay/check/rotation_keeper.h"

#include <algorithm>
#include <chrono>
#include <exception>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include "dkim/errors.h"
#include "dkim/retire.h"
#include "dkim/selector.h"
#include "relay/check/departures.h"
#include "relay/check/kept_lives.h"
#include "relay/check/selector_look.h"
#include "relay/clock.h"
#include "relay/log.h"

namespace relay::check {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;

namespace {

constexpr std::size_t kSideBySide = 16;
constexpr std::chrono::seconds kSoonest{1};
constexpr std::chrono::seconds kUnproven{60};
constexpr std::chrono::hours kLongest{24};

/// What looking at one domain brought.
struct Round {
    SelectorLooks looks;
    std::set<std::string> left;  // selectors of which no signed message waits any more
};

dkim::KeyRing::DomainKeys keys_of(const Setup& setup, const conf::DomainName& domain) {
    const auto found = setup.keys->domains().find(domain);
    if (found != setup.keys->domains().end()) {
        return found->second;
    }
    dkim::KeyRing::DomainKeys gone;
    gone.name = domain;
    return gone;
}

bool all_proven(const dkim::KeyRing::DomainKeys& keys,
                const dkim::DomainLives& lives,
                conf::Instant now) {
    return std::all_of(keys.entries.begin(), keys.entries.end(), [&](const auto& entry) {
        const dkim::Life* const life = dkim::find_life(lives, entry.selector.name, entry.key_id);
        return !entry.signer || (life != nullptr && life->is_proven(now));
    });
}

}  // namespace

class RotationKeeper::State : public std::enable_shared_from_this<RotationKeeper::State> {
public:
    explicit State(House house) : house_(house), timer_(house.loop) {}

    conf::Result<void> recall();
    void configure();
    void check_now();
    void stop();
    conf::Result<void> retire(const std::string& domain, const std::string& selector);

private:
    struct Part {
        Clock::time_point due{};
        bool running = false;
        bool again = false;  // became due while it ran
    };

    static net::Task<Round> look(std::shared_ptr<State> self, conf::DomainName domain);
    void turn();
    void begin(const conf::DomainName& domain, Part& part);
    void end(const conf::DomainName& domain,
             const std::shared_ptr<const dkim::KeyRing>& keys,
             std::optional<Round> round);
    void take(const conf::DomainName& domain, dkim::DomainLives lives, conf::Instant now);
    void judge(const Setup& setup, const conf::DomainName& domain, conf::Instant now);
    void tell(const Setup& setup, const conf::DomainName& domain, conf::Instant now);
    [[nodiscard]] Clock::duration pause_after(const Setup& setup,
                                              const conf::DomainName& domain,
                                              std::chrono::seconds ttl,
                                              conf::Instant now) const;

    const House house_;

    // Used on the loop only, once start() was called.
    asio::steady_timer timer_;
    std::map<conf::DomainName, Part> parts_;
    std::map<std::string, Gate::Unproven> unproven_;
    std::map<std::string, dkim::SelectorState> told_;  // by "example.com/2026a"
    std::size_t running_ = 0;
    bool stopped_ = false;
};

conf::Result<void> RotationKeeper::State::recall() {
    auto kept = recall_lives(house_.store);
    if (!kept) {
        return kept.error();
    }
    for (const auto& damaged : kept->damaged) {
        log::Event(log::Level::Warning, "selector-forgotten").field("why", damaged);
    }
    house_.current.set_lives(std::make_shared<const dkim::Lives>(std::move(kept->lives)));
    const Setup setup = house_.current.get();
    for (const auto& [domain, keys] : setup.keys->domains()) {
        judge(setup, domain, wall_clock());
    }
    house_.gate.set_unproven(unproven_);
    return {};
}

void RotationKeeper::State::configure() {
    const Setup setup = house_.current.get();
    std::map<conf::DomainName, Part> parts;
    for (const auto& [domain, keys] : setup.keys->domains()) {
        if (!keys.entries.empty()) {
            parts.try_emplace(domain);
        }
    }
    for (const auto& [domain, lives] : setup.lives->all()) {
        parts.try_emplace(domain);
    }
    for (auto& [domain, part] : parts) {
        if (const auto old = parts_.find(domain); old != parts_.end()) {
            part.running = old->second.running;
        }
    }
    parts_ = std::move(parts);
    std::erase_if(unproven_, [&](const auto& entry) {
        const auto domain = conf::DomainName::parse(entry.first);
        return !domain || !parts_.contains(*domain);
    });
    for (const auto& [domain, part] : parts_) {
        judge(setup, domain, wall_clock());
    }
    house_.gate.set_unproven(unproven_);
    check_now();
}

void RotationKeeper::State::check_now() {
    for (auto& [domain, part] : parts_) {
        part.due = {};
        part.again = true;
    }
    turn();
}

void RotationKeeper::State::turn() {
    if (stopped_) {
        return;
    }
    const auto now = Clock::now();
    auto next = Clock::time_point::max();
    for (auto& [domain, part] : parts_) {
        if (!part.running && part.due <= now && running_ < kSideBySide) {
            begin(domain, part);
        }
        if (!part.running && part.due > now) {
            next = std::min(next, part.due);
        }
    }
    timer_.expires_at(next);
    timer_.async_wait([self = shared_from_this()](net::error_code failed) {
        if (!failed) {
            self->turn();
        }
    });
}

void RotationKeeper::State::begin(const conf::DomainName& domain, Part& part) {
    part.running = true;
    part.again = false;
    ++running_;
    auto ended = [self = shared_from_this(), domain, keys = house_.current.get().keys](
                     std::exception_ptr failed, Round round) {
        self->end(domain, keys, failed ? std::nullopt : std::optional(std::move(round)));
    };
    asio::co_spawn(house_.loop.get_executor(), look(shared_from_this(), domain), std::move(ended));
}

net::Task<Round> RotationKeeper::State::look(std::shared_ptr<State> self, conf::DomainName domain) {
    const House& house = self->house_;
    const Setup setup = house.current.get();
    Round round;
    if (setup.config->dkim.prove != conf::Prove::Off) {
        SelectorLooks looks = co_await look_at_selectors(
            house.dns, house.authorities, setup.keys, domain, wall_clock());
        round.looks = std::move(looks);
    }
    for (const auto& [selector, life] : setup.lives->of(domain)) {
        if (life.signed_until && !life.left) {
            const bool waits = co_await still_waits(
                house.store, house.disk, domain.text() + "/" + selector, *life.signed_until);
            if (!waits) {
                round.left.insert(selector);
            }
        }
    }
    co_return round;
}

void RotationKeeper::State::end(const conf::DomainName& domain,
                                const std::shared_ptr<const dkim::KeyRing>& keys,
                                std::optional<Round> round) {
    --running_;
    const auto found = parts_.find(domain);
    if (stopped_ || found == parts_.end()) {
        return turn();  // its place is free for another one
    }
    Part& part = found->second;
    part.running = false;
    const Setup setup = house_.current.get();
    const auto now = wall_clock();
    if (setup.keys != keys || part.again) {
        part.due = {};  // the world that it saw is gone
    } else if (!round) {
        part.due = Clock::now() + kUnproven;
    } else {
        auto lives = dkim::advance(keys_of(setup, domain),
                                   setup.lives->of(domain),
                                   round->looks.by_selector,
                                   setup.rules(),
                                   now);
        for (auto& [selector, life] : lives) {
            if (life.signed_until && !life.left && round->left.contains(selector)) {
                life.left = now;
            }
        }
        take(domain, std::move(lives), now);
        part.due = Clock::now() + pause_after(house_.current.get(), domain, round->looks.ttl, now);
    }
    turn();
}

/// `lives` are what is known of `domain` from now on.
void RotationKeeper::State::take(const conf::DomainName& domain,
                                 dkim::DomainLives lives,
                                 conf::Instant now) {
    Setup setup = house_.current.get();
    const dkim::DomainLives before = setup.lives->of(domain);
    auto changes = changes_of(domain, before, lives);
    if (!changes.empty()) {
        auto all = std::make_shared<dkim::Lives>(*setup.lives);
        all->set(domain, std::move(lives));
        setup.lives = std::move(all);
    }
    const bool was_held = unproven_.contains(domain.text());
    judge(setup, domain, now);
    const bool is_held = unproven_.contains(domain.text());
    if (is_held || !was_held) {
        house_.gate.set_unproven(unproven_);
    }
    if (!changes.empty()) {
        house_.current.set_lives(setup.lives);
        house_.committer.commit_later(std::move(changes));
    }
    if (was_held && !is_held) {
        house_.gate.set_unproven(unproven_);
    }
    tell(setup, domain, now);
}

/// Holds the domain's mail, or does not.
void RotationKeeper::State::judge(const Setup& setup,
                                  const conf::DomainName& domain,
                                  conf::Instant now) {
    const auto keys = keys_of(setup, domain);
    std::string why = dkim::why_held(keys, setup.lives->of(domain), setup.config->dkim.prove, now);
    if (why.empty()) {
        unproven_.erase(domain.text());
    } else {
        unproven_[domain.text()] = {std::move(why), keys.subdomains};
    }
}

/// Each change of a state, once.
void RotationKeeper::State::tell(const Setup& setup,
                                 const conf::DomainName& domain,
                                 conf::Instant now) {
    const auto reports =
        dkim::reports_of(keys_of(setup, domain), setup.lives->of(domain), setup.rules(), now);
    for (const auto& report : reports) {
        const auto [told, first] =
            told_.try_emplace(domain.text() + "/" + report.selector, report.state);
        if (!first && told->second == report.state) {
            continue;
        }
        told->second = report.state;
        const bool bad = report.state == dkim::SelectorState::Withdrawn ||
                         report.state == dkim::SelectorState::Unusable;
        log::Event event(bad ? log::Level::Warning : log::Level::Info, "selector");
        event.field("domain", domain.text())
            .field("name", report.selector)
            .field("state", dkim::name_of(report.state));
        if (!report.detail.empty()) {
            event.field("detail", report.detail);
        }
    }
}

Clock::duration RotationKeeper::State::pause_after(const Setup& setup,
                                                   const conf::DomainName& domain,
                                                   std::chrono::seconds ttl,
                                                   conf::Instant now) const {
    const auto keys = keys_of(setup, domain);
    const auto& lives = setup.lives->of(domain);
    Clock::duration pause = setup.config->self_check.interval;
    if (setup.config->dkim.prove != conf::Prove::Off) {
        pause = std::min<Clock::duration>(pause, ttl);
        if (!all_proven(keys, lives, now)) {
            pause = std::min<Clock::duration>(pause, kUnproven);
        }
    }
    pause = std::max<Clock::duration>(pause, kSoonest);
    const auto next = dkim::next_change(keys, lives, setup.rules(), now);
    if (next < now + kLongest) {  // and so no more than a steady clock can count
        // A millisecond later, so that the wall clock is surely past it.
        pause = std::min<Clock::duration>(pause, next - now + conf::Duration(1));
    }
    return pause;
}

conf::Result<void> RotationKeeper::State::retire(const std::string& domain,
                                                 const std::string& selector) {
    const Setup setup = house_.current.get();
    const auto name = conf::DomainName::parse(domain);
    if (!name || !setup.keys->domains().contains(*name)) {
        return dkim::error(dkim::errc::NoSelector, domain + " is no [[domain]]");
    }
    const auto now = wall_clock();
    auto lives =
        dkim::retire(keys_of(setup, *name), setup.lives->of(*name), selector, setup.rules(), now);
    if (!lives) {
        return lives.error();
    }
    take(*name, std::move(*lives), now);
    return {};
}

void RotationKeeper::State::stop() {
    stopped_ = true;
    timer_.cancel();
}

RotationKeeper::RotationKeeper(House house)
    : loop_(house.loop), state_(std::make_shared<State>(house)) {}

RotationKeeper::~RotationKeeper() {
    stop();
}

conf::Result<void> RotationKeeper::recall() {
    return state_->recall();
}

void RotationKeeper::start() {
    reconfigure();
}

void RotationKeeper::reconfigure() {
    asio::post(loop_, [state = state_] { state->configure(); });
}

void RotationKeeper::check_now() {
    asio::post(loop_, [state = state_] { state->check_now(); });
}

void RotationKeeper::stop() {
    asio::post(loop_, [state = state_] { state->stop(); });
}

net::Task<conf::Result<void>> RotationKeeper::retire(std::string domain, std::string selector) {
    std::function<void(std::function<void(conf::Result<void>)>)> work =
        [this, domain = std::move(domain), selector = std::move(selector)](auto done) {
            asio::post(loop_, [state = state_, domain, selector, done] {
                done(state->retire(domain, selector));
            });
        };
    co_return co_await net::hand_over<conf::Result<void>>(std::move(work));
}

}  // namespace relay::check
