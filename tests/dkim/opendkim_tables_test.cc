#include "dkim/opendkim_tables.h"

#include <gtest/gtest.h>

namespace dkim {
namespace {

using Place = OpendkimKey::Place;
using Reach = OpendkimSigning::Reach;

OpendkimKey key(const std::string& text) {
    static std::string kept;
    kept = text;
    const auto table = parse_key_table(kept);
    EXPECT_TRUE(table.faults.empty()) << table.faults.at(0).text;
    return table.keys.at(0);
}

std::string key_fault(const std::string& text) {
    const auto table = parse_key_table(text);
    EXPECT_TRUE(table.keys.empty());
    return table.faults.empty() ? "none" : table.faults[0].text;
}

/// "domain example.com", "below example.com", "everyone", or the fault.
std::string meaning(const std::string& pattern, Patterns patterns) {
    const std::string text = pattern + " key";
    const auto table = parse_signing_table(text, patterns);
    if (table.signings.size() + table.faults.size() != 1) {
        return "neither or both";
    }
    if (!table.faults.empty()) {
        return table.faults[0].text;
    }
    switch (table.signings[0].reach) {
        case Reach::Domain:
            return "domain " + table.signings[0].domain.text();
        case Reach::Subdomains:
            return "below " + table.signings[0].domain.text();
        case Reach::Everyone:
            return "everyone";
    }
    return {};
}

bool says(const std::string& text, const std::string& words) {
    return text.find(words) != std::string::npos;
}

TEST(OpendkimKeyTable, TakesNameDomainSelectorAndPath) {
    const auto one = key("mail._domainkey.example.com  Example.COM:Mail:/etc/keys/a b:c.pem\n");
    EXPECT_EQ(one.line, 1U);
    EXPECT_EQ(one.name, "mail._domainkey.example.com");
    EXPECT_EQ(one.domain->text(), "example.com");
    EXPECT_EQ(one.selector.text(), "mail");
    EXPECT_EQ(one.place, Place::File);
    EXPECT_EQ(one.path, "/etc/keys/a b:c.pem");
}

TEST(OpendkimKeyTable, TakesThePercentSignForTheAuthorsDomain) {
    const auto one = key("all\t%:s:/etc/keys/%/%.pem");
    EXPECT_FALSE(one.domain);
    EXPECT_EQ(one.path_for(conf::DomainName::parse("example.net").value()),
              "/etc/keys/example.net/example.net.pem");
}

TEST(OpendkimKeyTable, TellsPathsFromKeysAndKeepsThoseToItself) {
    EXPECT_EQ(key("a example.com:s:./a.pem").place, Place::Relative);
    EXPECT_EQ(key("a example.com:s:../a.pem").place, Place::Relative);
    const auto secret = key("a example.com:s:MIIEowIBAAKCAQEA");
    EXPECT_EQ(secret.place, Place::Inline);
    EXPECT_EQ(secret.path, "");
}

TEST(OpendkimKeyTable, CountsBlankLinesAndComments) {
    const std::string text =
        "# keys\r\n\n  \t\na example.com:s:/a # the first\r\n#\nb example.net:s:/b";
    const auto table = parse_key_table(text);
    EXPECT_TRUE(table.faults.empty());
    ASSERT_EQ(table.keys.size(), 2U);
    EXPECT_EQ(table.keys[0].line, 4U);
    EXPECT_EQ(table.keys[0].path, "/a");
    EXPECT_EQ(table.keys[1].line, 6U);
}

TEST(OpendkimKeyTable, SaysWhatIsWrongWithALine) {
    for (const char* line : {"a",
                             "a example.com",
                             "a example.com:s",
                             "a example.com:s:",
                             "a :s:/k",
                             "a example.com::/k"}) {
        EXPECT_TRUE(says(key_fault(line), "write NAME DOMAIN:SELECTOR:")) << line;
    }
    EXPECT_TRUE(says(key_fault("a exa..mple:s:/k"), "\"exa..mple\" is no domain ("));
    EXPECT_TRUE(says(key_fault("a example.com:s/t:/k"), "\"s/t\" is no selector ("));
    EXPECT_TRUE(says(key_fault("*@x example.com:s:/k"), "is a pattern"));
    EXPECT_TRUE(says(key_fault("a example.com:s:/k\x01"), "no text"));
    EXPECT_TRUE(says(key_fault("a example.com:s:/k\xff"), "no text"));
    EXPECT_TRUE(says(key_fault(std::string("a\0b example.com:s:/k", 20)), "no text"));
    EXPECT_EQ(parse_key_table("").keys.size() + parse_key_table("").faults.size(), 0U);
}

TEST(OpendkimKeyTable, RefusesOnlyTheLineThatIsTooLong) {
    const std::string begin = "a example.com:s:/";
    const std::string text = begin + std::string(kLongestTableLine - begin.size(), 'k') + "\n" +
                             begin + std::string(kLongestTableLine - begin.size() + 1, 'k') +
                             "\n# " + std::string(2 * kLongestTableLine, 'c') +
                             "\nb example.com:t:/k\n";
    const auto table = parse_key_table(text);
    ASSERT_EQ(table.keys.size(), 2U);
    EXPECT_EQ(table.keys[1].line, 4U);
    ASSERT_EQ(table.faults.size(), 1U);
    EXPECT_EQ(table.faults[0].line, 2U);
    EXPECT_TRUE(says(table.faults[0].text, "longer than 4 KiB"));
}

TEST(OpendkimKeyTable, ListsOnlySoManyFaults) {
    std::string text;
    for (std::size_t i = 0; i < kMostFaults + 10; ++i) {
        text += "a\n";
    }
    const auto table = parse_key_table(text);
    ASSERT_EQ(table.faults.size(), kMostFaults + 1);
    EXPECT_TRUE(says(table.faults.back().text, "more lines"));
}

TEST(OpendkimSigningTable, ReadsExactPatterns) {
    EXPECT_EQ(meaning("Example.com", Patterns::Exact), "domain example.com");
    EXPECT_EQ(meaning(".example.com", Patterns::Exact), "below example.com");
    EXPECT_EQ(meaning("*", Patterns::Exact), "everyone");
    for (const char* user : {"user@example.com", "user@.example.com", "user@*"}) {
        EXPECT_TRUE(says(meaning(user, Patterns::Exact), "some users alone")) << user;
    }
    for (const char* wildcard :
         {"*@example.com", "*.example.com", "u*@example.com", "*@*", "u@*.com"}) {
        EXPECT_TRUE(says(meaning(wildcard, Patterns::Exact), "no address in a file: table"))
            << wildcard;
    }
    EXPECT_TRUE(says(meaning("..", Patterns::Exact), "names no domain"));
    EXPECT_TRUE(says(meaning(".", Patterns::Exact), "names no domain"));
}

TEST(OpendkimSigningTable, ReadsWildcards) {
    EXPECT_EQ(meaning("*@Example.com", Patterns::Wildcard), "domain example.com");
    EXPECT_EQ(meaning("*@*.example.com", Patterns::Wildcard), "below example.com");
    EXPECT_EQ(meaning("*.example.com", Patterns::Wildcard), "below example.com");
    for (const char* all : {"*", "**", "*@*", "**@**"}) {
        EXPECT_EQ(meaning(all, Patterns::Wildcard), "everyone") << all;
    }
    for (const char* user : {"user@example.com", "user@*", "news*@example.com", "@example.com"}) {
        EXPECT_TRUE(says(meaning(user, Patterns::Wildcard), "some users alone")) << user;
    }
    for (const char* vague :
         {"*example.com", "*@*example.com", "*@mail.*.com", "*@*.*", "*@*.*.com"}) {
        EXPECT_TRUE(says(meaning(vague, Patterns::Wildcard), "one line for each domain")) << vague;
    }
    for (const char* never : {"example.com", ".example.com", "*@.example.com"}) {
        EXPECT_TRUE(says(meaning(never, Patterns::Wildcard), "no address in a refile: table"))
            << never;
    }
    EXPECT_TRUE(says(meaning("*@exa..mple", Patterns::Wildcard), "names no domain"));
    EXPECT_TRUE(says(meaning("*@", Patterns::Wildcard), "names no domain"));
}

TEST(OpendkimSigningTable, TakesKeyAndSigner) {
    const std::string text = "example.com  key : user@example.com\nexample.net %\n";
    const auto table = parse_signing_table(text, Patterns::Exact);
    ASSERT_EQ(table.signings.size(), 2U);
    EXPECT_EQ(table.signings[0].key, "key");
    EXPECT_EQ(table.signings[0].signer, "user@example.com");
    EXPECT_EQ(table.signings[1].key, "%");
    EXPECT_EQ(table.signings[1].signer, "");
    EXPECT_EQ(table.signings[1].line, 2U);
}

TEST(OpendkimSigningTable, WantsAKeyAndNothingBehindIt) {
    const auto fault = [](const std::string& text) {
        return parse_signing_table(text, Patterns::Exact).faults.at(0).text;
    };
    EXPECT_TRUE(says(fault("example.com"), "no key stands behind \"example.com\""));
    EXPECT_TRUE(says(fault("example.com :x"), "no key stands behind"));
    EXPECT_TRUE(says(fault("example.com key user@example.com"), "behind a colon"));
    // Cut between characters.
    const std::string word(60, 'a');
    EXPECT_TRUE(says(fault(word.substr(1) + "\xc3\xbc@x key"), "\"" + word.substr(1) + "...\""));
}

TEST(OpendkimSigningTable, GuessesWhichKindItIs) {
    EXPECT_EQ(
        patterns_of("# *@example.com\nexample.com key\n.example.com key\nuser@* key\n* key\n"),
        Patterns::Exact);
    EXPECT_EQ(patterns_of("example.com key\n*@example.net key\n"), Patterns::Wildcard);
    EXPECT_EQ(patterns_of("*.example.net key\n"), Patterns::Wildcard);
    EXPECT_EQ(patterns_of("*@* key\n"), Patterns::Wildcard);
    EXPECT_EQ(patterns_of(""), Patterns::Exact);
}

}  // namespace
}  // namespace dkim
