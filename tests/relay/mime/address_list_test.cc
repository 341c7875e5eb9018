#include "relay/mime/address_list.h"

#include <gtest/gtest.h>

namespace relay::mime {
namespace {

/// Addresses joined by spaces, bare ones with a question mark; or what is wrong.
std::string listed(std::string_view value) {
    const auto found = listed_addresses(value);
    if (!found) {
        return "! " + found.error().message();
    }
    std::string text;
    for (const ListedAddress& address : *found) {
        text += (text.empty() ? "" : " ") + address.text + (address.is_bare ? "?" : "");
    }
    return text;
}

TEST(AddressList, FindsAddressesInEveryForm) {
    EXPECT_EQ(listed("a@example.com"), "a@example.com");
    EXPECT_EQ(listed(" a@example.com , <b@example.com>"), "a@example.com b@example.com");
    EXPECT_EQ(listed("J. Doe <j@example.com>"), "j@example.com");
    EXPECT_EQ(listed("\"Doe, J.\" <j@example.com>, x@example.com"), "j@example.com x@example.com");
    EXPECT_EQ(listed("a@example.com (one, two <x@example.com> (nested\\) ))"), "a@example.com");
    EXPECT_EQ(listed("(c) a (c) @ (c) example.com (c)"), "a@example.com");
    EXPECT_EQ(listed("\"odd one\"@example.com"), "\"odd one\"@example.com");
    EXPECT_EQ(listed("\"a\\\"b\"@example.com"), "\"a\\\"b\"@example.com");
    EXPECT_EQ(listed("a@[192.0.2.1]"), "a@[192.0.2.1]");
    EXPECT_EQ(listed("a@example.com,\r\n b@example.com"), "a@example.com b@example.com");
    EXPECT_EQ(listed("=?utf-8?Q?J=C3=B6?= <j@example.com>"), "j@example.com");
    EXPECT_EQ(listed("J\xc3\xb6 [home] <j@example.com>"), "j@example.com");
}

TEST(AddressList, TakesNamesWithoutADomain) {
    EXPECT_EQ(listed("root"), "root?");
    EXPECT_EQ(listed("root (Cron Daemon)"), "root?");
    EXPECT_EQ(listed("root, <admin>, a@example.com"), "root? admin? a@example.com");
    EXPECT_EQ(listed("first.last"), "first.last?");
}

TEST(AddressList, TakesAListOfNobody) {
    for (const char* nobody :
         {"", "  ", "\r\n ", ",", ", ,", "(nobody)", "undisclosed-recipients:;"}) {
        EXPECT_EQ(listed(nobody), "") << nobody;
    }
}

TEST(AddressList, LooksIntoGroups) {
    EXPECT_EQ(listed("Friends: a@example.com, b;, c@example.com"),
              "a@example.com b? c@example.com");
    EXPECT_EQ(listed("A: a@example.com;, B:;, C: <c@example.com>;"), "a@example.com c@example.com");
    EXPECT_EQ(listed("a@example.com, Nobody: ;"), "a@example.com");
}

TEST(AddressList, SaysWhatIsWrong) {
    EXPECT_EQ(listed("a@example.com (x"), "! an unclosed comment");
    EXPECT_EQ(listed("\"a <a@example.com>"), "! an unclosed quoted string");
    EXPECT_EQ(listed("a@[192.0.2.1"), "! an unclosed bracket");
    EXPECT_EQ(listed("A: a@example.com"), "! a group without its semicolon");
    EXPECT_EQ(listed("A: B: a@example.com;"), "! a group inside a group");
    EXPECT_EQ(listed(": a@example.com;"), "! a group without a name");
    EXPECT_EQ(listed("a@example.com; b@example.com"), "! a semicolon outside of a group");
    EXPECT_EQ(listed("Cron Daemon"), "! a name without an address");
    EXPECT_EQ(listed("J Doe j@example.com"),
              "! a name before an address that has no angle brackets");
    EXPECT_EQ(listed("J <>"), "! an empty address");
    EXPECT_EQ(listed("<@one.example:a@example.com>"), "! an address without a local part");
    EXPECT_EQ(listed("<a@example.com"), "! an address without its closing angle bracket");
    EXPECT_EQ(listed("<a b@example.com>"), "! an address without its closing angle bracket");
    EXPECT_EQ(listed("@example.com"), "! an address without a local part");
    EXPECT_EQ(listed("[x]@example.com"), "! an address without a local part");
    EXPECT_EQ(listed("a@"), "! an address without a domain");
    EXPECT_EQ(listed("a@\"example.com\""), "! an address without a domain");
    EXPECT_EQ(listed("a@example.com b@example.com"),
              "! something else than a comma behind an address");
    EXPECT_EQ(listed("a@example.com>"), "! something else than a comma behind an address");
    EXPECT_EQ(listed("a)b@example.com"), "! a character that may stand in quotes only");
    EXPECT_EQ(listed(std::string_view("a\0b", 3)), "! a character that may stand in quotes only");
}

TEST(AddressList, IsBounded) {
    std::string many;
    for (int i = 0; i < 100'001; ++i) {
        many += "a,";
    }
    EXPECT_EQ(listed(many), "! more than 100000 addresses");
    EXPECT_EQ(listed(std::string(1'000'000, '(')), "! an unclosed comment");
}

TEST(CompleteList, PutsTheDomainBehindNamesAlone) {
    const auto domain = conf::DomainName::parse("example.com").value();
    EXPECT_EQ(complete_list(" root (Cron Daemon)", domain), " root@example.com (Cron Daemon)");
    EXPECT_EQ(complete_list("Root <root>,\r\n a@example.net, \"x y\"", domain),
              "Root <root@example.com>,\r\n a@example.net, \"x y\"@example.com");
    EXPECT_EQ(complete_list("A: b;", domain), "A: b@example.com;");
}

TEST(CompleteList, LeavesWhatItCannotReadOrNeedNotChange) {
    const auto domain = conf::DomainName::parse("example.com").value();
    for (const char* value : {"", " a@example.net", "Cron Daemon", "root (", "x:;"}) {
        EXPECT_EQ(complete_list(value, domain), value);
    }
}

TEST(MailboxesIn, AreWhatSmtpTakes) {
    const auto domain = conf::DomainName::parse("example.com").value();
    const auto found = mailboxes_in("root, A <a@EXAMPLE.NET>, j\xc3\xb6@example.net", domain);
    ASSERT_TRUE(found) << found.error().message();
    ASSERT_EQ(found->size(), 3U);
    EXPECT_FALSE((*found)[2].is_ascii());
    EXPECT_EQ((*found)[0].text(), "root@example.com");
    EXPECT_EQ((*found)[1].text(), "a@example.net");
}

TEST(MailboxesIn, NameTheAddressThatIsNone) {
    const auto domain = conf::DomainName::parse("example.com").value();
    for (const char* bad : {"a..b@example.com", "a@example..com", "j\xff@example.com", "a\\b"}) {
        const auto found = mailboxes_in(bad, domain);
        ASSERT_FALSE(found) << bad;
        EXPECT_NE(found.error().message().find('"' + std::string(bad) + '"'), std::string::npos)
            << found.error().message();
    }
}

}  // namespace
}  // namespace relay::mime
