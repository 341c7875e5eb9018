#include "relay/check/spf_record.h"

#include <string>

#include <gtest/gtest.h>

#include "relay/check/spf_grammar.h"

namespace relay::check {
namespace {

using Kind = SpfMechanism::Kind;

bool parses(const std::string& text) {
    return SpfRecord::parse(text).has_value();
}

TEST(SpfRecord, KnowsItsVersionSection) {
    EXPECT_TRUE(is_spf_record("v=spf1"));
    EXPECT_TRUE(is_spf_record("V=SPF1 -all"));
    EXPECT_FALSE(is_spf_record("v=spf10 -all"));
    EXPECT_FALSE(is_spf_record("v=spf1\t-all"));
    EXPECT_FALSE(is_spf_record(" v=spf1 -all"));
    EXPECT_FALSE(is_spf_record("v=spf"));
    EXPECT_FALSE(is_spf_record(""));
}

TEST(SpfRecord, ReadsEveryMechanism) {
    const auto record = SpfRecord::parse(
        "v=spf1 ip4:192.0.2.0/24 ip6:2001:db8::/32 a a:www.example.com/28 mx//64 "
        "mx:example.org/24//48 include:_spf.example.net ptr ptr:example.com "
        "exists:%{i}.example.com ?ip4:192.0.2.77 ~all");
    ASSERT_TRUE(record) << record.error().message();
    const auto& terms = record->mechanisms;
    ASSERT_EQ(terms.size(), 12U);
    EXPECT_EQ(terms[0].network.text(), "192.0.2.0/24");
    EXPECT_EQ(terms[1].network.text(), "2001:db8::/32");
    EXPECT_EQ(terms[2].kind, Kind::A);
    EXPECT_EQ(terms[2].domain.text, "");
    EXPECT_EQ(terms[3].domain.text, "www.example.com");
    EXPECT_EQ(terms[3].prefix4, 28);
    EXPECT_EQ(terms[3].prefix6, 128);
    EXPECT_EQ(terms[4].prefix4, 32);
    EXPECT_EQ(terms[4].prefix6, 64);
    EXPECT_EQ(terms[5].kind, Kind::Mx);
    EXPECT_EQ(terms[5].domain.text, "example.org");
    EXPECT_EQ(terms[5].prefix4, 24);
    EXPECT_EQ(terms[5].prefix6, 48);
    EXPECT_EQ(terms[6].kind, Kind::Include);
    EXPECT_EQ(terms[7].domain.text, "");
    EXPECT_EQ(terms[8].domain.text, "example.com");
    EXPECT_TRUE(terms[9].domain.has_macro);
    EXPECT_EQ(terms[10].qualifier, SpfMechanism::Qualifier::Neutral);
    EXPECT_EQ(terms[11].qualifier, SpfMechanism::Qualifier::SoftFail);
    EXPECT_EQ(terms[11].text, "~all");
}

TEST(SpfRecord, ReadsModifiersWhereverTheyStand) {
    const auto record = SpfRecord::parse(
        "v=spf1 redirect=_spf.example.com. moo.x=any%%thing exp=why.example.com a");
    ASSERT_TRUE(record) << record.error().message();
    EXPECT_EQ(record->redirect->text, "_spf.example.com");
    EXPECT_EQ(record->explanation->text, "why.example.com");
    EXPECT_EQ(record->mechanisms.size(), 1U);
}

TEST(SpfRecord, RefusesWhatBreaksTheGrammar) {
    for (const char* term : {"all:x",
                             "all/8",
                             "-",
                             "ip4",
                             "ip4:",
                             "ip4:192.0.2.1/33",
                             "ip4:192.0.2.1/08",
                             "ip4:192.0.2.1/",
                             "ip4:192.0.2.256",
                             "ip4:2001:db8::1",
                             "ip6:192.0.2.1",
                             "ip6:2001:db8::/129",
                             "a:",
                             "a:example",
                             "a:example.com:25",
                             "a:example.com/33",
                             "a/0x8",
                             "a//129",
                             "mx:/24",
                             "include",
                             "include:",
                             "exists",
                             "exists:%{x}.example.com",
                             "exists:%{i0}.example.com",
                             "exists:%{i",
                             "exists:%a.example.com",
                             "redirect=",
                             "redirect=example.com redirect=example.org",
                             "exp=a.example exp=b.example",
                             "unknown",
                             "unknown:example.com",
                             "-redirect=example.com",
                             "x=%",
                             "a\t-all",
                             "a:ex\xc3\xa4mple.com",
                             "a:example.123"}) {
        EXPECT_FALSE(parses(std::string("v=spf1 ") + term)) << term;
    }
}

TEST(SpfRecord, NamesTheBrokenTermWithoutForeignOctets) {
    const auto record = SpfRecord::parse("v=spf1 a \x1b[31mboo -all");
    ASSERT_FALSE(record);
    EXPECT_EQ(record.error().message(), "an unknown mechanism: \"?[31mboo\"");
}

TEST(SpfRecord, IgnoresExtraSpacesOnly) {
    EXPECT_TRUE(parses("v=spf1   a    -all   "));
    EXPECT_TRUE(parses("v=spf1"));
    EXPECT_FALSE(parses("v=spf1 a\n-all"));
}

TEST(SpfRecord, ClearsBitsBehindThePrefix) {
    EXPECT_EQ(network_of(*conf::IpAddress::parse("192.0.2.77"), 28).text(), "192.0.2.64/28");
    EXPECT_EQ(network_of(*conf::IpAddress::parse("192.0.2.77"), 0).base().text(), "0.0.0.0");
    EXPECT_EQ(network_of(*conf::IpAddress::parse("2001:db8:ffff::1"), 33).base().text(),
              "2001:db8:8000::");
    EXPECT_EQ(network_of(*conf::IpAddress::parse("192.0.2.77"), 32).base().text(), "192.0.2.77");
}

TEST(SpfGrammar, AcceptsMacrosWithTransformers) {
    for (const char* text :
         {"%{d}", "%{d2r.-}.example.com", "%{S}.a.example", "%%.example.com", "x%{ir}"}) {
        const auto spec = parse_domain_spec(text);
        ASSERT_TRUE(spec) << text;
        EXPECT_TRUE(spec->has_macro);
    }
    for (const char* text :
         {"%{d}x", "%{c}.example.com", "%", "%{", "%{d.example.com", "%{dr2}.a"}) {
        EXPECT_FALSE(parse_domain_spec(text)) << text;
    }
}

}  // namespace
}  // namespace relay::check
