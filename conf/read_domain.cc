#include "conf/read_tables.h"

namespace conf {

namespace {

void read_selector(TableReader& table, Selector& selector) {
    table.require("name", "write name = \"2026a\", the selector's name in DNS");
    table.text(
        "name", "a selector's name like \"2026a\"", [&](const std::string& value) -> std::string {
            // RFC 6376 3.1: one or more labels.
            const auto name = DomainName::parse(value);
            if (!name) {
                return name.error().message();
            }
            selector.name = name->text();
            return {};
        });
    table.require("key", "write key = \"/etc/signet/keys/example.com.2026a.pem\", its private key");
    table.text("key", "the path of a PEM file", [&](const std::string& value) -> std::string {
        if (value.empty()) {
            return "write the path of a PEM file";
        }
        selector.key = table.reading().absolute(value);
        return {};
    });
    table.date("sign_from", selector.sign_from);
    table.date("sign_until", selector.sign_until);
}

void read_domain(TableReader& table, Domain& domain) {
    table.require("name", "write name = \"example.com\", the domain of From: addresses");
    table.text(
        "name", "a domain name like \"example.com\"", [&](const std::string& value) -> std::string {
            auto name = DomainName::parse(value);
            if (!name) {
                return name.error().message();
            }
            if (std::string fault = host_fault(*name); !fault.empty()) {
                return fault;
            }
            domain.name = std::move(*name);
            return {};
        });
    table.boolean("envelope_only", "true or false", domain.envelope_only);
    table.tables("selector", [&](TableReader& inner) {
        read_selector(inner, domain.selectors.emplace_back());
    });
}

}  // namespace

void read_domains(TableReader& root, Config& config) {
    root.require("domain",
                 "write a [[domain]] table with name = \"example.com\" for each domain that sends");
    root.tables("domain",
                [&](TableReader& table) { read_domain(table, config.domains.emplace_back()); });
}

void read_dkim(TableReader& root, Config& config) {
    root.table("dkim", [&](TableReader& table) {
        Dkim& dkim = config.dkim;
        table.choice("prove", dkim.prove, kProveNames);
        CanonicalizationPair pair{dkim.header_canonicalization, dkim.body_canonicalization};
        table.choice("canonicalization", pair, kCanonicalizationNames);
        dkim.header_canonicalization = pair.header;
        dkim.body_canonicalization = pair.body;
        table.boolean("allow_world_readable_keys", "true or false", dkim.allow_world_readable_keys);
    });
}

}  // namespace conf
