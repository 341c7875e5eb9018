#include "relay/check/self_check.h"

#include <algorithm>
#include <chrono>
#include <exception>
#include <map>
#include <optional>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include "relay/clock.h"

namespace relay::check {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;

namespace {

constexpr std::size_t kSideBySide = 64;
constexpr std::chrono::seconds kSoonest{1};
constexpr std::chrono::seconds kTroubled{60};  // a part that blocks is looked at again by then
constexpr std::chrono::hours kSourcesStand{24};

/// What looking at one part brought.
struct Look {
    std::vector<Finding> findings;
    Sources sources;
};

Clock::duration pause_after(const Look& look, conf::Duration interval) {
    auto pause = std::min<Clock::duration>(interval, look.sources.ttl);
    for (const auto& finding : look.findings) {
        pause = std::min<Clock::duration>(pause, finding.ttl);
        if (finding.verdict == Verdict::Block || finding.verdict == Verdict::Unknown) {
            pause = std::min<Clock::duration>(pause, kTroubled);
        }
    }
    return std::max<Clock::duration>(pause, kSoonest);
}

/// Stands in the Gate until the first look ends.
std::vector<Finding> not_known_yet(const std::string& part, const std::string& hostname) {
    Finding finding;
    finding.check = part.empty() ? kPtr : kSpf;
    finding.subject = part.empty() ? hostname : part;
    finding.seen = "the first look has not ended yet";
    finding.effect = "mail is not held for what is not known";
    return {std::move(finding)};
}

}  // namespace

class SelfCheck::State : public std::enable_shared_from_this<SelfCheck::State> {
public:
    using OnChange = std::function<void(const std::string&, const Finding&, bool)>;

    State(net::Dns& dns, Gate& gate, asio::io_context& loop, RoutedAddresses (*routed)())
        : dns_(dns), gate_(gate), loop_(loop), routed_(routed), timer_(loop) {}

    void configure(std::shared_ptr<const conf::Config> config,
                   std::shared_ptr<const dkim::KeyRing> keys,
                   OnChange on_change);
    void check_now();
    void turn();
    void stop();
    /// Any thread: has turn() run soon.
    void wake();

private:
    struct Part {
        Clock::time_point due{};
        Clock::time_point wait_until{};  // for the first verdict, while running
        bool running = false;
        bool judged = false;
        bool again = false;  // became due while it ran
    };

    static net::Task<Look> look(std::shared_ptr<State> self, std::string part);
    void begin(const std::string& name, Part& part);
    void end(const std::string& name,
             const std::shared_ptr<const conf::Config>& config,
             std::optional<Look> look);
    void remember_sources(const std::string& name, const Sources& sources);
    void publish(const std::string& name, std::vector<Finding> findings);
    Clock::time_point look_after(const std::string& name, Part& part, Clock::time_point now);

    // Constant after construction.
    net::Dns& dns_;
    Gate& gate_;
    asio::io_context& loop_;
    RoutedAddresses (*const routed_)();

