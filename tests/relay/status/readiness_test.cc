#include "relay/status/readiness.h"

#include <gtest/gtest.h>

namespace relay::status {
namespace {

smtp::ServerRules rules() {
    smtp::ServerRules rules;
    rules.hostname = "mail.example.com";
    rules.may_relay = true;
    return rules;
}

TEST(ReadinessDialog, WalksToTheEndOfRcpt) {
    EXPECT_EQ(walk_dialog(rules(), "postmaster@example.com"), std::nullopt);
}

TEST(ReadinessDialog, TellsARefusal) {
    auto full = rules();
    full.judge_room = [](std::uint64_t) {
        return smtp::Reply{452, "4.3.1", "insufficient system storage"};
    };
    EXPECT_EQ(walk_dialog(full, "postmaster@example.com"),
              "MAIL would be answered with: 452 4.3.1 insufficient system storage");
    auto stranger = rules();
    stranger.judge_sender = [](const queue::Address&) { return smtp::Reply{550, "5.7.1", "no"}; };
    EXPECT_EQ(walk_dialog(stranger, "postmaster@example.com"),
              "MAIL would be answered with: 550 5.7.1 no");
}

}  // namespace
}  // namespace relay::status
