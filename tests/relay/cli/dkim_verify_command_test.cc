#include "relay/cli/dkim_verify_command.h"

#include <nlohmann/json.hpp>

#include "relay/cli/dkim_sign_command.h"
#include "tests/relay/cli/dkim_stage.h"
#include "tests/support/fake_dns.h"

namespace relay::cli {
namespace {

class DkimVerify : public DkimStage {
protected:
    std::string made(const std::string& text) {
        const std::string file = write("unsigned.eml", text);
        return run([&] { return dkim_sign(file, shared()); }).out;
    }
    Printed verify(const std::string& text, bool json = false) {
        const std::string file = write("m.eml", text);
        return run([&] { return dkim_verify(file, config_, json); });
    }
};

TEST_F(DkimVerify, PassesWhatIsSignedByTheAuthorsDomain) {
    const Printed printed = verify(made(message_));
    EXPECT_EQ(printed.status, 0) << printed.error;
    EXPECT_EQ(printed.error, "");
    EXPECT_EQ(printed.out,
              "RESULT  DOMAIN       SELECTOR  ALGORITHM       AUTHOR  REASON\n"
              "pass    example.com  e         ed25519-sha256  yes     the signature is good\n");
}

TEST_F(DkimVerify, TakesWhatIsSavedWithLineFeedsAlone) {
    std::string unix_lines;
    for (const char c : made(message_)) {
        unix_lines += c == '\r' ? "" : std::string(1, c);
    }
    EXPECT_EQ(verify(unix_lines).status, 0);
}

TEST_F(DkimVerify, PrintsJson) {
    const auto page =
        nlohmann::json::parse(verify("DKIM-Signature: v=1\r\n" + made(message_), true).out);
    ASSERT_EQ(page.size(), 2U);
    EXPECT_EQ(page[0]["result"], "permerror");
    EXPECT_EQ(page[0]["domain"], nullptr);
    EXPECT_EQ(page[0]["record"], nullptr);
    EXPECT_EQ(page[0]["reason"], "d= is missing");
    EXPECT_EQ(page[1],
              (nlohmann::json{{"result", "pass"},
                              {"domain", "example.com"},
                              {"selector", "e"},
                              {"algorithm", "ed25519-sha256"},
                              {"author", true},
                              {"record", "e._domainkey.example.com"},
                              {"reason", "the signature is good"}}));
    EXPECT_EQ(verify(message_, true).out, "[]\n");
}

TEST_F(DkimVerify, SaysNoToWhatWasChanged) {
    std::string text = made(message_);
    text.replace(text.find("Hello"), 5, "Hallo");
    const Printed printed = verify(text);
    EXPECT_EQ(printed.status, 1);
    EXPECT_NE(printed.out.find("the body was changed"), std::string::npos) << printed.out;
    EXPECT_EQ(printed.error.find("signet: no signature by the author's domain passes"), 0U);
}

TEST_F(DkimVerify, SaysNoWhereSomebodyElseSigned) {
    std::string text = made(message_);
    text.replace(text.find("From: Shop <shop@example.com>"), 29, "From: Shop <shop@example.org>");
    const Printed printed = verify(text);
    EXPECT_EQ(printed.status, 1);
    EXPECT_NE(printed.out.find("  no      "), std::string::npos) << printed.out;
}

TEST_F(DkimVerify, SaysNoWhereNobodySigned) {
    const Printed printed = verify(message_);
    EXPECT_EQ(printed.status, 1);
    EXPECT_EQ(printed.out, "");
    EXPECT_EQ(printed.error.find("signet: the message has no DKIM-Signature field"), 0U);
}

TEST_F(DkimVerify, SaysNoWhereNobodyKnowsTheAuthor) {
    const Printed two = verify("From: a@example.com\r\n" + made(message_));
    EXPECT_EQ(two.status, 1);
    EXPECT_EQ(two.error.find("signet: the message has more than one From: field"), 0U) << two.error;
}

TEST_F(DkimVerify, CannotFindOutWithoutTheKey) {
    const std::string text = made(message_);
    config_.dns.local_data.clear();
    const Printed printed = verify(text);
    EXPECT_EQ(printed.status, 3);
    EXPECT_EQ(printed.out.find("RESULT     DOMAIN"), 0U);
    EXPECT_NE(printed.out.find("\ntemperror  example.com  e"), std::string::npos) << printed.out;
    EXPECT_EQ(printed.error.find("signet: a key of the author's domain cannot be looked up"), 0U);
}

TEST_F(DkimVerify, CannotFindOutWhatIsNoMessage) {
    EXPECT_EQ(verify("no header\r\n\r\n").status, 3);
    EXPECT_EQ(run([&] { return dkim_verify(folder_.file("none"), config_, false); }).status, 3);
}

TEST_F(DkimVerify, LooksAtTwentySignatures) {
    std::string text = made(message_);
    for (int i = 0; i < 21; ++i) {
        text.insert(text.find("From: Shop"), "DKIM-Signature: v=1\r\n");
    }
    const Printed printed = verify(text);
    EXPECT_EQ(printed.status, 0) << printed.error;
    EXPECT_NE(printed.out.find("2 more signatures: only the first 20 are looked at"),
              std::string::npos)
        << printed.out;
}

TEST(FindKeys, TellsWhatTheDnsSays) {
    support::FakeDns dns;
    dns.txt("one.example", std::string(300, 'x'));
    dns.txt("two.example", "a");
    dns.txt("two.example", "b");
    dns.exists("empty.example");
    dns.add("broken.example",
            net::RecordType::Txt,
            "\x05"
            "abc");
    dns.fail("silent.example", net::RecordType::Txt);
    net::asio::io_context context(1);
    int ended = 0;
    const auto found = find_keys(dns,
                                 context,
                                 {"one.example",
                                  "two.example",
                                  "",
                                  "empty.example",
                                  "none.example",
                                  "broken.example",
                                  "silent.example"},
                                 [&] { ++ended; });
    using Status = dkim::KeyLookup::Status;
    EXPECT_EQ(ended, 1);
    EXPECT_EQ(dns.asked(), 6);
    ASSERT_EQ(found.size(), 7U);
    EXPECT_EQ(found[0].status, Status::Found);
    EXPECT_EQ(found[0].records, std::vector<std::string>{std::string(300, 'x')});
    EXPECT_EQ(found[1].records, (std::vector<std::string>{"a", "b"}));
    EXPECT_EQ(found[3].status, Status::NotFound);
    EXPECT_EQ(found[4].status, Status::NotFound);
    EXPECT_EQ(found[5].records, std::vector<std::string>{""});
    EXPECT_EQ(found[6].status, Status::Unavailable);
    EXPECT_EQ(found[6].why, "SERVFAIL for TXT of silent.example");
}

}  // namespace
}  // namespace relay::cli
