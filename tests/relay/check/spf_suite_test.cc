// The openspf.org suite. What evaluation cannot judge yet must say so, and how many cases that is
// may not grow unnoticed.
#include <algorithm>
#include <fstream>
#include <map>
#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "relay/check/spf.h"
#include "tests/support/fake_dns.h"
#include "tests/support/run_task.h"

namespace relay::check {
namespace {

using net::RecordType;
using nlohmann::json;

/// Characters up to U+00FF back to octets.
std::string octets_of(const std::string& utf8) {
    std::string octets;
    for (std::size_t i = 0; i < utf8.size(); ++i) {
        const auto byte = static_cast<unsigned char>(utf8[i]);
        if (byte < 0x80 || i + 1 == utf8.size()) {
            octets.push_back(utf8[i]);
        } else {
            const auto next = static_cast<unsigned char>(utf8[++i]);
            octets.push_back(static_cast<char>((byte & 0x03) << 6 | (next & 0x3f)));
        }
    }
    return octets;
}

std::string text_of(const json& value) {
    if (!value.is_array()) {
        return octets_of(value.get<std::string>());
    }
    std::string joined;
    for (const auto& part : value) {
        joined += octets_of(part.get<std::string>());
    }
    return joined;
}

void fill(support::FakeDns& dns, const json& zone) {
    for (const auto& [name, records] : zone.items()) {
        dns.exists(name);
        const bool has_txt = std::any_of(
            records.begin(), records.end(), [](const json& r) { return r.contains("TXT"); });
        for (const auto& record : records) {
            if (!record.is_object()) {
                continue;
            }
            const auto entry = record.begin();
            const auto& type = entry.key();
            const auto& value = entry.value();
            if (type == "A" || type == "AAAA") {
                dns.address(name, value.get<std::string>());
            } else if (type == "MX") {
                dns.mx(name, value[0].get<unsigned>(), value[1].get<std::string>());
            } else if (type == "PTR") {
                dns.add(name, RecordType::Ptr, support::encode_name(value.get<std::string>()));
            } else if ((type == "SPF" && !has_txt) || (type == "TXT" && value != "NONE")) {
                dns.txt(name, text_of(value));
            }
        }
        if (std::find(records.begin(), records.end(), "TIMEOUT") != records.end()) {
            dns.fail_others(name, net::Answer::Status::TimedOut);
        }
    }
}

std::string domain_of(const json& test) {
    const auto sender = test["mailfrom"].get<std::string>();
    const auto at = sender.rfind('@');
    if (sender.empty()) {
        return test["helo"].get<std::string>();
    }
    return at == std::string::npos ? sender : sender.substr(at + 1);
}

TEST(SpfSuite, AgreesWithEveryCaseThatItCanJudge) {
    std::ifstream file(SIGNET_SOURCE_DIR "/tests/vectors/spf/rfc4408-tests.json");
    const auto sections = json::parse(file);
    std::map<std::string, int> unjudged;
    int cases = 0;
    for (const auto& section : sections) {
        support::FakeDns dns;
        fill(dns, section["zonedata"]);
        const auto title = section["description"].get<std::string>();
        for (const auto& [name, test] : section["tests"].items()) {
            ++cases;
            const auto address = conf::IpAddress::parse(test["host"].get<std::string>());
            ASSERT_TRUE(address) << name;
            const auto verdict = support::run_task(evaluate_spf(dns, *address, domain_of(test)));
            if (verdict.result == SpfResult::NotChecked) {
                ++unjudged[title];
                continue;
            }
            const auto said = std::string(relay::check::name(verdict.result));
            const auto& allowed = test["result"];
            EXPECT_NE(std::find(allowed.begin(), allowed.end(), said), allowed.end())
                << title << " / " << name << ": " << said << ", " << verdict.explanation
                << "; allowed: " << allowed.dump();
        }
    }
    EXPECT_EQ(cases, 191);
    // Cases that reach ptr, exists or a macro.
    const std::map<std::string, int> expected{{"EXISTS mechanism syntax", 4},
                                              {"Macro expansion rules", 9},
                                              {"PTR mechanism syntax", 4},
                                              {"Processing limits", 2},
                                              {"Record evaluation", 1}};
    EXPECT_EQ(unjudged, expected);
}

}  // namespace
}  // namespace relay::check
