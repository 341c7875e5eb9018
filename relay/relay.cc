#include "relay/relay.h"

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <future>
#include <iostream>
#include <memory>
#include <random>
#include <unistd.h>
#include <utility>
#include <vector>

#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <systemd/sd-daemon.h>

#include "conf/parse.h"
#include "queue/sqlite_store.h"
#include "relay/check/rotation_keeper.h"
#include "relay/check/self_check.h"
#include "relay/clock.h"
#include "relay/in/listener.h"
#include "relay/log.h"
#include "relay/net/resolver.h"
#include "relay/out/dispatcher.h"
#include "relay/out/own_addresses.h"
#include "relay/privileges.h"
#include "relay/restart_keys.h"
#include "relay/status/status_server.h"

namespace relay {

namespace {

constexpr std::chrono::milliseconds kLook{20};  // between two looks at what still drains
constexpr std::chrono::milliseconds kAbortTime{
    1000};  // of the grace, for ending what would not end
constexpr std::chrono::milliseconds kStuck{
    10000};  // a loop or a commit that takes longer is not healthy
constexpr std::size_t kDiskThreads = 2;

/// The number that stands for this relay in ids: from `node`, or random once and then kept.
conf::Result<queue::NodeId> node_number(const conf::Config& config, queue::Store& store) {
    constexpr unsigned kNodes = 1024;
    if (!config.node.empty()) {
        unsigned hash = 2166136261U;  // FNV-1a: the same name gives the same number in every build
        for (const char c : config.node) {
            hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
        }
        return static_cast<queue::NodeId>(hash % kNodes);
    }
    const auto known = store.recall("node");
    if (!known) {
        return known.error();
    }
    if (const auto found = known->find("number"); found != known->end()) {
        return static_cast<queue::NodeId>(std::strtoul(found->second.c_str(), nullptr, 10) %
                                          kNodes);
    }
    const auto number = static_cast<queue::NodeId>(std::random_device{}() % kNodes);
    const std::vector<queue::Change> changes{
        queue::Remember{"node", "number", std::to_string(number), std::nullopt}};
    if (const auto kept = store.commit(changes); !kept) {
        return kept.error();
    }
    return number;
}

/// Of each [[listener]], its certificate read.
conf::Result<std::vector<in::Listener::Settings>> listener_settings(const conf::Config& config) {
    std::vector<in::Listener::Settings> all;
    for (const auto& listener : config.listeners) {
        auto certificate = in::Certificate::load(listener);
        if (!certificate) {
            return certificate.error();
        }
        all.push_back({std::make_shared<const conf::Listener>(listener), std::move(*certificate)});
    }
    return all;
}

class Relay {
public:
    Relay(std::string file, std::shared_ptr<const conf::Config> config);

    /// Until the end. Errors: why it cannot start.
    conf::Result<int> run();

private:
    conf::Result<void> bind();
    conf::Result<void> build();
    std::shared_ptr<const status::Facts> facts();
    void announce();
    net::Task<> watch_signals();
    net::Task<> watch_health();
    void begin_drain();
    net::Task<> drain();
    net::Task<std::vector<std::string>> reload();
    net::Task<> reload_and_tell(std::function<void(std::vector<std::string>)> tell);
    net::Task<> pause(std::chrono::milliseconds time);
    [[nodiscard]] int tasks();

