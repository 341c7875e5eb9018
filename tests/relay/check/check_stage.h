// A configuration, its keys and a DNS that agrees with them: what the tests of the self-check start
// from.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "conf/config.h"
#include "dkim/key.h"
#include "dkim/key_ring.h"
#include "dkim/key_store.h"
#include "relay/check/source.h"
#include "tests/support/fake_dns.h"
#include "tests/support/temporary_folder.h"

namespace relay::check {

class KeyFolder {
public:
    /// A new Ed25519 key.
    std::string make(const std::string& name) {
        const auto file = folder_.file(name + ".pem");
        const auto key = dkim::PrivateKey::create(dkim::KeyType::Ed25519, 0).value();
        dkim::save_new_key(file, key).value();
        return file;
    }

private:
    support::TemporaryFolder folder_;
};

struct Stage {
    KeyFolder folder;
    conf::Config config;
    support::FakeDns dns;

    Stage() {
        config.hostname = conf::DomainName::parse("mail.example.com").value();
        config.self_check.mode = conf::CheckMode::Enforce;
        add_domain("example.com");
        dns.address("mail.example.com", "192.0.2.1");
        dns.txt("mail.example.com", "v=spf1 a -all");
        dns.ptr("192.0.2.1", "mail.example.com");
        dns.txt("example.com", "v=spf1 ip4:192.0.2.1 -all");
        publish_key("example.com");
    }

    void add_domain(const std::string& name) {
        conf::Domain domain;
        domain.name = conf::DomainName::parse(name).value();
        domain.selectors.push_back({"s1", folder.make(name), std::nullopt, std::nullopt});
        config.domains.push_back(std::move(domain));
    }
    /// To the first domain, with a new key.
    conf::Selector& add_selector(const std::string& name) {
        auto& selectors = config.domains.front().selectors;
        selectors.push_back({name, folder.make(name), std::nullopt, std::nullopt});
        return selectors.back();
    }
    void add_envelope_domain(const std::string& name) {
        conf::Domain domain;
        domain.name = conf::DomainName::parse(name).value();
        domain.envelope_only = true;
        config.domains.push_back(std::move(domain));
    }
    /// The record that is right for a selector, under its name.
    [[nodiscard]] std::pair<std::string, std::string> record(
        const std::string& domain, const std::string& selector = "s1") const {
        const auto ring = keys();
        const auto* const own = ring->keys_of(conf::DomainName::parse(domain).value());
        const auto& signer = *own->find(selector)->signer;
        return {signer.record_name(), signer.key().record()};
    }
    void publish_key(const std::string& domain, const std::string& selector = "s1") {
        const auto [name, text] = record(domain, selector);
        dns.remove(name);
        dns.txt(name, text);
    }
    void withdraw_key(const std::string& domain, const std::string& selector = "s1") {
        dns.remove(record(domain, selector).first);
    }
    [[nodiscard]] std::shared_ptr<const dkim::KeyRing> keys() const {
        return dkim::KeyRing::load(config);
    }
    [[nodiscard]] std::shared_ptr<const conf::Config> shared() const {
        return std::make_shared<const conf::Config>(config);
    }
};

inline RoutedAddresses from_192_0_2_1() {
    return {conf::IpAddress::parse("192.0.2.1"), std::nullopt};
}

}  // namespace relay::check
