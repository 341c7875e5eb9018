// OperatedSpool: a stage on which people hold, release, pause and resume.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/sent_message.h"

namespace support {

using queue::Filter;
using relay::Pause;
using relay::check::Finding;
using relay::check::Verdict;
using Kind = queue::Outcome::Kind;

inline queue::Outcome outcome(Kind kind) {
    queue::Outcome made;
    made.kind = kind;
    made.status = {static_cast<std::uint8_t>(kind == Kind::Delivered ? 2 : 4), 0, 0};
    made.text = "said";
    return made;
}

inline Filter by_id(queue::MessageId id) {
    Filter filter;
    filter.id = id;
    return filter;
}

inline Pause domain(const std::string& text) {
    return Pause::of_domain(text).value();
}

class OperatedSpool : public testing::Test {
protected:
    queue::MessageId accept(const std::vector<std::string>& recipients,
                            const std::string& sender = "app@example.com") {
        const auto message = stage.message(recipients, sender);
        message->envelope.signed_by = "example.com/k1";
        EXPECT_TRUE(stage.wait(stage.spool->accept(message)));
        return message->envelope.id;
    }

    std::optional<relay::Lease> lease(const std::string& at) {
        stage.spool->domains_to_route(relay::wall_clock());
        stage.spool->assign(at, "site-" + at, relay::wall_clock() + std::chrono::hours(1));
        return stage.spool->next_for("site-" + at, 1, {});
    }

    /// Several domains at one site.
    std::optional<relay::Lease> shared_lease(const std::vector<std::string>& domains) {
        stage.spool->domains_to_route(relay::wall_clock());
        for (const auto& each : domains) {
            stage.spool->assign(each, "shared", relay::wall_clock() + std::chrono::hours(1));
        }
        return stage.spool->next_for("shared", 1, {});
    }

    void settle(std::optional<relay::Lease> taken, Kind kind) {
        ASSERT_TRUE(taken);
        const auto count = taken->envelope().recipients.size();
        stage.spool->settle(std::move(*taken), std::vector(count, outcome(kind)));
        stage.settle_store();
    }

    std::size_t hold(const Filter& filter, const std::string& reason = "held by a person") {
        const auto held = stage.wait(stage.spool->hold(filter, reason));
        EXPECT_TRUE(held) << held.error().message();
        return held ? *held : 0;
    }

    relay::Spool::Released release(const Filter& filter) {
        const auto released = stage.wait(stage.spool->release(filter));
        EXPECT_TRUE(released) << released.error().message();
        return released ? *released : relay::Spool::Released{};
    }

    bool pause(const Pause& what) {
        const auto paused = stage.wait(stage.spool->pause(what));
        EXPECT_TRUE(paused) << paused.error().message();
        return paused && *paused;
    }

    bool resume(const Pause& what) {
        const auto resumed = stage.wait(stage.spool->resume(what));
        EXPECT_TRUE(resumed) << resumed.error().message();
        return resumed && *resumed;
    }

    queue::Stored stored(queue::MessageId id) {
        stage.settle_store();
        auto found = stage.store->load(id);
        EXPECT_TRUE(found) << found.error().message();
        return found ? *found : queue::Stored{};
    }

    queue::Hold held(queue::MessageId id) { return stored(id).envelope.hold; }

    std::uint64_t counted(const std::string& reason) {
        const auto held = stage.spool->view().held;
        const auto found = held.find(reason);
        return found == held.end() ? 0 : found->second;
    }

    void run() { stage.spool->start(stage.loops->first()); }

    void publish(Verdict sources) {
        Finding finding;
        finding.check = "ptr";
        finding.subject = "192.0.2.1";
        finding.verdict = sources;
        finding.seen = "no PTR record";
        stage.gate.publish("", {finding}, relay::wall_clock());
        finding.check = "spf";
        finding.verdict = Verdict::Pass;
        stage.gate.publish("example.com", {finding}, relay::wall_clock());
    }

    static constexpr const char* kNoPtr = "ptr of 192.0.2.1: no PTR record";

    RelayStage stage;
};

}  // namespace support
