// signet pause and resume, each beside a running relay and on a stopped one's store.
#include "relay/cli/pause_commands.h"

#include <memory>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "queue/sqlite_store.h"
#include "relay/cli/queue_commands.h"
#include "relay/clock.h"
#include "tests/relay/cli/said.h"
#include "tests/relay/status/made_up.h"
#include "tests/relay/status/small_relay.h"

namespace relay::cli {
namespace {

using status::SmallRelay;

enum class Relay { Running, Stopped };

PauseOptions of_domain(const std::string& domain) {
    PauseOptions options;
    options.domain = domain;
    return options;
}

PauseOptions of_sender(const std::string& sender) {
    PauseOptions options;
    options.sender = sender;
    return options;
}

PauseOptions of_all() {
    PauseOptions options;
    options.all = true;
    return options;
}

class PauseCommands : public testing::TestWithParam<Relay> {
protected:
    void SetUp() override {
        relay_ = std::make_unique<SmallRelay>();
        folder_ = relay_->folder;
        config_ = relay_->config;
        if (GetParam() == Relay::Stopped) {
            relay_.reset();
        }
    }

    Said pause(const PauseOptions& options) {
        return said([&] { return pause_command(*config_, options); });
    }
    Said resume(const PauseOptions& options) {
        return said([&] { return resume_command(*config_, options); });
    }
    Said summary() {
        return said([&] { return queue_summary(*config_, false); });
    }

    std::shared_ptr<const status::Folder> folder_;
    std::shared_ptr<const conf::Config> config_;
    std::unique_ptr<SmallRelay> relay_;
};

INSTANTIATE_TEST_SUITE_P(
    OfA, PauseCommands, testing::Values(Relay::Running, Relay::Stopped), [](const auto& tested) {
        return tested.param == Relay::Running ? "RunningRelay" : "StoppedRelay";
    });

TEST_P(PauseCommands, PauseAndResumeAreSaidAndShown) {
    auto done = pause(of_domain("Example.NET"));
    EXPECT_EQ(done.status, 0) << done.err;
    EXPECT_EQ(done.out, "sending domain example.net is paused\n");
    done = pause(of_domain("example.net"));
    EXPECT_EQ(done.status, 0) << done.err;
    EXPECT_EQ(done.out, "sending domain example.net was paused before\n");
    EXPECT_EQ(pause(of_sender("jo@example.com")).status, 0);
    EXPECT_EQ(pause(of_all()).status, 0);
    const auto shown = summary().out;
    for (const char* expected : {"domain example.net ", "sender jo@example.com ", "all mail "}) {
        EXPECT_NE(shown.find(expected), std::string::npos) << shown;
    }
    done = resume(of_all());
    EXPECT_EQ(done.status, 0) << done.err;
    EXPECT_EQ(done.out, "sending all mail goes on\n");
    EXPECT_EQ(summary().out.find("all mail"), std::string::npos);
}

TEST_P(PauseCommands, ResumeWithoutSuchAPauseIsNo) {
    EXPECT_EQ(pause(of_domain("example.net")).status, 0);
    for (const PauseOptions& options :
         {of_all(), of_domain("example.org"), of_sender("example.net")}) {
        const auto none = resume(options);
        EXPECT_EQ(none.status, 1);
        EXPECT_TRUE(none.err.starts_with("signet: there is no such pause")) << none.err;
    }
    auto options = of_domain("example.org");
    options.json = true;
    EXPECT_EQ(resume(options).out, "{\"resumed\":false}\n");
    EXPECT_EQ(pause(options).out, "{\"paused\":true}\n");
    EXPECT_EQ(resume(options).out, "{\"resumed\":true}\n");
}

TEST_P(PauseCommands, ExactlyOneThingIsPaused) {
    EXPECT_EQ(pause({}).status, 2);
    EXPECT_EQ(resume({}).status, 2);
    auto both = of_all();
    both.domain = "example.net";
    EXPECT_EQ(pause(both).status, 2);
    EXPECT_TRUE(pause(of_domain("a..b")).err.starts_with("signet: --domain: "));
    EXPECT_TRUE(pause(of_sender("a b@c")).err.starts_with("signet: --sender: "));
    EXPECT_EQ(resume(of_all()).status, 1) << "nothing was paused";
}

TEST(PauseCommandsOnAStoppedRelay, ResumeWakesWhatWaitedForItsOtherRecipients) {
    auto relay = std::make_unique<SmallRelay>();
    const auto folder = relay->folder;
    const auto config = relay->config;
    relay.reset();
    EXPECT_EQ(said([&] { return pause_command(*config, of_domain("one.test")); }).status, 0);
    const auto now = wall_clock();
    ::queue::MessageId id;
    {
        auto store = ::queue::SqliteStore::open(config->data_dir, now);
        ASSERT_TRUE(store) << store.error().message();
        auto message = std::make_shared<::queue::Message>();
        message->envelope = status::some_envelope();
        id = message->envelope.id;
        message->envelope.recipients[0].address = status::address("a@one.test");
        message->envelope.recipients[0].due = now - std::chrono::minutes(1);
        message->envelope.recipients[1].address = status::address("b@two.test");
        message->envelope.recipients[1].due = now + std::chrono::hours(1);
        message->content = std::make_shared<::queue::Content>();
        const std::vector<::queue::Change> changes{
            ::queue::Insert{message, message->envelope.recipients[1].due}};
        ASSERT_TRUE((*store)->commit(changes));
    }
    EXPECT_EQ(said([&] { return resume_command(*config, of_domain("one.test")); }).status, 0);
    auto store = ::queue::SqliteStore::open(config->data_dir, now);
    ASSERT_TRUE(store) << store.error().message();
    EXPECT_EQ((*store)->load(id)->due, now - std::chrono::minutes(1));
}

}  // namespace
}  // namespace relay::cli