    // Used on the loop only.
    asio::steady_timer timer_;
    OnChange on_change_;
    std::shared_ptr<const conf::Config> config_;
    std::shared_ptr<const dkim::KeyRing> keys_;
    std::map<std::string, Part> parts_;
    std::optional<Sources> sources_;  // the last that were definite
    Clock::time_point sources_seen_{};
    std::size_t running_ = 0;
    bool stopped_ = false;
};

void SelfCheck::State::wake() {
    asio::post(loop_, [self = shared_from_this()] { self->turn(); });
}

void SelfCheck::State::configure(std::shared_ptr<const conf::Config> config,
                                 std::shared_ptr<const dkim::KeyRing> keys,
                                 OnChange on_change) {
    config_ = std::move(config);
    keys_ = std::move(keys);
    on_change_ = std::move(on_change);
    std::map<std::string, Part> parts;
    parts.try_emplace("");
    for (const auto& domain : config_->domains) {
        parts.try_emplace(domain.name.text());
    }
    for (auto& [name, part] : parts_) {
        const bool off = config_->self_check.mode == conf::CheckMode::Off;
        const auto kept = parts.find(name);
        if (off || kept == parts.end()) {
            gate_.forget(name);
            part.judged = false;
        }
        if (kept != parts.end()) {
            kept->second = part;
        }
    }
    parts_ = std::move(parts);
    check_now();
}

void SelfCheck::State::check_now() {
    for (auto& [name, part] : parts_) {
        part.due = {};
        part.again = true;
    }
    turn();
}

void SelfCheck::State::turn() {
    if (stopped_ || !config_ || config_->self_check.mode == conf::CheckMode::Off) {
        return;
    }
    for (auto& wanted : gate_.take_wanted()) {
        parts_.try_emplace(std::move(wanted));
    }
    const auto now = Clock::now();
    auto next = Clock::time_point::max();
    for (auto& [name, part] : parts_) {
        next = std::min(next, look_after(name, part, now));
    }
    timer_.expires_at(next);
    timer_.async_wait([self = shared_from_this()](net::error_code failed) {
        if (!failed) {
            self->turn();
        }
    });
}

/// Begins what is due, publishes what is waited for too long; says when the part wants to be seen
/// again.
Clock::time_point SelfCheck::State::look_after(const std::string& name,
                                               Part& part,
                                               Clock::time_point now) {
    if (!part.running && part.due <= now) {
        if (running_ >= kSideBySide) {
            return Clock::time_point::max();  // the end of another one turns again
        }
        begin(name, part);
    }
    if (!part.running) {
        return part.due;
    }
    if (part.judged) {
        return Clock::time_point::max();
    }
    if (part.wait_until <= now) {
        part.judged = true;
        publish(name, not_known_yet(name, config_->hostname.text()));
        return Clock::time_point::max();
    }
    return part.wait_until;
}

void SelfCheck::State::begin(const std::string& name, Part& part) {
    part.running = true;
    part.again = false;
    part.wait_until = Clock::now() + config_->dns.timeout;
    ++running_;
    auto ended = [self = shared_from_this(), name, config = config_](std::exception_ptr failed,
                                                                     Look look) {
        self->end(name, config, failed ? std::nullopt : std::optional(std::move(look)));
    };
    asio::co_spawn(loop_.get_executor(), look(shared_from_this(), name), std::move(ended));
}

net::Task<Look> SelfCheck::State::look(std::shared_ptr<State> self, std::string part) {
    const auto config = self->config_;
    const auto keys = self->keys_;
    Look result;
    result.sources = co_await find_sources(self->dns_, config, self->routed_());
    // Unknown never replaces a definite verdict for 24 h: neither does not knowing where mail
    // leaves from.
    if (!result.sources.definite && self->sources_ &&
        Clock::now() - self->sources_seen_ < kSourcesStand) {
        const auto ttl = result.sources.ttl;
        result.sources = *self->sources_;
        result.sources.definite = false;
        result.sources.ttl = ttl;
    }
    if (part.empty()) {
        result.findings = co_await check_sources(self->dns_, config, result.sources);
    } else {
        result.findings =
            co_await check_domain(self->dns_, config, keys, part, result.sources, wall_clock());
    }
    co_return result;
}

void SelfCheck::State::end(const std::string& name,
                           const std::shared_ptr<const conf::Config>& config,
                           std::optional<Look> look) {
    --running_;
    const auto found = parts_.find(name);
    if (stopped_ || found == parts_.end()) {
        return turn();  // its place is free for another one
    }
    auto& part = found->second;
    part.running = false;
    if (config != config_ || part.again) {
        part.due = {};  // the world that it saw is gone
    } else if (!look) {
        part.due = Clock::now() + kTroubled;
    } else {
        part.judged = true;
        part.due = Clock::now() + pause_after(*look, config_->self_check.interval);
        remember_sources(name, look->sources);
        publish(name, std::move(look->findings));
    }
    turn();
}

void SelfCheck::State::remember_sources(const std::string& name, const Sources& sources) {
    if (!sources.definite) {
        return;
    }
    if (sources_ && sources_->addresses != sources.addresses) {
        for (auto& [other, part] : parts_) {
            if (other != name) {
                part.due = {};
                part.again = true;
            }
        }
    }
    sources_ = sources;
    sources_seen_ = Clock::now();
}

void SelfCheck::State::publish(const std::string& name, std::vector<Finding> findings) {
    const auto changes = gate_.publish(name, std::move(findings), wall_clock());
    for (const auto& change : changes) {
        if (on_change_) {
            on_change_(name, change.finding, change.first);
        }
    }
}

void SelfCheck::State::stop() {
    stopped_ = true;
    timer_.cancel();
}

SelfCheck::SelfCheck(net::Dns& dns, Gate& gate, asio::io_context& loop, RoutedAddresses (*routed)())
    : gate_(&gate), loop_(&loop), state_(std::make_shared<State>(dns, gate, loop, routed)) {
    gate.on_wanted([weak = std::weak_ptr(state_)] {
        if (const auto state = weak.lock()) {
            state->wake();
        }
    });
}

SelfCheck::~SelfCheck() {
    stop();
}

void SelfCheck::start(std::shared_ptr<const conf::Config> config,
                      std::shared_ptr<const dkim::KeyRing> keys) {
    reconfigure(std::move(config), std::move(keys));
}

void SelfCheck::reconfigure(std::shared_ptr<const conf::Config> config,
                            std::shared_ptr<const dkim::KeyRing> keys) {
    gate_->set_mode(config->self_check.mode);
    asio::post(*loop_,
               [state = state_,
                config = std::move(config),
                keys = std::move(keys),
                on_change = on_change]() mutable {
                   state->configure(std::move(config), std::move(keys), std::move(on_change));
               });
}

void SelfCheck::check_now() {
    asio::post(*loop_, [state = state_] { state->check_now(); });
}

void SelfCheck::stop() {
    asio::post(*loop_, [state = state_] { state->stop(); });
}

}  // namespace relay::check
