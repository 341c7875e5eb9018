// CountingStore: a store that only counts, and can be told to wait, to be slow or to be full.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "queue/errors.h"
#include "queue/store.h"

namespace support {

/// "KEY" or "KEY=VALUE": two of one key are about the same row.
inline queue::Change fact(const std::string& text) {
    const auto equals = text.find('=');
    return queue::Remember{"test",
                           text.substr(0, equals),
                           equals == std::string::npos ? "" : text.substr(equals + 1),
                           std::nullopt};
}

/// Its text again; empty for anything else.
inline std::string text_of(const queue::Change& change) {
    const auto* fact = std::get_if<queue::Remember>(&change);
    if (fact == nullptr) {
        return "";
    }
    return fact->value.empty() ? fact->key : fact->key + '=' + fact->value;
}

/// A store that only counts and can be told to wait or to fail.
class CountingStore : public queue::Store {
public:
    conf::Result<void> commit(std::span<const queue::Change> changes) override {
        if (slowness.count() > 0) {
            std::this_thread::sleep_for(slowness);
        }
        std::unique_lock lock(mutex);
        ++commits;
        last_writer = std::this_thread::get_id();
        entered.notify_all();
        may_go.wait(lock, [this] { return !blocked; });
        for (const auto& change : changes) {
            if (full.contains(text_of(change))) {
                return queue::error(queue::errc::StoreFull, "no room");
            }
        }
        for (const auto& change : changes) {
            if (auto text = text_of(change); !text.empty()) {
                keys.push_back(std::move(text));
            }
        }
        return {};
    }
    conf::Result<std::vector<queue::Envelope>> claim_due(queue::Instant, std::size_t) override {
        return std::vector<queue::Envelope>();
    }
    conf::Result<std::optional<queue::Instant>> next_due() override {
        return std::optional<queue::Instant>();
    }
    conf::Result<std::vector<queue::Envelope>> held(queue::MessageId, std::size_t) override {
        return std::vector<queue::Envelope>();
    }
    conf::Result<queue::Stored> load(queue::MessageId) override {
        return queue::error(queue::errc::NotFound, "");
    }
    conf::Result<std::string> read_body(queue::MessageId, int) override {
        return queue::error(queue::errc::NotFound, "");
    }
    conf::Result<queue::Page> query(const queue::Filter&, queue::MessageId) override {
        return queue::Page();
    }
    conf::Result<queue::Totals> totals() override { return queue::Totals(); }
    conf::Result<std::map<std::string, std::string>> recall(const std::string&) override {
        return std::map<std::string, std::string>();
    }
    queue::MessageId last_id() override { return queue::MessageId(0); }
    std::uint64_t journal_octets() override { return 0; }
    std::uint64_t messages() override { return 0; }
    conf::Result<std::uint64_t> free_octets() override { return std::uint64_t{1} << 40; }
    std::string latched() override { return ""; }
    conf::Result<void> tidy(queue::Instant) override {
        ++tidies;
        return {};
    }

    void block() {
        const std::lock_guard lock(mutex);
        blocked = true;
    }
    void unblock() {
        const std::lock_guard lock(mutex);
        blocked = false;
        may_go.notify_all();
    }
    void wait_for_commits(int number) {
        std::unique_lock lock(mutex);
        entered.wait(lock, [&] { return commits >= number; });
    }

    std::mutex mutex;
    std::condition_variable entered, may_go;
    bool blocked = false;
    int commits = 0;
    std::atomic<int> tidies{0};
    std::thread::id last_writer;
    std::chrono::milliseconds slowness{0};  // of the disk
    std::set<std::string> full;
    std::vector<std::string> keys;
};

}  // namespace support
