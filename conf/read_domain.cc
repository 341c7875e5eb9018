#include <algorithm>

#include "conf/read_tables.h"

namespace conf {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t kMostHeaders = 100;
constexpr std::size_t kLongestHeader = 64;  // so that a line of the signature's h= holds it

// RFC 5322 2.2: printable ASCII but the colon; RFC 6376 3.5: what would end the tag neither.
bool is_field_name(const std::string& name) {
    return !name.empty() && name.size() <= kLongestHeader &&
           std::all_of(name.begin(), name.end(), [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
           });
}

/// "default", or the names of fields, From among them (RFC 6376 5.4).
void read_headers(TableReader& table, Domain& domain) {
    constexpr std::string_view kKey = "headers";
    constexpr std::string_view kExpected =
        "\"default\" or a list of field names like [\"From\", \"Subject\", \"Date\", \"To\"]";
    if (table.shape(kKey) != TableReader::Shape::List) {
        table.text(kKey, kExpected, [&](const std::string& value) -> std::string {
            return value == "default" ? "" : "write \"default\", or names of fields in a list";
        });
        return;
    }
    std::vector<std::string> names;
    bool faulty = false;
    table.texts(kKey, kExpected, [&](const std::string& value) -> std::string {
        std::string name = value;
        std::transform(name.begin(), name.end(), name.begin(), [](char c) {
            return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
        });
        std::string fault;
        if (!is_field_name(name)) {
            fault = "no name of a header field: write letters, digits, '-' and '_', 64 at most";
        } else if (std::find(names.begin(), names.end(), name) != names.end()) {
            fault = "it is in the list already";
        } else if (names.size() == kMostHeaders) {
            fault = "more than " + std::to_string(kMostHeaders) + " fields";
        }
        faulty = faulty || !fault.empty();
        names.push_back(std::move(name));
        return fault;
    });
    if (!faulty && std::find(names.begin(), names.end(), "from") == names.end()) {
        Reading& reading = table.reading();
        reading.report(reading.position(table.path() + ".headers"),
                       "'headers' lacks From, which every signature covers (RFC 6376 5.4): add it");
    }
    domain.headers = std::move(names);
}

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
    table.boolean("subdomains", "true or false", domain.subdomains);
    table.boolean("sign", "true or false", domain.sign);
    read_headers(table, domain);
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
        table.duration("retire_after", dkim.retire_after, 0s, 24h * 365);
        // NB: shorter than the queue may keep a message is fine: it is signed anew in time.
        table.duration("signature_expiry", dkim.signature_expiry, 0s, 24h * 365);
        if (dkim.signature_expiry > 0s && dkim.signature_expiry < 1h) {
            Reading& reading = table.reading();
            reading.report(reading.position(table.path() + ".signature_expiry"),
                           "'signature_expiry' is shorter than an hour, less than a receiver may "
                           "take: write at least \"1h\", or \"0\" for none");
        }
        CanonicalizationPair pair{dkim.header_canonicalization, dkim.body_canonicalization};
        table.choice("canonicalization", pair, kCanonicalizationNames);
        dkim.header_canonicalization = pair.header;
        dkim.body_canonicalization = pair.body;
        table.boolean("allow_world_readable_keys", "true or false", dkim.allow_world_readable_keys);
    });
}

}  // namespace conf
