#include "dkim/signer.h"

#include <gtest/gtest.h>

#include "conf/base64.h"
#include "dkim/canonical.h"
#include "dkim/errors.h"
#include "dkim/sha256.h"
#include "dkim/signed_fields.h"
#include "dkim/tag_list.h"
#include "tests/dkim/made_signature.h"
#include "tests/dkim/reference_canonical.h"
#include "tests/dkim/temporary_folder.h"
#include "tests/dkim/test_keys.h"
#include "tests/dkim/verified.h"

namespace {

using conf::Canonicalization;
using dkim::Header;
using dkim::Signer;
using Kind = dkim::Verdict::Kind;

const conf::Instant kNow{std::chrono::milliseconds(1780300000999)};
const std::string kBlock =
    "Received: from a by b;\r\n\tMon, 1 Jun 2026 10:00:00 +0000\r\n"
    "From: Shop <shop@example.com>\r\n"
    "To: a@example.net,\r\n  b@example.net\r\n"
    "Subject:  two  spaces\t\r\n"
    "Date: Mon, 1 Jun 2026 10:00:00 +0000\r\n"
    "List-Id: one\r\nList-Id: two\r\n"
    "Bcc: secret@example.net\r\nX-Other: x\r\n"
    "content-TYPE: text/plain\r\n";
const std::string kBody = "Hello  \r\n\r\n world\t!\r\n\r\n";

Signer signer_with(const dkim::PrivateKey& key,
                   Canonicalization header = Canonicalization::Relaxed,
                   const std::string& domain = "example.com",
                   const std::string& selector = "2026a") {
    return {conf::DomainName::parse(domain).value(), selector, key, header};
}

dkim::Digest digest_of(const std::string& body, Canonicalization canonicalization) {
    dkim::BodyHash hash(canonicalization);
    hash.update(body);
    return hash.finish();
}

std::string sign(const Signer& signer,
                 const std::string& block,
                 Canonicalization body = Canonicalization::Relaxed) {
    return signer.sign(Header::parse(block).value(), digest_of(kBody, body), kNow).value();
}

std::string tag(const std::string& field, std::string_view name) {
    const auto tags = dkim::TagList::parse(std::string_view(field).substr(15));
    return std::string(tags.value().find(name).value_or("(none)"));
}

std::string names_in(const std::string& field) {
    std::string out;
    const std::string names = tag(field, "h");
    for (const std::string_view name : dkim::split_at_colons(names)) {
        out += (out.empty() ? "" : " ") + std::string(name);
    }
    return out;
}

TEST(Signer, VerifiesInEveryCanonicalizationWithEveryKey) {
    for (const dkim::PrivateKey* key : {&test::rsa_key(), &test::ed25519_key()}) {
        for (const Canonicalization header :
             {Canonicalization::Simple, Canonicalization::Relaxed}) {
            for (const Canonicalization body :
                 {Canonicalization::Simple, Canonicalization::Relaxed}) {
                const std::string field = sign(signer_with(*key, header), kBlock, body);
                EXPECT_EQ(test::verified(field, kBlock, kBody, key->record()), "good") << field;
                EXPECT_EQ(
                    tag(field, "c"),
                    std::string(dkim::name_of(header)) + "/" + std::string(dkim::name_of(body)));
            }
        }
    }
}

TEST(Signer, WritesTheTagsOfTheRfc) {
    const std::string field = sign(signer_with(test::rsa_key()), kBlock);
    EXPECT_EQ(field.substr(0, 20), "DKIM-Signature: v=1;");
    EXPECT_EQ(tag(field, "a"), "rsa-sha256");
    EXPECT_EQ(tag(field, "d"), "example.com");
    EXPECT_EQ(tag(field, "s"), "2026a");
    EXPECT_EQ(tag(field, "t"), "1780300000");
    EXPECT_EQ(tag(field, "l"), "(none)");
    EXPECT_EQ(tag(sign(signer_with(test::ed25519_key()), kBlock), "a"), "ed25519-sha256");
    EXPECT_EQ(signer_with(test::rsa_key()).record_name(), "2026a._domainkey.example.com");
}

TEST(Signer, NamesEveryInstanceFromTheBottomAndOversigns) {
    EXPECT_EQ(names_in(sign(signer_with(test::rsa_key()), kBlock)),
              "content-type list-id list-id date subject to from "
              "from subject date to reply-to content-type");
}

TEST(Signer, BreaksWhenASignedFieldIsChangedAddedOrRemoved) {
    const std::string field = sign(signer_with(test::rsa_key()), kBlock);
    const auto result = [&](const std::string& block) {
        return test::verified(field, block, kBody, test::rsa_key().record());
    };
    EXPECT_EQ(result(kBlock), "good");
    for (const std::string_view added : {"From: x@evil.example\r\n",
                                         "Subject: x\r\n",
                                         "Date: x\r\n",
                                         "To: x@example.net\r\n",
                                         "Reply-To: x@evil.example\r\n",
                                         "Content-Type: text/html\r\n"}) {
        EXPECT_EQ(result(std::string(added) + kBlock), "signature differs") << added;
        EXPECT_EQ(result(kBlock + std::string(added)), "signature differs") << added;
    }
    std::string changed = kBlock;
    changed.replace(changed.find("List-Id: one"), 12, "List-Id: 0ne");
    EXPECT_EQ(result(changed), "signature differs");
    std::string shorter = kBlock;
    shorter.erase(shorter.find("List-Id: one"), 14);
    EXPECT_EQ(result(shorter), "signature differs");
}

TEST(Signer, OutlivesWhatRelaysAdd) {
    const std::string field = sign(signer_with(test::rsa_key()), kBlock);
    EXPECT_EQ(
        test::verified(
            field,
            "Return-Path: <x@example.com>\r\nReceived: by c\r\nAuthentication-Results: d\r\n" +
                kBlock,
            kBody,
            test::rsa_key().record()),
        "good");
}

TEST(Signer, BreaksWhenTheBodyOrItsOwnFieldIsChanged) {
    const std::string field = sign(signer_with(test::ed25519_key()), kBlock);
    const std::string record = test::ed25519_key().record();
    EXPECT_EQ(test::verified(field, kBlock, kBody + "x", record), "body differs");
    std::string later = field;
    later.replace(later.find("t=1780300000"), 12, "t=1780300001");
    EXPECT_EQ(test::verified(later, kBlock, kBody, record), "signature differs");
}

TEST(Signer, FoldsItsFieldBelow78Octets) {
    std::string block = kBlock;
    for (int i = 0; i < 60; ++i) {
        block += "List-X" + std::string(static_cast<std::size_t>(i) % 50, 'y') + ": z\r\n";
    }
    for (const dkim::PrivateKey* key : {&test::rsa_key(), &test::ed25519_key()}) {
        const std::string field = sign(signer_with(*key), block);
        std::vector<std::string> lines = reference::lines(field);
        ASSERT_EQ(lines.back(), "");
        lines.pop_back();
        for (const std::string& line : lines) {
            EXPECT_LT(line.size(), 78U) << line;
            EXPECT_FALSE(line.empty());
            EXPECT_EQ(line, reference::without_white_end(line));
        }
        const auto header = Header::parse(field);
        ASSERT_TRUE(header);
        EXPECT_EQ(header->fields().size(), 1U);
        EXPECT_EQ(test::verified(field, block, kBody, key->record()), "good");
    }
}

TEST(Signer, StaysBelow998OctetsWithTheLongestNames) {
    std::string domain = "example.com";
    while (domain.size() < 200) {
        domain = "a" + std::string(30, 'b') + "." + domain;
    }
    const Signer signer =
        signer_with(test::ed25519_key(), Canonicalization::Simple, domain, std::string(40, 's'));
    const std::string field = sign(signer, "From: a@" + domain + "\r\n");
    for (const std::string& line : reference::lines(field)) {
        EXPECT_LT(line.size(), 300U);
    }
    EXPECT_EQ(
        test::verified(field, "From: a@" + domain + "\r\n", kBody, test::ed25519_key().record()),
        "good");
}

TEST(Signer, WantsExactlyOneFrom) {
    const Signer signer = signer_with(test::ed25519_key());
    const dkim::Digest digest = digest_of(kBody, Canonicalization::Relaxed);
    for (const std::string_view block :
         {"To: a@example.com\r\n", "From: a@b.c\r\nFROM : d@e.f\r\n", ""}) {
        const auto field = signer.sign(Header::parse(block).value(), digest, kNow);
        ASSERT_FALSE(field) << block;
        EXPECT_EQ(field.error().code, dkim::errc::BadHeader);
    }
}

TEST(Signer, DatesNothingBefore1970) {
    const auto field = signer_with(test::ed25519_key())
                           .sign(Header::parse("From: a@example.com\r\n").value(),
                                 digest_of("", Canonicalization::Relaxed),
                                 conf::Instant{std::chrono::milliseconds(-1)});
    ASSERT_TRUE(field);
    EXPECT_EQ(tag(*field, "t"), "0");
}

TEST(Signer, IsTheSameForTheSameInput) {
    const Signer signer = signer_with(test::rsa_key());
    EXPECT_EQ(sign(signer, kBlock), sign(signer, kBlock));
}

// RFC 8463 A.3: the published private key over its message gives the published signature.
TEST(Signer, HashesWhatRfc8463Hashes) {
    const std::string message =
        test::read_all(SIGNET_SOURCE_DIR "/tests/vectors/messages/rfc8463.eml");
    const std::string block = message.substr(0, message.find("\r\n\r\n") + 2);
    const std::string own =
        "DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;\r\n"
        " d=football.example.com; i=@football.example.com;\r\n"
        " q=dns/txt; s=brisbane; t=1528637909; h=from : to :\r\n"
        " subject : date : message-id : from : subject : date;\r\n"
        " bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n"
        " b=";
    const auto header = Header::parse(block);
    ASSERT_TRUE(header);
    std::string data;
    for (const char* name : {"from", "to", "subject", "date", "message-id"}) {
        dkim::append_canonical(*header->find(name), Canonicalization::Relaxed, data);
    }
    const std::string own_block = own + "\r\n";
    dkim::append_canonical(
        Header::parse(own_block).value().fields()[0], Canonicalization::Relaxed, data);
    data.resize(data.size() - 2);
    const auto key = dkim::PrivateKey::parse(
        "-----BEGIN PRIVATE KEY-----\n"
        "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n"
        "-----END PRIVATE KEY-----\n");
    ASSERT_TRUE(key);
    EXPECT_EQ(
        conf::encode_base64(key->sign(data).value()),
        "/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11BusFa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==");
}

TEST(SignedFields, AreThoseOfReadersAndListSoftware) {
    const dkim::SignedFields fields;
    for (const char* name : {"From",
                             "TO",
                             "cc",
                             "Subject",
                             "Date",
                             "Message-ID",
                             "Reply-To",
                             "MIME-Version",
                             "Content-Type",
                             "Content-Transfer-Encoding",
                             "Content-Language",
                             "Content-Disposition",
                             "In-Reply-To",
                             "References",
                             "List-Id",
                             "List-Unsubscribe-Post",
                             "Sender",
                             "Resent-From",
                             "Resent-Message-ID"}) {
        EXPECT_TRUE(fields.contain(name)) << name;
    }
    for (const char* name : {"Received",
                             "Return-Path",
                             "DKIM-Signature",
                             "Authentication-Results",
                             "Bcc",
                             "Resent-Bcc",
                             "X-Mailer",
                             "Content-",
                             "List",
                             "Content-A;d=b",
                             "ARC-Seal",
                             "",
                             "Content-\"x\""}) {
        EXPECT_FALSE(fields.contain(name)) << name;
    }
    EXPECT_TRUE(fields.contain("List-" + std::string(59, 'x')));
    EXPECT_FALSE(fields.contain("List-" + std::string(60, 'x')));
}

// With choices: headers, expiry, author.

const std::string kRecordName = "2026a._domainkey.example.com";

Signer choosing(std::vector<std::string> names, conf::Duration expiry = {}) {
    return {conf::DomainName::parse("example.com").value(),
            "2026a",
            test::ed25519_key(),
            Canonicalization::Relaxed,
            dkim::SignedFields(std::move(names)),
            expiry};
}

/// What the verifier says about `field` over `block`, so many seconds after it was made.
Kind judged(const std::string& field, const std::string& block, long long later = 0) {
    const test::Zone zone{{{kRecordName, {test::ed25519_key().record()}}}, {}};
    return test::judged(field + block, kBody, zone, 1780300000 + later).at(0).kind;
}

std::string sign_for(const Signer& signer, const char* author) {
    return signer
        .sign(Header::parse(kBlock).value(),
              digest_of(kBody, Canonicalization::Relaxed),
              kNow,
              conf::DomainName::parse(author).value())
        .value();
}

TEST(SignerChoices, SignAndOversignExactlyTheListedFields) {
    const std::string field = sign(choosing({"from", "x-other", "list-id", "x-absent"}), kBlock);
    EXPECT_EQ(names_in(field), "x-other list-id list-id from from x-other list-id x-absent");
    EXPECT_EQ(judged(field, kBlock), Kind::Pass);
    EXPECT_EQ(test::verified(field, kBlock, kBody, test::ed25519_key().record()), "good");
    for (const char* listed :
         {"From: x@evil.example\r\n", "X-OTHER: y\r\n", "List-Id: z\r\n", "x-absent: y\r\n"}) {
        EXPECT_EQ(judged(field, listed + kBlock), Kind::Fail) << listed;
        EXPECT_EQ(judged(field, kBlock + listed), Kind::Fail) << listed;
    }
    for (const char* other : {"Subject: y\r\n", "To: y@example.net\r\n", "Content-Type: x/y\r\n"}) {
        EXPECT_EQ(judged(field, other + kBlock), Kind::Pass) << other;
    }
    std::string changed = kBlock;
    changed.replace(changed.find("X-Other: x"), 10, "X-Other: y");
    EXPECT_EQ(judged(field, changed), Kind::Fail);
}

TEST(SignerChoices, AnEmptyListIsTheDefault) {
    EXPECT_EQ(sign(choosing({}), kBlock), sign(signer_with(test::ed25519_key()), kBlock));
}

TEST(SignerChoices, ALongListIsFolded) {
    std::vector<std::string> names{"from"};
    for (int i = 0; i < 99; ++i) {
        names.push_back("x-" + std::to_string(i) + std::string(60, 'y'));
    }
    const std::string field = sign(choosing(names), kBlock);
    for (const std::string& line : reference::lines(field)) {
        EXPECT_LT(line.size(), 78U) << line;
    }
    EXPECT_EQ(judged(field, kBlock), Kind::Pass);
    EXPECT_EQ(judged(field, names.back() + ": z\r\n" + kBlock), Kind::Fail);
}

TEST(SignerChoices, NameAnAuthorBelowTheDomain) {
    const Signer signer = signer_with(test::ed25519_key());
    const std::string below = sign_for(signer, "mail.Example.COM");
    EXPECT_EQ(tag(below, "i"), "@mail.example.com");
    EXPECT_EQ(tag(below, "d"), "example.com");
    EXPECT_EQ(judged(below, kBlock), Kind::Pass);
    EXPECT_EQ(tag(sign_for(signer, "example.com"), "i"), "(none)");
    EXPECT_EQ(tag(sign(signer, kBlock), "i"), "(none)");
    const test::Zone strict{{{kRecordName, {"t=s; " + test::ed25519_key().record().substr(9)}}},
                            {}};
    EXPECT_EQ(test::judged(below + kBlock, kBody, strict).at(0).kind, Kind::PermError);
}

TEST(SignerChoices, ExpireWhenTold) {
    const std::string field = sign(choosing({}, std::chrono::hours(24)), kBlock);
    EXPECT_EQ(tag(field, "t"), "1780300000");
    EXPECT_EQ(tag(field, "x"), "1780386400");
    EXPECT_EQ(judged(field, kBlock, 24 * 3600), Kind::Pass);
    EXPECT_EQ(judged(field, kBlock, 24 * 3600 + 1), Kind::Fail);
    EXPECT_EQ(tag(sign(choosing({}), kBlock), "x"), "(none)");
    // Parts of a second are none.
    EXPECT_EQ(tag(sign(choosing({}, std::chrono::milliseconds(999)), kBlock), "x"), "(none)");
    EXPECT_EQ(tag(sign(choosing({}, std::chrono::milliseconds(1999)), kBlock), "x"), "1780300001");
}

TEST(SignedFields, AreThoseThatAreListed) {
    const dkim::SignedFields fields({"from", "x-other"});
    EXPECT_TRUE(fields.contain("From"));
    EXPECT_TRUE(fields.contain("X-OTHER"));
    EXPECT_FALSE(fields.contain("Subject"));
    EXPECT_FALSE(fields.contain("X-Othe"));
    EXPECT_FALSE(fields.contain(""));
    std::string names;
    fields.append_oversigned(names);
    EXPECT_EQ(names, "from:x-other:");
}

}  // namespace
