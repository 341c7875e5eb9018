// RelayStage: the relay's core over a real store in a temporary folder, with one loop on a thread
// of its own: all but sockets, DNS and the outside.
#pragma once

#include <fstream>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include <gtest/gtest.h>

#include "conf/parse.h"
#include "dkim/key_store.h"
#include "queue/sqlite_store.h"
#include "relay/clock.h"
#include "relay/intake.h"
#include "relay/spool.h"
#include "tests/support/temporary_folder.h"

namespace support {

class RelayStage {
public:
    /// `tables` is appended to a configuration for example.com with an Ed25519 key "k1", which
    /// needs no proof unless they have a [dkim].
    explicit RelayStage(const std::string& tables = "",
                        conf::CheckMode mode = conf::CheckMode::Off,
                        relay::SpoolTerms of_spool = {})
        : terms(std::move(of_spool)), gate(mode) {
        const auto key = dkim::PrivateKey::create(dkim::KeyType::Ed25519, 0);
        EXPECT_TRUE(key);
        EXPECT_TRUE(dkim::save_new_key(folder.file("k1.pem"), *key));
        const auto config = parsed(tables);
        current.emplace(relay::Setup{config, dkim::KeyRing::load(*config)});
        open();
    }
    ~RelayStage() { close(); }

    std::shared_ptr<const conf::Config> parsed(const std::string& tables) const {
        const auto loaded = conf::parse(
            "hostname = \"relay.example.com\"\npostmaster = \"postmaster@example.com\"\ndata_dir = "
            "\"" +
                folder.path() +
                "/data\"\n[[domain]]\nname = \"example.com\"\n[[domain.selector]]\nname = "
                "\"k1\"\nkey = \"" +
                folder.file("k1.pem") + "\"\n" + tables +
                (tables.find("[dkim]") == std::string::npos ? "[dkim]\nprove = \"off\"\n" : ""),
            folder.file("signet.toml"));
        if (const auto* problems = std::get_if<std::vector<conf::Problem>>(&loaded)) {
            for (const auto& problem : *problems) {
                ADD_FAILURE() << problem.message();
            }
        }
        return std::get<std::shared_ptr<const conf::Config>>(loaded);
    }

    /// Opens the store as at a start of the relay.
    void open() {
        auto opened = queue::SqliteStore::open(folder.path() + "/data", relay::wall_clock());
        ASSERT_TRUE(opened) << opened.error().message();
        store = std::move(*opened);
        loops.emplace(1);
        disk.emplace(1);
        history.emplace(folder.path() + "/data", *store, current->get().config->queue);
        committer.emplace(*store, metrics);
        spool.emplace(*store,
                      *committer,
                      gate,
                      metrics,
                      *history,
                      *disk,
                      queue::NodeId(1),
                      *current->get().config,
                      terms);
        const auto recalled = spool->recall_pauses();
        ASSERT_TRUE(recalled) << recalled.error().message();
        intake.emplace(*current, *spool, *committer, *disk, metrics);
        spool->listen({[this] { ++unrouted; },
                       [this] { ++wanted; },
                       [this](relay::Notice notice) {
                           const std::lock_guard lock(notices_mutex);
                           notices.push_back(std::move(notice));
                       }});
        loops->start();
    }

    /// Ends everything as a clean stop does; what waits for the committer is committed.
    void close() {
        if (!loops) {
            return;
        }
        spool->stop();
        while (loops->first().tasks > 0) {
            std::this_thread::yield();
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

    /// Runs `task` on the loop and waits for its value.
    template <class T>
    T wait(relay::net::Task<T> task) {
        auto value = std::make_shared<std::promise<T>>();
        loops->first().spawn("test", give(std::move(task), value));
        return value->get_future().get();
    }

    /// Everything given to the committer so far is in the store.
    void settle_store() {
        std::promise<void> done;
        committer->on_store([&done](queue::Store&) { done.set_value(); });
        done.get_future().wait();
    }

    /// A message as Intake would make it.
    std::shared_ptr<queue::Message> message(const std::vector<std::string>& recipients,
                                            const std::string& sender = "app@example.com") {
        auto made = std::make_shared<queue::Message>();
        made->envelope.id = spool->next_id();
        if (!sender.empty()) {
            made->envelope.sender = *queue::Address::parse(sender);
        }
        made->envelope.accepted = spool->now();
        for (const auto& text : recipients) {
            queue::Recipient recipient;
            recipient.address = *queue::Address::parse(text);
            recipient.due = made->envelope.accepted;
            made->envelope.recipients.push_back(std::move(recipient));
        }
        made->envelope.author_domain = "example.com";
        made->envelope.size = 100;
        auto content = std::make_shared<queue::Content>();
        content->signatures = "DKIM-Signature: v=1\r\n";
        content->header = "From: <app@example.com>\r\n";
        content->body = "text\r\n";
        content->body_size = content->body.size();
        made->content = std::move(content);
        return made;
    }

    TemporaryFolder folder;
    relay::SpoolTerms terms;
    std::optional<relay::Current> current;
    relay::Metrics metrics;
    relay::check::Gate gate;
    std::unique_ptr<queue::Store> store;
    std::optional<relay::net::Loops> loops;
    std::optional<relay::net::WorkerPool> disk;
    std::optional<relay::history::History> history;
    std::optional<relay::Committer> committer;
    std::optional<relay::Spool> spool;
    std::optional<relay::Intake> intake;
    std::atomic<int> unrouted{0}, wanted{0};
    std::mutex notices_mutex;
    std::vector<relay::Notice> notices;

private:
    template <class T>
    static relay::net::Task<> give(relay::net::Task<T> task,
                                   std::shared_ptr<std::promise<T>> value) {
        T result = co_await std::move(task);
        value->set_value(std::move(result));
    }
};

}  // namespace support
