// SentMessage: a message that was accepted on a RelayStage, and what becomes of it.
#pragma once

#include <chrono>
#include <thread>

#include "tests/support/relay_stage.h"

namespace support {

/// Waits for what another thread does; bounded.
template <class Condition>
bool eventually(Condition condition) {
    for (int i = 0; i < 4000; ++i) {
        if (condition()) {
            return true;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return false;
}

/// What the listener was told so far.
inline std::vector<relay::Notice> notices_of(RelayStage& stage) {
    const std::lock_guard lock(stage.notices_mutex);
    return stage.notices;
}

inline queue::Outcome outcome(queue::Outcome::Kind kind,
                              queue::EnhancedStatus status,
                              bool passed_on_dsn = false) {
    queue::Outcome made;
    made.kind = kind;
    made.status = status;
    made.text = "a reply";
    made.passed_on_dsn = passed_on_dsn;
    return made;
}

struct SentMessage {
    RelayStage& stage;
    std::shared_ptr<queue::Message> message;

    SentMessage(RelayStage& on,
                const std::vector<std::string>& recipients,
                const std::vector<queue::Notify>& notify = {},
                const std::string& sender = "app@example.com")
        : stage(on), message(on.message(recipients, sender)) {
        for (std::size_t i = 0; i < notify.size(); ++i) {
            message->envelope.recipients[i].dsn.notify = notify[i];
        }
        message->envelope.ret = queue::ReturnedPart::Headers;
        message->envelope.envelope_id = "id";
        EXPECT_TRUE(stage.wait(stage.spool->accept(message)));
    }

    [[nodiscard]] std::optional<relay::Lease> lease(const std::string& domain) const {
        stage.spool->domains_to_route(stage.spool->now());
        stage.spool->assign(domain, "site-" + domain, relay::wall_clock() + std::chrono::hours(1));
        return stage.spool->next_for("site-" + domain, 1, {});
    }
    void settle(const std::string& domain, const std::vector<queue::Outcome>& outcomes) const {
        auto leased = lease(domain);
        ASSERT_TRUE(leased);
        stage.spool->settle(std::move(*leased), outcomes);
        stage.settle_store();
    }
    [[nodiscard]] std::size_t notices() const { return notices_of(stage).size(); }
    [[nodiscard]] relay::Notice notice(std::size_t number = 0) const {
        return notices_of(stage).at(number);
    }
    /// Stores a report for the notice as the dispatcher does.
    void report(std::size_t number = 0) const {
        const auto made = stage.message({"app@example.com"}, "");
        const auto result = stage.wait(stage.spool->accept_notice(made, notice(number)));
        ASSERT_TRUE(result);
        EXPECT_EQ(*result, relay::Spool::Report::Stored);
        stage.settle_store();
        EXPECT_TRUE(stage.store->load(made->envelope.id));
    }
    [[nodiscard]] bool stored() const {
        return static_cast<bool>(stage.store->load(message->envelope.id));
    }
    [[nodiscard]] queue::Stored whole() const {
        auto found = stage.store->load(message->envelope.id);
        EXPECT_TRUE(found);
        return found ? std::move(*found) : queue::Stored{};
    }
    [[nodiscard]] queue::Recipient stored(std::size_t position) const {
        const auto found = whole();
        return position < found.envelope.recipients.size() ? found.envelope.recipients[position]
                                                           : queue::Recipient{};
    }
};

}  // namespace support
