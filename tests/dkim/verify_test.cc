#include "dkim/verify.h"

#include <gtest/gtest.h>

#include "conf/base64.h"
#include "dkim/signer.h"
#include "tests/dkim/made_signature.h"
#include "tests/dkim/test_keys.h"

namespace {

using conf::Canonicalization;
using dkim::Verdict;
using Kind = dkim::Verdict::Kind;

const std::string kName = "s._domainkey.example.com";
const std::string kBlock =
    "Received: by a\r\n"
    "From: Shop <shop@example.com>\r\n"
    "To: a@example.net,\r\n  b@example.net\r\n"
    "Subject:  two  spaces\t\r\n"
    "X-Other: x\r\n";
const std::string kBody = "Hello  \r\n\r\n world\t!\r\n";
const std::string kTags = "v=1; a=ed25519-sha256; c=relaxed/relaxed; d=example.com; s=s; ";
const std::string kNames = "h=from:to:subject";

test::Zone zone(std::vector<std::string> records = {test::ed25519_key().record()}) {
    return {{{kName, std::move(records)}}, {}};
}

/// The verdict on a message whose signature has these tags and is good otherwise.
Verdict on(const std::string& tags,
           const test::Zone& keys = zone(),
           long long now = 1780300000,
           const std::string& body = kBody) {
    const auto field = test::made_signature(tags, kBlock, kBody, test::ed25519_key());
    return test::judged(field + kBlock, body, keys, now).at(0);
}

Verdict pass(std::string reason = "the signature is good") {
    return {Kind::Pass, std::move(reason)};
}

Verdict fail(std::string reason) {
    return {Kind::Fail, std::move(reason)};
}

Verdict permerror(std::string reason) {
    return {Kind::PermError, std::move(reason)};
}

const Verdict kDiffers =
    fail("the signature does not match: a signed field was changed, or another key made it");
const Verdict kBodyDiffers = fail("the body was changed: its hash differs from bh=");

TEST(Verifier, PassesWhatOurSignerMadeInEveryCanonicalizationWithEveryKey) {
    for (const dkim::PrivateKey* key : {&test::rsa_key(), &test::ed25519_key()}) {
        for (const auto header : {Canonicalization::Simple, Canonicalization::Relaxed}) {
            for (const auto body : {Canonicalization::Simple, Canonicalization::Relaxed}) {
                dkim::BodyHash hash(body);
                hash.update(kBody);
                const dkim::Signer signer(
                    conf::DomainName::parse("example.com").value(), "s", *key, header);
                const auto field = signer.sign(
                    dkim::Header::parse(kBlock).value(), hash.finish(), conf::Instant{});
                EXPECT_EQ(test::judged(*field + kBlock, kBody, zone({key->record()})).at(0), pass())
                    << *field;
            }
        }
    }
}

TEST(Verifier, PassesWhatTheReferenceMadeInEveryCanonicalization) {
    for (const std::string c : {"",
                                "c=simple; ",
                                "c=relaxed; ",
                                "c=simple/simple; ",
                                "c=simple/relaxed; ",
                                "c=relaxed/simple; ",
                                "c=relaxed/relaxed; "}) {
        EXPECT_EQ(on("v=1; a=ed25519-sha256; d=example.com; s=s; " + c + kNames), pass()) << c;
    }
}

TEST(Verifier, NoticesEveryOctetThatIsChanged) {
    const std::string tags =
        "v=1; a=ed25519-sha256; c=simple/simple; d=example.com; s=s; " + kNames;
    const std::string field = test::made_signature(tags, kBlock, kBody, test::ed25519_key());
    const std::string block = field + kBlock;
    ASSERT_EQ(test::judged(block, kBody, zone()).at(0), pass());
    const std::size_t unsigned_end = field.size() + std::string("Received: by a\r\n").size();
    const std::size_t signed_end = block.find("X-Other");
    for (std::size_t i = 0; i < signed_end; ++i) {
        if (i >= field.size() && i < unsigned_end) {
            continue;
        }
        std::string changed = block;
        changed[i] = static_cast<char>(changed[i] ^ 1);
        for (const Verdict& verdict : test::judged(changed, kBody, zone())) {
            EXPECT_NE(verdict.kind, Kind::Pass) << i << ' ' << changed;
        }
    }
    for (std::size_t i = 0; i < kBody.size(); ++i) {
        std::string changed = kBody;
        changed[i] = static_cast<char>(changed[i] ^ 1);
        EXPECT_EQ(test::judged(block, changed, zone()).at(0), kBodyDiffers) << i;
    }
    std::string harmless = block;
    harmless[signed_end + 9] = 'y';
    EXPECT_EQ(test::judged(harmless, kBody, zone()).at(0), pass());
}

TEST(Verifier, TakesInstancesFromTheBottomAndMissingOnesForNothing) {
    const std::string block = "List-Id: 1\r\nFrom: a@example.com\r\nLIST-ID : 2\r\nList-Id: 3\r\n";
    const auto field =
        test::made_signature(kTags + "h=list-id: From :List-ID:list-id:list-id:subject",
                             block,
                             kBody,
                             test::ed25519_key());
    EXPECT_EQ(test::judged(field + block, kBody, zone()).at(0), pass());
    EXPECT_EQ(test::judged(field + "List-Id: 0\r\n" + block, kBody, zone()).at(0), kDiffers);
    EXPECT_EQ(test::judged(field + block + "Subject: x\r\n", kBody, zone()).at(0), kDiffers);
}

TEST(Verifier, SignsOtherSignaturesButNeverTheOwnField) {
    const std::string first =
        test::made_signature(kTags + kNames, kBlock, kBody, test::ed25519_key());
    const std::string second = test::made_signature(
        kTags + "h=from:dkim-signature:dkim-signature", first + kBlock, kBody, test::ed25519_key());
    const auto verdicts = test::judged(second + first + kBlock, kBody, zone());
    ASSERT_EQ(verdicts.size(), 2U);
    EXPECT_EQ(verdicts[0], pass());
    EXPECT_EQ(verdicts[1], pass());
    EXPECT_EQ(test::judged(second + kBlock, kBody, zone()).at(0), kDiffers);
}

TEST(Verifier, DeletesBWithTheWhiteSpaceAroundItWhereverItStands) {
    for (const std::string c : {"simple/simple", "relaxed/relaxed"}) {
        const std::string tags =
            "v=1; a=ed25519-sha256; c=" + c + "; d=example.com; s=s; " + kNames;
        std::string field = test::made_signature(tags, kBlock, kBody, test::ed25519_key());
        field.insert(field.rfind("b=") + 2, "\r\n\t  ");
        field.insert(field.size() - 12, "\r\n ");
        field.insert(field.size() - 2, "  \r\n\t");
        EXPECT_EQ(test::judged(field + kBlock, kBody, zone()).at(0), pass()) << field;
    }
}

TEST(Verifier, HonoursTheLengthOfTheBody) {
    const std::string tags = kTags + kNames + "; l=7";
    EXPECT_EQ(
        on(tags),
        pass("the signature is good, but the last 12 octets of the body are not signed (l=)"));
    EXPECT_EQ(on(kTags + kNames + "; l=19"), pass());
    EXPECT_EQ(on(tags, zone(), 0, "Hello \r\nanything\r\n").kind, Kind::Pass);
    EXPECT_EQ(on(tags, zone(), 0, "Help!  \r\n\r\n world\t!\r\n"), kBodyDiffers);
    EXPECT_EQ(on(tags, zone(), 0, "Hi"), fail("l= is larger than the body"));
    EXPECT_EQ(on(kTags + kNames + "; l=20"), fail("l= is larger than the body"));
    EXPECT_EQ(on(kTags + kNames + "; l=0").reason,
              "the signature is good, but the last 19 octets of the body are not signed (l=)");
}

TEST(Verifier, TakesALengthThatNoNumberHoldsForTooLarge) {
    const std::string huge(76, '9');
    std::string field =
        test::made_signature(kTags + kNames + "; l=1", kBlock, kBody, test::ed25519_key());
    field.replace(field.find("l=1"), 3, "l=" + huge);
    EXPECT_EQ(test::judged(field + kBlock, kBody, zone()).at(0),
              fail("l= is larger than the body"));
}

TEST(Verifier, SaysWhatTheKeyLacks) {
    const std::string tags = kTags + kNames;
    const std::string p = test::ed25519_key().record().substr(9);  // "k=ed25519; p=..."
    EXPECT_EQ(on(tags, {}), permerror("there is no key record"));
    EXPECT_EQ(on(tags, zone({})), permerror("there is no key record"));
    EXPECT_EQ(on(tags, zone({"v=DKIM1;" + p, "v=DKIM1;" + p})),
              permerror("there are several key records at one name"));
    EXPECT_EQ(
        on(tags, {{}, kName}),
        (Verdict{Kind::TempError, "the key could not be looked up: SERVFAIL for TXT of " + kName}));
    EXPECT_EQ(on(tags, zone({"v=DKIM1; p="})), permerror("the key is revoked (empty p=)"));
    EXPECT_EQ(on(tags, zone({"v=DKIM1"})), permerror("key record: p= is missing"));
    EXPECT_EQ(on(tags, zone({"v=DKIM2;" + p})), permerror("key record: v= is not DKIM1"));
    EXPECT_EQ(on(tags, zone({"h=sha1;" + p})), permerror("key record: h= does not allow sha256"));
    EXPECT_EQ(on(tags, zone({"s=tlsrpt;" + p})), permerror("key record: s= does not allow email"));
    EXPECT_EQ(on(tags, zone({"k=dsa; p=YWJj"})),
              permerror("key record: k= is neither rsa nor ed25519"));
    EXPECT_EQ(on(tags, zone({p + "; p=YWJj"})), permerror("key record: tag p comes twice"));
    EXPECT_EQ(on(tags, zone({"k=ed25519; p=YWJj"})),
              permerror("key record: p= holds no key of the type in k="));
    EXPECT_EQ(on(tags, zone({test::rsa_key().record()})),
              permerror("the key is of another type: k= is rsa, a= is ed25519-sha256"));
    EXPECT_EQ(on("v=1; a=rsa-sha256; d=example.com; s=s; " + kNames),
              permerror("the key is of another type: k= is ed25519, a= is rsa-sha256"));
    EXPECT_EQ(on(tags, zone({"h=sha1:sha256; s=email; t=y;" + p})),
              pass("the signature is good; its key is marked as a test (t=y)"));
}

TEST(Verifier, FailsWithAnotherKeyOfTheSameType) {
    const auto other = dkim::PrivateKey::create(dkim::KeyType::Ed25519, 0).value();
    EXPECT_EQ(on(kTags + kNames, zone({other.record()})), kDiffers);
    const auto field = test::made_signature(
        "v=1; a=rsa-sha256; d=example.com; s=s; " + kNames, kBlock, kBody, test::rsa_key());
    EXPECT_EQ(test::judged(field + kBlock, kBody, zone({test::rsa_key().record()})).at(0), pass());
    EXPECT_EQ(test::judged(field + kBlock, kBody, zone({test::other_rsa_key().record()})).at(0),
              kDiffers);
}

TEST(Verifier, RefusesWeakRsaAndDoesNotLookAtGiants) {
    const std::string tags = "v=1; a=rsa-sha256; d=example.com; s=s; " + kNames;
    EXPECT_EQ(on(tags, zone({"p=" + conf::encode_base64(test::rsa_public_octets(512))})),
              fail("the RSA key has 512 bits: under 1024 it proves nothing"));
    EXPECT_EQ(on(tags, zone({"p=" + conf::encode_base64(test::rsa_public_octets(1023))})).reason,
              "the RSA key has 1023 bits: under 1024 it proves nothing");
    EXPECT_EQ(on(tags, zone({"p=" + conf::encode_base64(test::rsa_public_octets(1024))})),
              kDiffers);
}

TEST(Verifier, KeepsSubdomainsFromAStrictKey) {
    const std::string record = "t=s;" + test::ed25519_key().record().substr(9);
    EXPECT_EQ(on(kTags + kNames + "; i=@mail.example.com", zone({record})),
              permerror("the key is not for subdomains (t=s), but i= names one"));
    EXPECT_EQ(on(kTags + kNames + "; i=joe@Example.COM", zone({record})), pass());
    EXPECT_EQ(on(kTags + kNames, zone({record})), pass());
    EXPECT_EQ(on(kTags + kNames + "; i=@mail.example.com"), pass());
}

TEST(Verifier, ExpiresASecondBehindItsTime) {
    const std::string tags = kTags + kNames + "; t=1000; x=2000";
    EXPECT_EQ(on(tags, zone(), 2000), pass());
    EXPECT_EQ(on(tags, zone(), 2001), fail("it has expired (x=)"));
    EXPECT_EQ(on(kTags + kNames + "; x=2000", zone(), 3000), fail("it has expired (x=)"));
    EXPECT_EQ(on(kTags + kNames + "; t=9999999999"), pass()) << "made in the future";
}

TEST(Verifier, TakesULabelsAndALabelsForTheSameName) {
    const std::string name = "xn--bcher-kva._domainkey.xn--mnchen-3ya.example";
    const test::Zone keys{{{name, {test::ed25519_key().record()}}}, {}};
    const std::string utf8 =
        "d=m\xc3\xbcnchen.example; s=b\xc3\xbc"
        "cher; ";
    const std::string ascii = "d=xn--mnchen-3ya.example; s=xn--bcher-kva; ";
    for (const std::string& names : {utf8, ascii}) {
        for (const std::string i :
             {"", "; i=j\xc3\xb6rg@mail.m\xc3\xbcnchen.example", "; i=@xn--mnchen-3ya.example"}) {
            EXPECT_EQ(on("v=1; a=ed25519-sha256; " + names + kNames + i, keys), pass())
                << names << i;
        }
    }
}

TEST(Verifier, JudgesEachSignatureByItself) {
    const std::string good =
        test::made_signature(kTags + kNames, kBlock, kBody, test::ed25519_key());
    const std::string other_body =
        test::made_signature(kTags + kNames + "; l=7", kBlock, kBody, test::ed25519_key());
    const auto verdicts = test::judged(
        "DKIM-Signature: nonsense\r\n" + good + other_body + kBlock, "Hello \r\nother\r\n", zone());
    ASSERT_EQ(verdicts.size(), 3U);
    EXPECT_EQ(verdicts[0], permerror("tag nonsense has no value"));
    EXPECT_EQ(verdicts[1], kBodyDiffers);
    EXPECT_EQ(verdicts[2].kind, Kind::Pass);
}

TEST(Verifier, LooksAtTwentySignaturesAndCountsTheRest) {
    std::string block;
    for (int i = 0; i < 23; ++i) {
        block += "DKIM-Signature: v=1\r\n";
    }
    const dkim::Verifier verifier(dkim::Header::parse(block).value(), conf::Instant{});
    EXPECT_EQ(verifier.signatures().size(), 20U);
    EXPECT_EQ(verifier.unread(), 3U);
}

TEST(Verifier, NeedsNothingOfAnUnsignedMessage) {
    const dkim::Verifier verifier(dkim::Header::parse(kBlock).value(), conf::Instant{});
    EXPECT_TRUE(verifier.signatures().empty());
    EXPECT_EQ(verifier.unread(), 0U);
}

}  // namespace
