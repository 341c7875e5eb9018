#include "relay/cli/dkim_status_command.h"

#include <chrono>

#include <nlohmann/json.hpp>

#include "queue/sqlite_store.h"
#include "relay/check/kept_lives.h"
#include "relay/clock.h"
#include "tests/dkim/test_keys.h"
#include "tests/relay/cli/dkim_stage.h"
#include "tests/relay/status/small_relay.h"

namespace relay::cli {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;

/// No relay runs: the configuration, the keys, and what the store last knew.
class DkimStatus : public DkimStage {
protected:
    DkimStatus() {
        config_.domains.clear();
        config_.data_dir = folder_.file("data");
        config_.status.control_socket.path = folder_.file("control.sock");
    }

    void add_domain(const std::string& selector, const std::string& key) {
        if (config_.domains.empty()) {
            config_.domains.emplace_back().name = domain_;
        }
        config_.domains[0].selectors.push_back({selector, key, {}, {}});
    }
    /// As a relay that was stopped leaves it.
    void proven(const std::string& selector) {
        auto store = queue::SqliteStore::open(config_.data_dir, wall_clock());
        ASSERT_TRUE(store);
        const auto ring = dkim::KeyRing::load(config_);
        dkim::Life life;
        life.key = ring->domains().at(domain_).find(selector)->key_id;
        life.sight = dkim::Sight::Ours;
        life.seen = "our key is published";
        life.since = life.proven_from.emplace(wall_clock() - 1h);
        ASSERT_TRUE((*store)->commit(check::changes_of(domain_, {}, {{selector, life}})));
    }
    [[nodiscard]] Printed status(bool as_json) const {
        return run([&] { return dkim_status(config_, as_json); });
    }
    [[nodiscard]] Printed retire(const std::string& domain, const std::string& selector) const {
        return run([&] { return dkim_retire(config_, domain, selector); });
    }

    const conf::DomainName domain_ = conf::DomainName::parse("example.com").value();
};

TEST_F(DkimStatus, ShowsATableOfWhatTheConfigurationAloneSays) {
    add_domain("r", write("r.pem", test::rsa_key().pem()));
    const auto text = status(false);
    EXPECT_EQ(text.status, 1);  // nobody has looked at the record, so nothing may leave
    EXPECT_EQ(
        text.out,
        "DOMAIN       SELECTOR  KEY       STATE  SINCE  DETAIL\n"
        "example.com  r         rsa 2048  new    -      nobody has looked at its record yet\n");
    EXPECT_EQ(text.error.find("signet: mail of example.com cannot leave: "), 0U) << text.error;
    EXPECT_EQ(json::parse(status(true).out),
              json::parse(R"([{"domain": "example.com", "selector": "r",
                               "record": "r._domainkey.example.com", "type": "rsa", "bits": 2048,
                               "configured": true, "state": "new", "since": null, "until": null,
                               "detail": "nobody has looked at its record yet"}])"));
}

TEST_F(DkimStatus, NeedsNoLookWhereNothingIsProven) {
    add_domain("r", write("r.pem", test::rsa_key().pem()));
    config_.dkim.prove = conf::Prove::Off;
    EXPECT_EQ(status(true).status, 0);
    EXPECT_EQ(json::parse(status(true).out)[0]["state"], "signing");
}

TEST_F(DkimStatus, KnowsWhatTheStoreKept) {
    add_domain("r", write("r.pem", test::rsa_key().pem()));
    proven("r");
    const auto shown = status(true);
    EXPECT_EQ(shown.status, 0) << shown.error;
    EXPECT_EQ(json::parse(shown.out)[0]["state"], "signing");
}

TEST_F(DkimStatus, IsNoWhereADomainCannotSign) {
    EXPECT_EQ(status(true).out, "[]\n");
    EXPECT_EQ(status(false).status, 1);
    add_domain("r", folder_.file("missing.pem"));
    const auto text = status(true);
    EXPECT_EQ(text.status, 1);
    EXPECT_EQ(json::parse(text.out)[0]["state"], "unusable");
    EXPECT_NE(text.out.find("key file cannot be read: "), std::string::npos);
}

TEST_F(DkimStatus, RetireNeedsAnotherProvenSelector) {
    add_domain("a", write("a.pem", test::rsa_key().pem()));
    add_domain("b", write("b.pem", dkim::PrivateKey::create(dkim::KeyType::Rsa, 2048)->pem()));
    EXPECT_EQ(retire("example.com", "a").status, 3);  // no relay has ever run here
    proven("a");
    const auto last = retire("example.com", "a");
    EXPECT_EQ(last.status, 1);
    EXPECT_NE(last.error.find("its mail would be held"), std::string::npos) << last.error;
    EXPECT_EQ(retire("example.com", "none").status, 1);
    EXPECT_EQ(retire("example.net", "a").status, 1);
    EXPECT_EQ(retire("", "a").status, 1);
    proven("b");
    const auto done = retire("example.com", "b");
    EXPECT_EQ(done.status, 0) << done.error;
    EXPECT_NE(done.out.find("b of example.com signs no more"), std::string::npos);
    const auto shown = json::parse(status(true).out);
    EXPECT_EQ(shown[0]["state"], "signing");
    EXPECT_EQ(shown[1]["state"], "retiring");
}

TEST(DkimStatusOfARunningRelay, IsAskedOverItsControlSocket) {
    status::SmallRelay relay;
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    const int told = dkim_status(*relay.config, true);
    const int retired = dkim_retire(*relay.config, "example.com", "2026a");
    const int refused = dkim_retire(*relay.config, "example.com", "last");
    const auto error = testing::internal::GetCapturedStderr();
    const auto out = testing::internal::GetCapturedStdout();
    EXPECT_EQ(told, 1);  // nobody looks at records there
    EXPECT_NE(out.find("\"selector\": \"2026a\""), std::string::npos) << out;
    EXPECT_EQ(retired, 0);
    EXPECT_EQ(relay.retired, "example.com/2026a");
    EXPECT_EQ(refused, 1);
    EXPECT_NE(error.find("its mail would be held"), std::string::npos) << error;
}

}  // namespace
}  // namespace relay::cli
