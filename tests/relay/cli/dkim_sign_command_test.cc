#include "relay/cli/dkim_sign_command.h"

#include "dkim/key_ring.h"
#include "tests/relay/cli/dkim_stage.h"

namespace relay::cli {
namespace {

class DkimSign : public DkimStage {
protected:
    Printed sign(const std::string& text) {
        const std::string file = write("m.eml", text);
        return run([&] { return dkim_sign(file, shared()); });
    }
    /// Exit status and the line of the complaint.
    std::string refused(const std::string& text) {
        const Printed printed = sign(text);
        EXPECT_EQ(printed.out, "");
        return std::to_string(printed.status) + " " + printed.error;
    }
};

TEST_F(DkimSign, PutsOneFieldForEachSelectorOnTop) {
    const auto rsa = dkim::PrivateKey::create(dkim::KeyType::Rsa, 2048).value();
    config_.domains[0].selectors.push_back({"r", write("r.pem", rsa.pem()), {}, {}});
    const Printed printed = sign(message_);
    EXPECT_EQ(printed.status, 0) << printed.error;
    EXPECT_EQ(printed.error, "");
    EXPECT_EQ(printed.out.find("DKIM-Signature: v=1; a=rsa-sha256;"), 0U) << printed.out;
    const auto second = printed.out.find("DKIM-Signature: v=1; a=ed25519-sha256;");
    ASSERT_NE(second, std::string::npos);
    EXPECT_NE(printed.out.find(" s=e;", second), std::string::npos);
    EXPECT_TRUE(printed.out.ends_with("\r\n" + message_));
}

TEST_F(DkimSign, PrintsLinesWithTheirFullEnd) {
    std::string unix_lines;
    for (const char c : message_) {
        unix_lines += c == '\r' ? "" : std::string(1, c);
    }
    EXPECT_TRUE(sign(unix_lines).out.ends_with("\r\n" + message_));
}

TEST_F(DkimSign, UsesOnlyWhatIsInForce) {
    config_.domains[0].selectors[0].sign_from = conf::Instant::max();
    EXPECT_EQ(refused(message_).find("3 signet: no usable signing key for example.com"), 0U);
}

TEST_F(DkimSign, RefusesWhatTheRelayRefuses) {
    EXPECT_EQ(refused("To: a@example.com\r\n\r\nx").find("1 signet: the message has no From"), 0U);
    EXPECT_EQ(refused("From: a@example.com\r\n" + message_)
                  .find("1 signet: the message has more than one From"),
              0U);
    EXPECT_EQ(refused("From: a@mail.example.com\r\n\r\n")
                  .find("1 signet: From: domain mail.example.com is not one"),
              0U);
    EXPECT_EQ(refused("From: a\r\n\r\n").find("1 signet: "), 0U);
    EXPECT_EQ(refused("no header\r\n\r\n").find("1 signet: malformed message header: "), 0U);
    config_.limits.message_size = 10;
    EXPECT_EQ(refused(message_).find("1 signet: the message is larger than limits.message_size"),
              0U);
}

TEST_F(DkimSign, SaysWhichKeyCannotBeUsed) {
    config_.domains[0].selectors[0].key = folder_.file("none.pem");
    const Printed printed = sign(message_);
    EXPECT_EQ(printed.status, 3);
    EXPECT_EQ(printed.error.find("signet: example.com selector e: key file cannot be read: "), 0U)
        << printed.error;
    EXPECT_EQ(run([&] { return dkim_sign(folder_.file("none"), shared()); }).status, 3);
}

}  // namespace
}  // namespace relay::cli
