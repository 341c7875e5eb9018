#include <gtest/gtest.h>

#include "dkim/errors.h"
#include "dkim/key.h"
#include "tests/dkim/test_keys.h"

namespace {

using dkim::KeyType;
using dkim::PublicRecord;

std::string problem(std::string_view text) {
    const auto record = PublicRecord::parse(text);
    if (record) {
        return "none";
    }
    EXPECT_EQ(record.error().code, dkim::errc::BadRecord);
    return record.error().detail;
}

TEST(PublicRecord, ReadsWhatOurKeysPublish) {
    for (const dkim::PrivateKey* key : {&test::rsa_key(), &test::ed25519_key()}) {
        const auto record = PublicRecord::parse(key->record());
        ASSERT_TRUE(record);
        EXPECT_EQ(record->type, key->type());
        EXPECT_EQ(record->key, key->public_octets());
        EXPECT_FALSE(record->revoked());
        EXPECT_FALSE(record->testing);
    }
}

TEST(PublicRecord, HasTheDefaultsOfTheRfc) {
    const auto record = PublicRecord::parse("p=YWJj");
    ASSERT_TRUE(record);
    EXPECT_EQ(record->type, KeyType::Rsa);
    EXPECT_EQ(record->key, "abc");
}

TEST(PublicRecord, TakesFoldsFlagsAndUnknownTags) {
    const auto record = PublicRecord::parse(
        " v=DKIM1 ; k=ed25519; h=sha1 : sha256; s=other:email; t=s : y; n=a note; x-y=1;p= YW\r\n "
        "Jj ");
    EXPECT_FALSE(record);  // "x-y" is no tag name
    const auto good = PublicRecord::parse(
        " v=DKIM1 ; k=ed25519; h=sha1 : sha256; s=other:email; t=s : y; n=a note; x=1;p= YW\r\n "
        "Jj ");
    ASSERT_TRUE(good);
    EXPECT_EQ(good->type, KeyType::Ed25519);
    EXPECT_EQ(good->key, "abc");
    EXPECT_TRUE(good->testing);
    EXPECT_TRUE(good->strict);
    EXPECT_FALSE(PublicRecord::parse("t=y; p=YWJj")->strict);
}

TEST(PublicRecord, IsRevokedByAnEmptyKey) {
    const auto record = PublicRecord::parse("v=DKIM1; p=");
    ASSERT_TRUE(record);
    EXPECT_TRUE(record->revoked());
}

TEST(PublicRecord, NamesTheTagThatVerifiersWouldRefuse) {
    EXPECT_EQ(problem("v=DKIM2; p=YWJj"), "v= is not DKIM1");
    EXPECT_EQ(problem("v=dkim1; p=YWJj"), "v= is not DKIM1");
    EXPECT_EQ(problem("p=YWJj; v=DKIM1"), "v= is not the first tag");
    EXPECT_EQ(problem("p=YWJj; p=YWJj"), "tag p comes twice");
    EXPECT_EQ(problem("k=dsa; p=YWJj"), "k= is neither rsa nor ed25519");
    EXPECT_EQ(problem("h=sha1; p=YWJj"), "h= does not allow sha256");
    EXPECT_EQ(problem("s=web; p=YWJj"), "s= does not allow email");
    EXPECT_EQ(problem("v=DKIM1"), "p= is missing");
    EXPECT_EQ(problem(""), "p= is missing");
    EXPECT_EQ(problem("p=YWJ"), "p= is not base64");
    EXPECT_EQ(problem("v=spf1 -all"), "v= is not DKIM1");
}

TEST(PublicRecord, AcceptsEveryService) {
    EXPECT_TRUE(PublicRecord::parse("s=*; p=YWJj"));
}

TEST(ZoneFileRecord, SplitsInStringsOf255Octets) {
    const std::string line =
        dkim::zone_file_record("s._domainkey.example.com", std::string(600, 'x'));
    EXPECT_EQ(line,
              "s._domainkey.example.com. IN TXT ( \"" + std::string(255, 'x') + "\" \"" +
                  std::string(255, 'x') + "\" \"" + std::string(90, 'x') + "\" )");
    EXPECT_EQ(dkim::zone_file_record("a.", std::string(255, 'x')),
              "a. IN TXT ( \"" + std::string(255, 'x') + "\" )");
}

TEST(ZoneFileRecord, EscapesWhatAStringCannotHold) {
    EXPECT_EQ(dkim::zone_file_record("a", "x\"y\\z\x01\xff"), R"(a. IN TXT ( "x\"y\\z\001\255" ))");
    EXPECT_EQ(dkim::zone_file_record("a", ""), "a. IN TXT ( \"\" )");
}

}  // namespace
