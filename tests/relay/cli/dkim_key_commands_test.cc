#include "relay/cli/dkim_key_commands.h"

#include <filesystem>
#include <iterator>

#include <nlohmann/json.hpp>

#include "tests/dkim/test_keys.h"
#include "tests/relay/cli/dkim_stage.h"

namespace relay::cli {
namespace {

std::string read_all(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

mode_t mode_of(const std::string& path) {
    struct stat found {};
    return ::stat(path.c_str(), &found) == 0 ? found.st_mode & 07777U : 0;
}

bool says(const std::string& text, const std::string& words) {
    return text.find(words) != std::string::npos;
}

class DkimKeyCommands : public DkimStage {
protected:
    DkimKeyCommands() {
        config_.data_dir = folder_.file("data");
        config_.domains.clear();
    }

    void add_domain(const std::string& selector, const std::string& key) {
        conf::Domain domain;
        domain.name = conf::DomainName::parse("example.com").value();
        domain.selectors.push_back({selector, key, {}, {}});
        config_.domains.push_back(std::move(domain));
    }
    void add_two_selectors() {
        add_domain("r", write("r.pem", test::rsa_key().pem()));
        config_.domains[0].selectors.push_back(
            {"e", write("e.pem", test::ed25519_key().pem()), {}, {}});
    }
    static Printed create(const DkimCreate& options, const conf::Config* config) {
        return run([&] { return dkim_create(options, config); });
    }
    [[nodiscard]] Printed record(RecordForm form, const std::string& domain = "example.com") const {
        return run([&] { return dkim_record(domain, config_, form); });
    }
};

TEST_F(DkimKeyCommands, CreateWritesAKeyAndSaysWhatToDoWithIt) {
    const auto printed = create({"Example.COM", "2026a", "ed25519", ""}, &config_);
    ASSERT_EQ(printed.status, 0) << printed.error;
    const auto path = folder_.file("data/keys/example.com.2026a.pem");
    const auto key = dkim::PrivateKey::load(path, false);
    ASSERT_TRUE(key);
    EXPECT_EQ(printed.out.find(path + "\n"), 0U);
    EXPECT_TRUE(says(printed.out,
                     "[[domain]]\nname = \"example.com\"\n  [[domain.selector]]\n"
                     "  name = \"2026a\"\n  key = \"" +
                         path + "\"\n"));
    EXPECT_TRUE(
        says(printed.out, "2026a._domainkey.example.com. IN TXT ( \"" + key->record() + "\" )\n"));
    EXPECT_EQ(mode_of(path), 0600U);
    EXPECT_EQ(mode_of(folder_.file("data/keys")), 0700U);
    EXPECT_EQ(mode_of(folder_.file("data")), 0700U);
    EXPECT_EQ(printed.error, "");
}

TEST_F(DkimKeyCommands, CreateMakesRsaKeysOf2048BitsByDefaultUnderTodaysDate) {
    const auto path = folder_.file("x.pem");
    const auto printed = create({"example.com", "", "rsa2048", path}, nullptr);
    ASSERT_EQ(printed.status, 0) << printed.error;
    const auto key = dkim::PrivateKey::load(path, false);
    ASSERT_TRUE(key);
    EXPECT_EQ(key->type(), dkim::KeyType::Rsa);
    EXPECT_EQ(key->bits(), 2048);
    EXPECT_TRUE(says(printed.out, "\ns20"));
    EXPECT_EQ(DkimCreate{}.type, "rsa2048");
    const auto zone = printed.out.substr(printed.out.find(" IN TXT ("));
    EXPECT_TRUE(says(zone, "\" \"")) << "longer than one string";
}

TEST_F(DkimKeyCommands, CreateTellsScriptsTheSame) {
    const auto path = folder_.file("x.pem");
    const auto printed = create({"example.com", "2026a", "ed25519", path, true}, &config_);
    ASSERT_EQ(printed.status, 0) << printed.error;
    const auto json = nlohmann::json::parse(printed.out);
    const auto key = dkim::PrivateKey::load(path, false);
    ASSERT_TRUE(key);
    EXPECT_EQ(json.size(), 8U);
    EXPECT_EQ(json["domain"], "example.com");
    EXPECT_EQ(json["selector"], "2026a");
    EXPECT_EQ(json["type"], "ed25519");
    EXPECT_EQ(json["bits"], key->bits());
    EXPECT_EQ(json["key"], path);
    EXPECT_EQ(json["name"], "2026a._domainkey.example.com");
    EXPECT_EQ(json["value"], key->record());
    EXPECT_EQ(json["zone"], dkim::zone_file_record("2026a._domainkey.example.com", key->record()));
    const auto again = create({"example.com", "2026a", "ed25519", path, true}, &config_);
    EXPECT_EQ(again.status, 1);
    EXPECT_EQ(again.out, "");
}

TEST_F(DkimKeyCommands, CreateNeverReplacesAKey) {
    ASSERT_EQ(create({"example.com", "a", "ed25519", ""}, &config_).status, 0);
    const auto before = read_all(folder_.file("data/keys/example.com.a.pem"));
    const auto again = create({"example.com", "a", "ed25519", ""}, &config_);
    EXPECT_EQ(again.status, 1);
    EXPECT_EQ(again.error.find("signet: key file exists already: "), 0U);
    EXPECT_EQ(again.out, "");
    EXPECT_EQ(read_all(folder_.file("data/keys/example.com.a.pem")), before);
    // Nor does it leave a draft behind.
    const std::filesystem::directory_iterator files(folder_.file("data/keys"));
    EXPECT_EQ(std::distance(begin(files), end(files)), 1);
}

TEST_F(DkimKeyCommands, CreateMakesTheKeyThatTheConfigurationNames) {
    add_domain("2026a", folder_.file("named.pem"));
    const auto printed = create({"example.com", "2026a", "ed25519", ""}, &config_);
    ASSERT_EQ(printed.status, 0) << printed.error;
    EXPECT_TRUE(dkim::PrivateKey::load(folder_.file("named.pem"), false));
    EXPECT_FALSE(says(printed.out, "[[domain"));
    const auto next = create({"example.com", "2026b", "ed25519", ""}, &config_);
    ASSERT_EQ(next.status, 0) << next.error;
    EXPECT_FALSE(says(next.out, "\n[[domain]]\n"));
    EXPECT_TRUE(says(next.out, "\n  [[domain.selector]]\n"));
}

TEST_F(DkimKeyCommands, CreateNamesTheWholePath) {
    const auto here = std::filesystem::current_path();
    std::filesystem::current_path(folder_.path());
    const auto printed = create({"example.com", "a", "ed25519", "./x.pem"}, &config_);
    std::filesystem::current_path(here);
    ASSERT_EQ(printed.status, 0) << printed.error;
    EXPECT_TRUE(says(printed.out, "key = \"" + folder_.file("x.pem") + "\"\n")) << printed.out;
}

TEST_F(DkimKeyCommands, CreateRefusesBadArguments) {
    EXPECT_EQ(create({"example.com", "a", "rsa1024", ""}, &config_).status, 2);
    EXPECT_EQ(create({"exa mple.com", "a", "ed25519", ""}, &config_).status, 2);
    EXPECT_EQ(create({"localhost", "a", "ed25519", ""}, &config_).status, 2);
    EXPECT_EQ(create({"example.com", "a/b", "ed25519", ""}, &config_).status, 2);
    EXPECT_EQ(create({"", "a", "ed25519", ""}, &config_).status, 2);
    EXPECT_FALSE(std::filesystem::exists(folder_.file("data")));
}

TEST_F(DkimKeyCommands, CreateSaysWhyItCannotWrite) {
    const auto out =
        create({"example.com", "a", "ed25519", folder_.file("no/where.pem")}, &config_);
    EXPECT_EQ(out.status, 3);
    EXPECT_EQ(out.error.find("signet: key file cannot be written: "), 0U);
    config_.data_dir = folder_.file("no/data");
    EXPECT_EQ(create({"example.com", "a", "ed25519", ""}, &config_).status, 3);
}

TEST_F(DkimKeyCommands, RecordPrintsEverySelectorForAZoneFile) {
    add_two_selectors();
    const auto printed = record(RecordForm::Zone, "EXAMPLE.com");
    EXPECT_EQ(printed.status, 0);
    EXPECT_EQ(printed.out,
              dkim::zone_file_record("r._domainkey.example.com", test::rsa_key().record()) + "\n" +
                  dkim::zone_file_record("e._domainkey.example.com", test::ed25519_key().record()) +
                  "\n");
}

TEST_F(DkimKeyCommands, RecordPrintsNameAndWholeValueForAForm) {
    add_two_selectors();
    const auto printed = record(RecordForm::Lines);
    EXPECT_EQ(printed.status, 0);
    EXPECT_GT(test::rsa_key().record().size(), 255U);
    EXPECT_EQ(printed.out,
              "r._domainkey.example.com\n" + test::rsa_key().record() +
                  "\n\ne._domainkey.example.com\n" + test::ed25519_key().record() + "\n");
}

TEST_F(DkimKeyCommands, RecordTellsScriptsTheSame) {
    add_two_selectors();
    const auto json = nlohmann::json::parse(record(RecordForm::Json).out);
    ASSERT_EQ(json.size(), 2U);
    EXPECT_EQ(json[0]["domain"], "example.com");
    EXPECT_EQ(json[0]["selector"], "r");
    EXPECT_EQ(json[0]["type"], "rsa");
    EXPECT_EQ(json[0]["bits"], 2048);
    EXPECT_EQ(json[0]["name"], "r._domainkey.example.com");
    EXPECT_EQ(json[0]["value"], test::rsa_key().record());
    EXPECT_EQ(json[0]["zone"],
              dkim::zone_file_record("r._domainkey.example.com", test::rsa_key().record()));
    EXPECT_EQ(json[1]["type"], "ed25519");
    EXPECT_FALSE(json[1].contains("key"));
}

TEST_F(DkimKeyCommands, RecordTellsNoFromUnknown) {
    EXPECT_EQ(record(RecordForm::Zone).status, 1);
    EXPECT_EQ(record(RecordForm::Zone, "..").status, 2);
    add_domain("r", folder_.file("missing.pem"));
    const auto printed = record(RecordForm::Json);
    EXPECT_EQ(printed.status, 3);
    EXPECT_EQ(printed.out, "[]\n");
    EXPECT_EQ(printed.error.find("signet: selector r: key file cannot be read: "), 0U);
    EXPECT_EQ(record(RecordForm::Lines).out, "");
}

TEST(ConfigurationString, EscapesWhatAStringCannotHold) {
    EXPECT_EQ(configuration_string("/a b/\xc3\xbc"), "\"/a b/\xc3\xbc\"");
    EXPECT_EQ(configuration_string("\"\\\n\x01\x7f"), "\"\\\"\\\\\\n\\u0001\\u007F\"");
    EXPECT_EQ(configuration_string("${HOME}"), "\"$${HOME}\"");
}

}  // namespace
}  // namespace relay::cli
