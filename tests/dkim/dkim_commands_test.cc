#include "relay/cli/dkim_commands.h"

#include <filesystem>
#include <sys/stat.h>

#include <gtest/gtest.h>

#include "dkim/key.h"
#include "tests/dkim/temporary_folder.h"
#include "tests/dkim/test_keys.h"

namespace {

using relay::cli::DkimCreate;

struct Printed {
    int status;
    std::string out;
    std::string error;
};

template <class Command>
Printed run(const Command& command) {
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    const int status = command();
    std::fflush(stdout);
    return {status, testing::internal::GetCapturedStdout(), testing::internal::GetCapturedStderr()};
}

Printed create(const DkimCreate& options, const conf::Config* config) {
    return run([&] { return relay::cli::dkim_create(options, config); });
}

class DkimCommands : public testing::Test {
protected:
    DkimCommands() { config_.data_dir = folder_.path("data"); }

    void add_domain(const std::string& selector, const std::string& key) {
        config_.domains.push_back(
            {conf::DomainName::parse("example.com").value(), false, {{selector, key, {}, {}}}});
    }

    test::TemporaryFolder folder_;
    conf::Config config_;
};

TEST_F(DkimCommands, CreateWritesAKeyAndSaysWhatToDoWithIt) {
    const Printed printed = create({"Example.COM", "2026a", "ed25519", ""}, &config_);
    ASSERT_EQ(printed.status, 0) << printed.error;
    const std::string path = folder_.path("data/keys/example.com.2026a.pem");
    const auto key = dkim::PrivateKey::load(path, false);
    ASSERT_TRUE(key);
    EXPECT_EQ(printed.out.find(path + "\n"), 0U);
    EXPECT_NE(printed.out.find("[[domain]]\nname = \"example.com\"\n  [[domain.selector]]\n"
                               "  name = \"2026a\"\n  key = \"" +
                               path + "\"\n"),
              std::string::npos);
    EXPECT_NE(
        printed.out.find("2026a._domainkey.example.com. IN TXT ( \"" + key->record() + "\" )\n"),
        std::string::npos);
    struct stat folder {};
    ASSERT_EQ(::stat(folder_.path("data/keys").c_str(), &folder), 0);
    EXPECT_EQ(folder.st_mode & 07777U, 0700U);
    EXPECT_EQ(printed.error, "");
}

TEST_F(DkimCommands, CreateMakesRsaKeysOf2048BitsByDefaultUnderTodaysDate) {
    const std::string path = folder_.path("x.pem");
    const Printed printed = create({"example.com", "", "rsa2048", path}, nullptr);
    ASSERT_EQ(printed.status, 0) << printed.error;
    const auto key = dkim::PrivateKey::load(path, false);
    ASSERT_TRUE(key);
    EXPECT_EQ(key->type(), dkim::KeyType::Rsa);
    EXPECT_EQ(key->bits(), 2048);
    EXPECT_NE(printed.out.find("\ns20"), std::string::npos);
    EXPECT_EQ(DkimCreate{}.type, "rsa2048");
    const std::string zone = printed.out.substr(printed.out.find(" IN TXT ("));
    EXPECT_NE(zone.find("\" \""), std::string::npos) << "longer than one string";
}

TEST_F(DkimCommands, CreateNeverReplacesAKey) {
    ASSERT_EQ(create({"example.com", "a", "ed25519", ""}, &config_).status, 0);
    const std::string before = test::read_all(folder_.path("data/keys/example.com.a.pem"));
    const Printed again = create({"example.com", "a", "ed25519", ""}, &config_);
    EXPECT_EQ(again.status, 1);
    EXPECT_EQ(again.error.find("signet: key file exists already: "), 0U);
    EXPECT_EQ(again.out, "");
    EXPECT_EQ(test::read_all(folder_.path("data/keys/example.com.a.pem")), before);
}

TEST_F(DkimCommands, CreateMakesTheKeyThatTheConfigurationNames) {
    add_domain("2026a", folder_.path("named.pem"));
    const Printed printed = create({"example.com", "2026a", "ed25519", ""}, &config_);
    ASSERT_EQ(printed.status, 0) << printed.error;
    EXPECT_TRUE(dkim::PrivateKey::load(folder_.path("named.pem"), false));
    EXPECT_EQ(printed.out.find("[[domain"), std::string::npos);
    const Printed next = create({"example.com", "2026b", "ed25519", ""}, &config_);
    ASSERT_EQ(next.status, 0) << next.error;
    EXPECT_EQ(next.out.find("\n[[domain]]\n"), std::string::npos);
    EXPECT_NE(next.out.find("\n  [[domain.selector]]\n"), std::string::npos);
}

TEST_F(DkimCommands, CreateRefusesBadArguments) {
    EXPECT_EQ(create({"example.com", "a", "rsa1024", ""}, &config_).status, 2);
    EXPECT_EQ(create({"exa mple.com", "a", "ed25519", ""}, &config_).status, 2);
    EXPECT_EQ(create({"localhost", "a", "ed25519", ""}, &config_).status, 2);
    EXPECT_EQ(create({"example.com", "a/b", "ed25519", ""}, &config_).status, 2);
    EXPECT_EQ(create({"", "a", "ed25519", ""}, &config_).status, 2);
    EXPECT_FALSE(std::filesystem::exists(folder_.path("data")));
}

TEST_F(DkimCommands, CreateSaysWhyItCannotWrite) {
    const Printed out =
        create({"example.com", "a", "ed25519", folder_.path("no/where.pem")}, &config_);
    EXPECT_EQ(out.status, 3);
    EXPECT_EQ(out.error.find("signet: key file cannot be written: "), 0U);
    config_.data_dir = folder_.path("no/data");
    EXPECT_EQ(create({"example.com", "a", "ed25519", ""}, &config_).status, 3);
}

TEST_F(DkimCommands, RecordPrintsEverySelector) {
    add_domain("r", folder_.write("r.pem", test::rsa_key().pem()));
    config_.domains[0].selectors.push_back(
        {"e", folder_.write("e.pem", test::ed25519_key().pem()), {}, {}});
    const Printed text =
        run([&] { return relay::cli::dkim_record("EXAMPLE.com", config_, false); });
    EXPECT_EQ(text.status, 0);
    EXPECT_EQ(text.out,
              dkim::zone_file_record("r._domainkey.example.com", test::rsa_key().record()) + "\n" +
                  dkim::zone_file_record("e._domainkey.example.com", test::ed25519_key().record()) +
                  "\n");
    const Printed json = run([&] { return relay::cli::dkim_record("example.com", config_, true); });
    EXPECT_EQ(json.out.find(
                  "[{\"domain\":\"example.com\",\"selector\":\"r\",\"type\":\"rsa\",\"bits\":2048,"
                  "\"name\":\"r._domainkey.example.com\",\"value\":\"v=DKIM1; k=rsa; p="),
              0U);
    EXPECT_NE(json.out.find("\\\"v=DKIM1; k=ed25519;"), std::string::npos);
}

TEST_F(DkimCommands, RecordTellsNoFromUnknown) {
    EXPECT_EQ(run([&] { return relay::cli::dkim_record("example.com", config_, false); }).status,
              1);
    EXPECT_EQ(run([&] { return relay::cli::dkim_record("..", config_, false); }).status, 2);
    add_domain("r", folder_.path("missing.pem"));
    const Printed printed =
        run([&] { return relay::cli::dkim_record("example.com", config_, true); });
    EXPECT_EQ(printed.status, 3);
    EXPECT_EQ(printed.out, "[]\n");
    EXPECT_EQ(printed.error.find("signet: selector r: key file cannot be read: "), 0U);
}

TEST_F(DkimCommands, StatusShowsATable) {
    add_domain("r", folder_.write("r.pem", test::rsa_key().pem()));
    const Printed text = run([&] { return relay::cli::dkim_status(config_, false); });
    EXPECT_EQ(text.status, 0);
    EXPECT_EQ(text.out,
              "DOMAIN       SELECTOR  KEY       RECORD                    STATE\n"
              "example.com  r         rsa 2048  r._domainkey.example.com  signing\n");
    const Printed json = run([&] { return relay::cli::dkim_status(config_, true); });
    EXPECT_EQ(
        json.out,
        "[{\"domain\":\"example.com\",\"selector\":\"r\",\"type\":\"rsa\",\"bits\":2048,"
        "\"state\":\"signing\",\"detail\":\"signing\",\"record\":\"r._domainkey.example.com\"}]\n");
}

TEST_F(DkimCommands, StatusIsNoWhereADomainCannotSign) {
    EXPECT_EQ(run([&] { return relay::cli::dkim_status(config_, true); }).out, "[]\n");
    EXPECT_EQ(run([&] { return relay::cli::dkim_status(config_, false); }).status, 1);
    add_domain("r", folder_.path("missing.pem"));
    const Printed text = run([&] { return relay::cli::dkim_status(config_, false); });
    EXPECT_EQ(text.status, 1);
    EXPECT_NE(text.out.find("unusable: key file cannot be read: "), std::string::npos);
    EXPECT_EQ(text.error.find("signet: mail of example.com cannot be signed: "), 0U);
}

}  // namespace
