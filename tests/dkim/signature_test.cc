#include "dkim/signature.h"

#include <gtest/gtest.h>

namespace {

using dkim::Signature;
using Kind = dkim::Verdict::Kind;

const std::string kBodyHash = "bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";

/// A field of these tags, kept alive for as long as the program runs.
Signature read(const std::string& tags) {
    static std::vector<std::unique_ptr<std::string>> kept;
    kept.push_back(std::make_unique<std::string>("DKIM-Signature:" + tags + "\r\n"));
    const auto header = dkim::Header::parse(*kept.back());
    return Signature::read(header.value().fields()[0],
                           conf::Instant{std::chrono::seconds(1780300000)});
}

/// Good tags, but for one that is replaced, or left out where `with` is empty.
std::string tags(const std::string& name, const std::string& with) {
    const std::vector<std::string> all = {
        "v=1", "a=rsa-sha256", "d=example.com", "s=2026a", "h=from:to", kBodyHash, "b=YWJj"};
    std::string text;
    bool replaced = false;
    for (const auto& tag : all) {
        const bool hit = tag.substr(0, tag.find('=')) == name;
        replaced = replaced || hit;
        const std::string& used = hit ? with : tag;
        text += used.empty() ? "" : " " + used + ";";
    }
    return replaced || with.empty() ? text : text + " " + with;
}

std::string fault(const std::string& name, const std::string& with, Kind kind = Kind::PermError) {
    const Signature signature = read(tags(name, with));
    if (!signature.fault) {
        return "none";
    }
    EXPECT_EQ(signature.fault->kind, kind);
    return signature.fault->reason;
}

TEST(Signature, ReadsEveryTag) {
    const Signature signature = read(
        " v=1; a=ed25519-sha256; c=relaxed/simple; d=Example.COM; s=a.b;\r\n"
        "\ti=joe@mail.example.com; q=dns/txt; l=12; t=1; x=1780300000;\r\n"
        "\th=From : Subject:X-y; " +
        kBodyHash + "; z=From:x|To:y; unknown=1; b= YW\r\n Jj ; ");
    ASSERT_FALSE(signature.fault) << signature.fault->reason;
    EXPECT_EQ(signature.type, dkim::KeyType::Ed25519);
    EXPECT_EQ(signature.header_canonicalization, conf::Canonicalization::Relaxed);
    EXPECT_EQ(signature.body_canonicalization, conf::Canonicalization::Simple);
    EXPECT_EQ(signature.domain.text(), "example.com");
    EXPECT_EQ(signature.identity.text(), "mail.example.com");
    EXPECT_EQ(signature.key_name(), "a.b._domainkey.example.com");
    EXPECT_EQ(signature.body_length, 12U);
    EXPECT_EQ(signature.names, (std::vector<std::string>{"from", "subject", "x-y"}));
    EXPECT_EQ(signature.body_hash, dkim::sha256(""));
    EXPECT_EQ(signature.octets, "abc");
    EXPECT_EQ(signature.b, " YW\r\n Jj ");
}

TEST(Signature, HasTheDefaultsOfTheRfc) {
    const Signature signature = read(tags("", ""));
    ASSERT_FALSE(signature.fault) << signature.fault->reason;
    EXPECT_EQ(signature.header_canonicalization, conf::Canonicalization::Simple);
    EXPECT_EQ(signature.body_canonicalization, conf::Canonicalization::Simple);
    EXPECT_EQ(signature.identity, signature.domain);
    EXPECT_FALSE(signature.body_length);
    const Signature header_only = read(tags("c", "c=relaxed"));
    EXPECT_EQ(header_only.header_canonicalization, conf::Canonicalization::Relaxed);
    EXPECT_EQ(header_only.body_canonicalization, conf::Canonicalization::Simple);
}

TEST(Signature, NamesTheTagThatIsMissing) {
    for (const char* name : {"v", "a", "d", "s", "h", "bh", "b"}) {
        EXPECT_EQ(fault(name, ""), std::string(name) + "= is missing");
    }
}

TEST(Signature, SaysWhatIsWrong) {
    EXPECT_EQ(fault("v", "v=2"), "v= is not 1");
    EXPECT_EQ(fault("v", "v=1.0"), "v= is not 1");
    EXPECT_EQ(fault("a", "a=rsa-sha1", Kind::Fail),
              "a= is rsa-sha1, which proves nothing any more");
    EXPECT_EQ(fault("a", "a=rsa-sha512"), "a= is no algorithm that is known");
    EXPECT_EQ(fault("a", "a=RSA-SHA256"), "a= is no algorithm that is known");
    EXPECT_EQ(fault("c", "c=relaxed/strict"), "c= is no canonicalization that is known");
    EXPECT_EQ(fault("c", "c="), "c= is no canonicalization that is known");
    EXPECT_EQ(fault("c", "c=simple/"), "c= is no canonicalization that is known");
    EXPECT_EQ(fault("d", "d=exa mple.com"), "d= is no domain name");
    EXPECT_EQ(fault("d", "d="), "d= is no domain name");
    EXPECT_EQ(fault("s", "s=a b"), "s= is no selector");
    EXPECT_EQ(fault("s",
                    "s=" + std::string(60, 'a') + "." + std::string(60, 'a') + "." +
                        std::string(60, 'a') + "." + std::string(60, 'a')),
              "s= and d= together are longer than a name in the DNS");
    EXPECT_EQ(fault("h", "h=to:subject"), "From is not signed (h=)");
    EXPECT_EQ(fault("h", "h=xfrom"), "From is not signed (h=)");
    EXPECT_EQ(fault("h", "h=from::to"), "h= is no list of field names");
    EXPECT_EQ(fault("h", "h="), "h= is no list of field names");
    EXPECT_EQ(fault("h", "h=from to"), "h= is no list of field names");
    EXPECT_EQ(fault("i", "i=joe"), "i= has no @");
    EXPECT_EQ(fault("i", "i=joe@"), "i= has no domain name");
    EXPECT_EQ(fault("i", "i=@com"), "i= is not within d=");
    EXPECT_EQ(fault("i", "i=@badexample.com"), "i= is not within d=");
    EXPECT_EQ(fault("i", "i=a@example.com@evil.example"), "i= is not within d=");
    EXPECT_EQ(fault("q", "q=dns"), "q= names no way to the key that is known");
    EXPECT_EQ(fault("l", "l=-1"), "l= is no number");
    EXPECT_EQ(fault("l", "l="), "l= is no number");
    EXPECT_EQ(fault("t", "t=now"), "t= is no number");
    EXPECT_EQ(fault("x", "x=later"), "x= is no number");
    EXPECT_EQ(fault("x", "x=1780299999", Kind::Fail), "it has expired (x=)");
    EXPECT_EQ(fault("x", "t=1780300010; x=1780300010"), "x= is not after t=");
    EXPECT_EQ(fault("bh", "bh=YWJj"), "bh= is no SHA-256 hash in base64");
    EXPECT_EQ(fault("bh", "bh=!"), "bh= is no SHA-256 hash in base64");
    EXPECT_EQ(fault("b", "b="), "b= is no signature in base64");
    EXPECT_EQ(fault("b", "b=YW"), "b= is no signature in base64");
    EXPECT_EQ(fault("v", "v=1; v=1"), "tag v comes twice");
    EXPECT_EQ(fault("z", "z=\x01"), "tag z holds a character that is not allowed");
    EXPECT_EQ(fault("z", "z=\xff"), "tag z holds a character that is not allowed");
}

TEST(Signature, TakesWhatIsRareButRight) {
    EXPECT_EQ(fault("q", "q=x/y : dns/txt"), "none");
    EXPECT_EQ(fault("i", "i=@example.com"), "none");
    EXPECT_EQ(fault("i", "i=joe=40x@\r\n mail.example.com"), "none");
    EXPECT_EQ(fault("x", "x=99999999999999999999999999"), "none");
    EXPECT_EQ(fault("h", "h=FROM\r\n :\r\n To"), "none");
    EXPECT_EQ(fault("s", "s=under_score"), "none");
}

TEST(Signature, TellsWhoseItWasEvenWhenItIsUseless) {
    const Signature signature = read(tags("v", "v=7"));
    EXPECT_EQ(signature.domain.text(), "example.com");
    EXPECT_EQ(signature.selector.text(), "2026a");
    EXPECT_EQ(signature.type, dkim::KeyType::Rsa);
}

}  // namespace
