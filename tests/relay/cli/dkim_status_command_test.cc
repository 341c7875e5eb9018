#include "relay/cli/dkim_status_command.h"

#include <nlohmann/json.hpp>

#include "tests/dkim/test_keys.h"
#include "tests/relay/cli/dkim_stage.h"

namespace relay::cli {
namespace {

class DkimStatus : public DkimStage {
protected:
    DkimStatus() { config_.domains.clear(); }

    void add_domain(const std::string& selector, const std::string& key) {
        conf::Domain domain;
        domain.name = conf::DomainName::parse("example.com").value();
        domain.selectors.push_back({selector, key, {}, {}});
        config_.domains.push_back(std::move(domain));
    }
    [[nodiscard]] Printed status(bool json) const {
        return run([&] { return dkim_status(config_, json); });
    }
};

TEST_F(DkimStatus, ShowsATable) {
    add_domain("r", write("r.pem", test::rsa_key().pem()));
    const auto text = status(false);
    EXPECT_EQ(text.status, 0);
    EXPECT_EQ(text.out,
              "DOMAIN       SELECTOR  KEY       RECORD                    STATE\n"
              "example.com  r         rsa 2048  r._domainkey.example.com  signing\n");
    EXPECT_EQ(nlohmann::json::parse(status(true).out),
              nlohmann::json::parse(
                  R"([{"domain": "example.com", "selector": "r", "type": "rsa", "bits": 2048,
                       "state": "signing", "detail": "signing",
                       "record": "r._domainkey.example.com"}])"));
}

TEST_F(DkimStatus, IsNoWhereADomainCannotSign) {
    EXPECT_EQ(status(true).out, "[]\n");
    EXPECT_EQ(status(false).status, 1);
    add_domain("r", folder_.file("missing.pem"));
    const auto text = status(false);
    EXPECT_EQ(text.status, 1);
    EXPECT_NE(text.out.find("unusable: key file cannot be read: "), std::string::npos);
    EXPECT_EQ(text.error.find("signet: mail of example.com cannot be signed: "), 0U);
}

}  // namespace
}  // namespace relay::cli
