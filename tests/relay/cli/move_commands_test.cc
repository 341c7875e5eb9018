// signet queue export and import, each beside a running relay and on a stopped one's store.
#include "relay/cli/move_commands.h"

#include <filesystem>
#include <fstream>
#include <memory>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "relay/cli/queue_commands.h"
#include "tests/relay/cli/said.h"
#include "tests/relay/status/small_relay.h"

namespace relay::cli {
namespace {

using status::Selection;
using status::SmallRelay;

enum class Relay { Running, Stopped };

Selection everything() {
    Selection selection;
    selection.all = true;
    return selection;
}

class MoveCommands : public testing::TestWithParam<Relay> {
protected:
    void SetUp() override {
        relay_ = std::make_unique<SmallRelay>();
        folder_ = relay_->folder;
        config_ = relay_->config;
        waiting_ = relay_->store("user@example.net");
        held_ = relay_->store("user@example.org", "no PTR record");
        if (GetParam() == Relay::Stopped) {
            relay_.reset();
        }
        mail_ = folder_->file("mail");
        std::filesystem::create_directory(mail_);
    }

    Said out(const Selection& selection, const std::string& to, bool json = false) {
        return said([&] { return queue_export(*config_, selection, to, json); });
    }
    Said in(const std::string& from, bool json = false) {
        return said([&] { return queue_import(*config_, from, json); });
    }
    std::size_t files() {
        return static_cast<std::size_t>(
            std::distance(std::filesystem::directory_iterator(mail_), {}));
    }

    std::shared_ptr<const status::Folder> folder_;
    std::shared_ptr<const conf::Config> config_;
    std::unique_ptr<SmallRelay> relay_;
    ::queue::MessageId waiting_, held_;
    std::string mail_;
};

INSTANTIATE_TEST_SUITE_P(
    OfA, MoveCommands, testing::Values(Relay::Running, Relay::Stopped), [](const auto& tested) {
        return tested.param == Relay::Running ? "RunningRelay" : "StoppedRelay";
    });

TEST_P(MoveCommands, MailGoesOutAndComesIn) {
    const auto exported = out(everything(), mail_);
    EXPECT_EQ(exported.status, 0) << exported.err;
    EXPECT_EQ(exported.out, "exported 2 messages\n");
    EXPECT_EQ(files(), 2U);
    EXPECT_TRUE(std::filesystem::exists(mail_ + "/" + waiting_.text() + ".mail"));
    EXPECT_EQ(said([&] { return queue_list(*config_, {}, false); }).status, 1) << "it is empty";
    const auto imported = in(mail_ + "/");
    EXPECT_EQ(imported.status, 0) << imported.err;
    EXPECT_EQ(imported.out, "imported 2 messages\n");
    EXPECT_EQ(files(), 0U);
    const auto shown =
        nlohmann::json::parse(said([&] { return queue_show(*config_, held_.text(), true); }).out);
    EXPECT_EQ(shown["hold"], nullptr) << "what held it there is judged anew";
    EXPECT_EQ(in(mail_).status, 1);
}

TEST_P(MoveCommands, SayItInJson) {
    Selection one;
    one.id = waiting_.text();
    EXPECT_EQ(out(one, mail_, true).out, "{\"exported\":1,\"left\":0}\n");
    EXPECT_EQ(in(mail_, true).out, "{\"imported\":1,\"known\":0,\"refused\":[]}\n");
    EXPECT_EQ(in(mail_, true).out, "{\"imported\":0,\"known\":0,\"refused\":[]}\n");
}

TEST_P(MoveCommands, AMessageWhoseFileIsThereIsLeft) {
    std::ofstream(mail_ + "/" + waiting_.text() + ".mail") << "another";
    const auto exported = out(everything(), mail_);
    EXPECT_EQ(exported.status, 3);
    EXPECT_EQ(exported.out, "exported 1 message\n");
    EXPECT_NE(exported.err.find("is there already"), std::string::npos) << exported.err;
    EXPECT_NE(exported.err.find("1 message is left"), std::string::npos) << exported.err;
    const auto imported = in(mail_);
    EXPECT_EQ(imported.status, 1);
    EXPECT_EQ(imported.out, "imported 1 message\n");
    EXPECT_NE(imported.err.find("it is no mail of Signet"), std::string::npos) << imported.err;
    EXPECT_EQ(files(), 1U);
}

TEST_P(MoveCommands, TellWhyAFolderCannotServe) {
    const auto none = out(everything(), folder_->file("none"));
    EXPECT_EQ(none.status, 3);
    EXPECT_NE(none.err.find("there is no such folder"), std::string::npos) << none.err;
    EXPECT_EQ(in(folder_->file("none")).status, 3);
    EXPECT_EQ(in("").status, 3);
}

TEST_P(MoveCommands, NothingGoesWithoutASelection) {
    EXPECT_EQ(out({}, mail_).status, 2);
    Selection odd;
    odd.state = "sleeping";
    EXPECT_EQ(out(odd, mail_).status, 2);
    EXPECT_EQ(files(), 0U);
    Selection nobody;
    nobody.domain = "nowhere.test";
    EXPECT_EQ(out(nobody, mail_).status, 1);
}

TEST(MoveOrders, TellWhoseFolderItIs) {
    const SmallRelay relay;
    const std::string body = R"({"folder": "/none"})";
    const auto answer = relay.ask_control(
        "POST /queue/import HTTP/1.1\r\nHost: localhost\r\n"
        "Content-Type: application/json\r\nContent-Length: " +
        std::to_string(body.size()) + "\r\n\r\n" + body);
    EXPECT_EQ(status::status_of(answer), 400) << answer;
    EXPECT_NE(answer.find("run by systemd, it may write in"), std::string::npos) << answer;
}

}  // namespace
}  // namespace relay::cli