    std::string file_;
    Metrics metrics_;
    net::Loops loops_;
    Current current_;
    in::Admission admission_;
    in::MessageRates rates_;
    status::StatusServer status_;
    std::vector<in::Acceptor> acceptors_;
    std::unique_ptr<queue::Store> store_;
    std::unique_ptr<history::History> history_;
    std::unique_ptr<Committer> committer_;
    net::WorkerPool disk_;
    check::Gate gate_;
    std::unique_ptr<net::Resolver> resolver_;
    std::unique_ptr<net::AuthorityServers> authorities_;
    std::unique_ptr<check::SelfCheck> self_check_;
    std::unique_ptr<check::RotationKeeper> rotation_;
    std::unique_ptr<Spool> spool_;
    std::unique_ptr<Intake> intake_;
    std::unique_ptr<in::Logins> logins_;
    std::unique_ptr<out::OwnAddresses> own_;
    std::unique_ptr<out::MxResolver> mx_;
    std::unique_ptr<out::Dispatcher> dispatcher_;
    std::vector<std::unique_ptr<in::Listener>> listeners_;
    boost::asio::basic_signal_set<net::Executor> signals_;
    net::Timer health_;
    bool draining_ = false;
    bool at_once_ = false;  // the second SIGTERM came
    std::atomic<bool> failed_{false};
    std::promise<void> ended_;
};

Relay::Relay(std::string file, std::shared_ptr<const conf::Config> config)
    : file_(std::move(file)),
      current_({config, nullptr, std::make_shared<const dkim::Lives>()}),
      admission_(config->limits),
      status_(loops_),
      disk_(kDiskThreads),
      gate_(config->self_check.mode),
      signals_(loops_.first().executor()),
      health_(loops_.first().executor()) {}

/// What may need root's rights: ports below 1024 and the control socket's folder.
conf::Result<void> Relay::bind() {
    const auto config = current_.get().config;
    if (const auto folder = prepare_folder(config->data_dir, config->user); !folder) {
        return folder.error();
    }
    for (const auto& settings : config->listeners) {
        auto acceptor = in::bind_listener(loops_.first(), settings.address);
        if (!acceptor) {
            return acceptor.error();
        }
        acceptors_.push_back(std::move(*acceptor));
    }
    if (const auto opened = status_.open(config->status, config->data_dir); !opened) {
        return opened.error();
    }
    if (geteuid() == 0 && config->user.empty()) {
        log::Event(log::Level::Warning, "runs-as-root")
            .field("advice", "set 'run_as' to an account of its own");
    }
    return drop_privileges(config->user);
}

conf::Result<void> Relay::build() {
    const auto config = current_.get().config;
    auto keys = dkim::KeyRing::load(*config);
    for (const auto& problem : keys->problems()) {
        log::Event(log::Level::Error, "key").field("problem", problem);
    }
    current_.set(config, keys);
    auto store = queue::SqliteStore::open(
        config->data_dir,
        wall_clock(),
        std::min(queue::SqliteStore::kReserve, config->limits.effective_min_free_disk()));
    if (!store) {
        return store.error();
    }
    store_ = std::move(*store);
    const auto node = node_number(*config, *store_);
    if (!node) {
        return node.error();
    }
    auto resolver = net::Resolver::create(config->dns, loops_.first().context());
    if (!resolver) {
        return resolver.error();
    }
    resolver_ = std::move(*resolver);
    authorities_ = std::make_unique<net::AuthorityServers>(*resolver_, config->dns);
    history_ = std::make_unique<history::History>(config->data_dir, *store_, config->queue);
    committer_ = std::make_unique<Committer>(*store_, metrics_);
    rotation_ = std::make_unique<check::RotationKeeper>(
        check::RotationKeeper::House{*resolver_,
                                     *authorities_,
                                     *store_,
                                     disk_,
                                     *committer_,
                                     gate_,
                                     current_,
                                     loops_.first().context()});
    if (const auto recalled = rotation_->recall(); !recalled) {
        return recalled.error();
    }
    spool_ = std::make_unique<Spool>(
        *store_, *committer_, gate_, metrics_, *history_, disk_, *node, *config);
    if (const auto recalled = spool_->recall_pauses(); !recalled) {
        return recalled.error();
    }
    intake_ = std::make_unique<Intake>(current_, *spool_, *committer_, disk_, metrics_);
    logins_ = std::make_unique<in::Logins>(current_);
    auto settings = listener_settings(*config);
    if (!settings) {
        return settings.error();
    }
    std::vector<conf::Endpoint> taken;
    for (std::size_t i = 0; i < acceptors_.size(); ++i) {
        listeners_.push_back(std::make_unique<in::Listener>(
            std::move(acceptors_[i]),
            std::move((*settings)[i]),
            in::Listener::House{
                loops_, current_, *intake_, *logins_, rates_, metrics_, admission_}));
        taken.push_back(listeners_.back()->endpoint());
    }
    own_ = std::make_unique<out::OwnAddresses>(taken);
    mx_ = std::make_unique<out::MxResolver>(
        *resolver_,
        current_,
        [own = own_.get()](const conf::IpAddress& address, std::uint16_t port) {
            return own->contain(address, port);
        });
    dispatcher_ =
        std::make_unique<out::Dispatcher>(loops_, *spool_, *mx_, current_, *intake_, metrics_);
    self_check_ = std::make_unique<check::SelfCheck>(*resolver_, gate_, loops_.first().context());
    self_check_->on_change = [](const std::string& domain, const check::Finding& finding, bool) {
        const bool bad =
            finding.verdict == check::Verdict::Block || finding.verdict == check::Verdict::Warn;
        log::Event event(bad ? log::Level::Warning : log::Level::Info, "check");
        event.field("domain", domain.empty() ? std::string_view("-") : std::string_view(domain))
            .field("finding", finding.check + " " + finding.subject)
            .field("verdict", check::name(finding.verdict))
            .field("seen", finding.seen);
        if (!finding.publish.empty()) {
            event.field("publish", finding.publish);
        }
    };
    return {};
}

std::shared_ptr<const status::Facts> Relay::facts() {
    auto listeners = [this] {
        std::vector<conf::Endpoint> endpoints;
        for (const auto& listener : listeners_) {
            endpoints.push_back(listener->endpoint());
        }
        return endpoints;
    };
    auto reload = [this](std::function<void(std::vector<std::string>)> tell) {
        loops_.first().spawn("reload", reload_and_tell(std::move(tell)));
    };
    auto check_now = [this] {
        self_check_->check_now();
        rotation_->check_now();
    };
    auto retire = [this](std::string domain, std::string selector) {
        return rotation_->retire(std::move(domain), std::move(selector));
    };
    return std::make_shared<const status::Facts>(status::Facts{loops_,
                                                               current_,
                                                               *spool_,
                                                               *committer_,
                                                               *store_,
                                                               gate_,
                                                               *intake_,
                                                               metrics_,
                                                               *resolver_,
                                                               std::move(listeners),
                                                               std::move(reload),
                                                               std::move(check_now),
                                                               std::move(retire)});
}

void Relay::announce() {
    for (const auto& listener : listeners_) {
        log::Event(log::Level::Info, "listening").field("address", listener->endpoint().text());
    }
    sd_notify(0, "READY=1");
}

conf::Result<int> Relay::run() {
    std::signal(SIGPIPE, SIG_IGN);
    if (const auto bound = bind(); !bound) {
        return bound.error();
    }
    // From here on /healthz and /readyz answer; opening a large store may take a while.
    signals_.add(SIGTERM);
    signals_.add(SIGINT);
    signals_.add(SIGHUP);
    loops_.start();
    status_.start();
    if (const auto built = build(); !built) {
        loops_.stop();
        loops_.join();
        return built.error();
    }
    dispatcher_->start();
    spool_->start(loops_.first());
    const auto setup = current_.get();
    self_check_->start(setup.config, setup.keys);
    rotation_->start();
    for (const auto& listener : listeners_) {
        listener->start();
    }
    status_.serve(facts());
    loops_.first().spawn("signals", watch_signals());
    loops_.first().spawn("health", watch_health());
    announce();

    ended_.get_future().wait();
    committer_->stop();
    history_->stop();
    if (tasks() > 0) {
        // Something does not end although its connection is closed. All that was promised is in the
        // store.
        log::Event(log::Level::Warning, "ended-hard").field("tasks", tasks());
        std::_Exit(failed_ ? 1 : 0);
    }
    disk_.stop();
    logins_->stop();
    loops_.stop();
    loops_.join();
    return failed_ ? 1 : 0;
}

net::Task<> Relay::pause(std::chrono::milliseconds time) {
    net::Timer timer(loops_.first().executor());
    timer.expires_after(time);
    auto [ec] = co_await timer.async_wait(net::kAsTuple);
    (void)ec;
}

net::Task<> Relay::watch_signals() {
    for (;;) {
        auto [ec, number] = co_await signals_.async_wait(net::kAsTuple);
        if (ec) {
            co_return;
        }
        if (number == SIGHUP) {
            const auto problems = co_await reload();
            (void)problems;  // logged
        } else if (!draining_) {
            log::Event(log::Level::Info, "stopping")
                .field("signal", number == SIGTERM ? "SIGTERM" : "SIGINT");
            begin_drain();
        } else {
            at_once_ = true;
        }
    }
}

/// Once a second: the watchdog's sign of life, and the end of a relay whose store does not work any
/// more.
net::Task<> Relay::watch_health() {
    while (!draining_) {
        if (loops_.stuck(kStuck) == nullptr && committer_->busy_for() < kStuck) {
            sd_notify(0, "WATCHDOG=1");
        }
        if (const std::string why = store_->latched(); !why.empty()) {
            log::Event(log::Level::Error, "store-failed")
                .field("error", why)
                .field("advice", "mend the disk, then start again");
            failed_ = true;
            begin_drain();
            co_return;
        }
        health_.expires_after(std::chrono::seconds(1));
        auto [ec] = co_await health_.async_wait(net::kAsTuple);
        (void)ec;
    }
}

int Relay::tasks() {
    int open = 0;
    for (const auto& loop : loops_.all()) {
        open += loop->tasks;
    }
    return open;
}

void Relay::begin_drain() {
    draining_ = true;
    loops_.first().spawn("drain", drain(), [this] {
        // Behind the handler that counts this task down.
        boost::asio::post(loops_.first().context(), [this] { ended_.set_value(); });
    });
}

net::Task<> Relay::drain() {
    sd_notify(0, "STOPPING=1");
    status_.stopping();
    self_check_->stop();
    rotation_->stop();
    intake_->memory().stop();
    for (const auto& listener : listeners_) {
        listener->stop();
    }
    dispatcher_->stop();
    const auto begun = net::Steady::now();
    const auto grace = current_.get().config->shutdown_grace;
    const auto busy = [this] {
        int open = dispatcher_->open_couriers();
        for (const auto& listener : listeners_) {
            open += listener->open_sessions();
        }
        return open > 0;
    };
    const auto end = begun + std::max(grace - kAbortTime, conf::Duration::zero());
    while (busy() && !at_once_ && net::Steady::now() < end) {
        co_await pause(kLook);
    }
    for (const auto& listener : listeners_) {
        listener->abort();
    }
    dispatcher_->abort();
    spool_->stop();
    resolver_->stop();
    authorities_->stop();
    status_.stop();
    health_.cancel();
    signals_.cancel();
    const auto last = net::Steady::now() + kAbortTime / 2;
    do {
        co_await pause(kLook);
        if (net::Steady::now() > last - kAbortTime / 4) {
            status_.abort();
        }
    } while (tasks() > 1 && net::Steady::now() < last);  // one is this
    log::Event(log::Level::Info, "stopped");
}

net::Task<> Relay::reload_and_tell(std::function<void(std::vector<std::string>)> tell) {
    auto problems = co_await reload();
    tell(std::move(problems));
}

net::Task<std::vector<std::string>> Relay::reload() {
    sd_notify(0, "RELOADING=1");
    struct Fresh {
        conf::Loaded loaded;
        std::shared_ptr<const dkim::KeyRing> keys;
        conf::Result<std::vector<in::Listener::Settings>> listeners;
    };
    std::function<Fresh()> read = [file = file_] {
        Fresh fresh{conf::load(file), nullptr, {}};
        if (const auto* config = std::get_if<std::shared_ptr<const conf::Config>>(&fresh.loaded)) {
            fresh.keys = dkim::KeyRing::load(**config);
            fresh.listeners = listener_settings(**config);
        }
        return fresh;
    };
    auto fresh = co_await disk_.run<Fresh>(std::move(read));
    std::vector<std::string> problems;
    if (const auto* faults = std::get_if<std::vector<conf::Problem>>(&fresh.loaded)) {
        for (const auto& fault : *faults) {
            problems.push_back(fault.message());
        }
    } else {
        problems = fresh.keys->problems();
        if (!fresh.listeners) {
            problems.push_back(fresh.listeners.error().message());
        }
    }
    if (!problems.empty()) {
        for (const auto& problem : problems) {
            log::Event(log::Level::Error, "not-reloaded").field("problem", problem);
        }
        sd_notify(0, "READY=1");
        co_return problems;
    }
    const auto config = std::get<std::shared_ptr<const conf::Config>>(fresh.loaded);
    for (const auto& key : keys_that_need_a_restart(*current_.get().config, *config)) {
        log::Event(log::Level::Warning, "needs-restart").field("key", key);
    }
    current_.set(config, fresh.keys);
    log::configure(config->log);
    admission_.reconfigure(config->limits);
    spool_->reconfigure(*config);
    history_->reconfigure(config->queue);
    intake_->reconfigure(*config);
    for (std::size_t i = 0; i < listeners_.size() && i < fresh.listeners->size(); ++i) {
        listeners_[i]->reconfigure((*fresh.listeners)[i]);
    }
    rotation_->reconfigure();
    self_check_->reconfigure(config, fresh.keys);
    log::Event(log::Level::Info, "reloaded")
        .field("domains", static_cast<std::int64_t>(config->domains.size()));
    sd_notify(0, "READY=1");
    co_return problems;
}

}  // namespace

int serve(const std::string& config_file) {
    auto loaded = conf::load(config_file);
    if (const auto* problems = std::get_if<std::vector<conf::Problem>>(&loaded)) {
        for (const auto& problem : *problems) {
            std::cerr << problem.message() << '\n';
        }
        return 1;
    }
    const auto config = std::get<std::shared_ptr<const conf::Config>>(loaded);
    log::configure(config->log);
    Relay relay(config_file, config);
    const auto status = relay.run();
    if (!status) {
        std::cerr << "signet: cannot start: " << status.error().message() << '\n';
        return 1;
    }
    return *status;
}

}  // namespace relay
