#include "tests/crash/stage.h"

#include <chrono>
#include <stdexcept>
#include <thread>
#include <utility>
#include <variant>

#include "conf/parse.h"
#include "dkim/key_store.h"
#include "queue/sqlite_store.h"
#include "relay/clock.h"

namespace crash {
relay::Setup make_setup(const std::string& folder) {
    const std::string key_file = folder + "/k1.pem";
    const auto key = dkim::PrivateKey::create(dkim::KeyType::Ed25519, 0);
    if (!key || !dkim::save_new_key(key_file, *key)) {
        throw std::runtime_error("cannot make a key");
    }
    const auto loaded = conf::parse(
        "hostname = \"relay.example.com\"\npostmaster = \"postmaster@example.com\"\n"
        "data_dir = \"" +
            folder +
            "/data\"\n"
            "[[domain]]\nname = \"example.com\"\n"
            "[[domain.selector]]\nname = \"k1\"\nkey = \"" +
            key_file + "\"\n[dkim]\nprove = \"off\"\n",
        folder + "/signet.toml");
    if (const auto* problems = std::get_if<std::vector<conf::Problem>>(&loaded)) {
        throw std::runtime_error(problems->front().message());
    }
    auto config = std::get<std::shared_ptr<const conf::Config>>(loaded);
    auto keys = dkim::KeyRing::load(*config);
    return relay::Setup{std::move(config), std::move(keys)};
}

Stage::Stage(const relay::Setup& setup,
             const std::string& data,
             queue::Duration gather,
             const Wrap& wrap,
             std::function<void(relay::Notice)> notice)
    : current(setup) {
    auto opened = queue::SqliteStore::open(data, relay::wall_clock());
    if (!opened) {
        throw std::runtime_error(opened.error().message());
    }
    store = wrap(std::move(*opened));
    loops.emplace(2);
    disk.emplace(1);
    // Its own folder: what happens to its database is no part of the queue's promises.
    history.emplace(data + "/..", *store, setup.config->queue);
    committer.emplace(*store, metrics);
    relay::SpoolTerms terms;
    terms.gather = gather;
    spool.emplace(
        *store, *committer, gate, metrics, *history, *disk, queue::NodeId(1), *setup.config, terms);
    if (const auto recalled = spool->recall_pauses(); !recalled) {
        throw std::runtime_error(recalled.error().message());
    }
    intake.emplace(current, *spool, *committer, *disk, metrics);
    spool->listen({[] {}, [] {}, std::move(notice)});
}

void Stage::start() {
    loops->start();
    spool->start(loops->first());
}

void Stage::spawn(relay::net::Task<> task) {
    ++running_;
    const std::size_t turn = next_loop_++;
    auto& loop = *loops->all()[turn % loops->all().size()];
    loop.spawn("power cut", std::move(task), [this] { --running_; });
}

void Stage::wait_for_tasks() {
    while (running_ > 0) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
}

void Stage::close() {
    if (!loops) {
        return;
    }
    wait_for_tasks();
    spool->stop();
    for (const auto& loop : loops->all()) {
        while (loop->tasks > 0) {
            std::this_thread::yield();
        }
    }
    committer->stop();
    disk->stop();
    loops->stop();
    loops->join();
    intake.reset();
    spool.reset();
    committer.reset();
    history.reset();
    disk.reset();
    loops.reset();
    store.reset();
}

}  // namespace crash
