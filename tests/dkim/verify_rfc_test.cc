// The examples that the RFCs print, octet for octet.
#include <gtest/gtest.h>

#include "dkim/body_hash.h"
#include "dkim/canonical.h"
#include "dkim/field.h"
#include "dkim/sha256.h"
#include "dkim/verify.h"
#include "tests/dkim/made_signature.h"
#include "tests/dkim/temporary_folder.h"

namespace {

using conf::Canonicalization;
using dkim::Verdict;

const std::string kGood = "the signature is good";

// RFC 6376 A.2 and A.3 with its errata 3192 and 4926: one space in the body, six at the folds.
const std::string kRfc6376Signature =
    "DKIM-Signature: v=1; a=rsa-sha256; s=brisbane; d=example.com;\r\n"
    "      c=simple/simple; q=dns/txt; i=joe@football.example.com;\r\n"
    "      h=Received : From : To : Subject : Date : Message-ID;\r\n"
    "      bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n"
    "      b=AuUoFEfDxTDkHlLXSZEpZj79LICEps6eda7W3deTVFOk4yAUoqOB\r\n"
    "      4nujc7YopdG5dWLSdNg6xNAZpOPr+kHxt1IrE+NahM6L/LbvaHut\r\n"
    "      KVdkLLkpVaVVQPzeRDI009SO2Il5Lu7rDNH6mZckBdrIx0orEtZV\r\n"
    "      4bmp/YzhwvcubU4=;\r\n";
const std::string kRfc6376Header =
    "Received: from client1.football.example.com  [192.0.2.1]\r\n"
    "      by submitserver.example.com with SUBMISSION;\r\n"
    "      Fri, 11 Jul 2003 21:01:54 -0700 (PDT)\r\n"
    "From: Joe SixPack <joe@football.example.com>\r\n"
    "To: Suzie Q <suzie@shopping.example.net>\r\n"
    "Subject: Is dinner ready?\r\n"
    "Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)\r\n"
    "Message-ID: <20030712040037.46341.5F8J@football.example.com>\r\n";
const std::string kRfc6376Body = "Hi.\r\n\r\nWe lost the game. Are you hungry yet?\r\n\r\nJoe.\r\n";

// RFC 6376 C: the key of 1024 bits.
test::Zone brisbane() {
    return {{{"brisbane._domainkey.example.com",
              {"v=DKIM1; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQ"
               "KBgQDwIRP/UC3SBsEmGqZ9ZJW3/DkMoGeLnQg1fWn7/zYt"
               "IxN2SnFCjxOCKG9v3b4jYfcTNh5ijSsq631uBItLa7od+v"
               "/RtdC2UzJ1lWT947qR+Rcac2gbto/NMqJ0fzfVjH4OuKhi"
               "tdY9tf6mcwGjaNBcWToIMmPSPDdQPNUYckcQ2QIDAQAB"}}},
            {}};
}

TEST(RfcExamples, OfRfc6376Verifies) {
    const auto verdicts =
        test::judged(kRfc6376Signature + kRfc6376Header, kRfc6376Body, brisbane());
    ASSERT_EQ(verdicts.size(), 1U);
    EXPECT_EQ(verdicts[0], (Verdict{Verdict::Kind::Pass, kGood}));
}

TEST(RfcExamples, OfRfc6376VerifiesBehindWhatRelaysAdd) {
    const auto verdicts = test::judged("Return-Path: <joe@football.example.com>\r\n" +
                                           kRfc6376Signature + kRfc6376Header + "X-Other: 1\r\n",
                                       kRfc6376Body + "\r\n\r\n",
                                       brisbane());
    EXPECT_EQ(verdicts[0].kind, Verdict::Kind::Pass) << verdicts[0].reason;
    // Another Received: above the signed one does no harm, one below it does.
    EXPECT_EQ(test::judged("Received: by relay\r\n" + kRfc6376Signature + kRfc6376Header,
                           kRfc6376Body,
                           brisbane())[0]
                  .kind,
              Verdict::Kind::Pass);
    EXPECT_EQ(test::judged(kRfc6376Signature + kRfc6376Header + "Received: by relay\r\n",
                           kRfc6376Body,
                           brisbane())[0]
                  .kind,
              Verdict::Kind::Fail);
}

// RFC 8463 A.2 and A.3
const std::string kRfc8463Signatures =
    "DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;\r\n"
    " d=football.example.com; i=@football.example.com;\r\n"
    " q=dns/txt; s=brisbane; t=1528637909; h=from : to :\r\n"
    " subject : date : message-id : from : subject : date;\r\n"
    " bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n"
    " b=/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11Bus\r\n"
    " Fa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==\r\n"
    "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed;\r\n"
    " d=football.example.com; i=@football.example.com;\r\n"
    " q=dns/txt; s=test; t=1528637909; h=from : to : subject :\r\n"
    " date : message-id : from : subject : date;\r\n"
    " bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n"
    " b=F45dVWDfMbQDGHJFlXUNB2HKfbCeLRyhDXgFpEL8GwpsRe0IeIixNTe3\r\n"
    " DhCVlUrSjV4BwcVcOF6+FF3Zo9Rpo1tFOeS9mPYQTnGdaSGsgeefOsk2Jz\r\n"
    " dA+L10TeYt9BgDfQNZtKdN1WO//KgIqXP7OdEFE4LjFYNcUxZQ4FADY+8=\r\n";

test::Zone football() {
    return {{{"brisbane._domainkey.football.example.com",
              {"v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="}},
             {"test._domainkey.football.example.com",
              {"v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoBTzWR"
               "iGs5V6NpP3idY6Wk08a5qhdR6wy5bdOKb2jLQiY/J16JYi0Qvx/byYzCNb3W91y3FutAC"
               "DfzwQ/BC/e/8uBsCR+yz1Lxj+PL6lHvqMKrM3rG4hstT5QjvHO9PzoxZyVYLzBfO2EeC3"
               "Ip3G+2kryOTIKT+l/K4w3QIDAQAB"}}},
            {}};
}

TEST(RfcExamples, OfRfc8463VerifiesTwice) {
    const std::string message =
        test::read_all(SIGNET_SOURCE_DIR "/tests/vectors/messages/rfc8463.eml");
    const std::size_t end = message.find("\r\n\r\n");
    const auto verdicts = test::judged(
        kRfc8463Signatures + message.substr(0, end + 2), message.substr(end + 4), football());
    ASSERT_EQ(verdicts.size(), 2U);
    EXPECT_EQ(verdicts[0], (Verdict{Verdict::Kind::Pass, kGood}));
    EXPECT_EQ(verdicts[1], (Verdict{Verdict::Kind::Pass, kGood}));
}

// RFC 8463 A.3: our key and canonicalization give the printed b=.
TEST(RfcExamples, OfRfc8463IsSignedToTheSameOctets) {
    const std::string message =
        test::read_all(SIGNET_SOURCE_DIR "/tests/vectors/messages/rfc8463.eml");
    const std::size_t end = message.find("\r\n\r\n");
    const auto key = dkim::PrivateKey::parse(
        "-----BEGIN PRIVATE KEY-----\n"
        "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n"
        "-----END PRIVATE KEY-----\n");
    ASSERT_TRUE(key);
    const std::string made = test::made_signature(
        "v=1; a=ed25519-sha256; c=relaxed/relaxed;\r\n"
        " d=football.example.com; i=@football.example.com;\r\n"
        " q=dns/txt; s=brisbane; t=1528637909; h=from : to :\r\n"
        " subject : date : message-id : from : subject : date",
        message.substr(0, end + 2),
        message.substr(end + 4),
        *key);
    EXPECT_TRUE(
        made.ends_with(" bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=; "
                       "b=/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11Bus"
                       "Fa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==\r\n"))
        << made;
}

// RFC 6376 3.4.5
const std::string kExampleHeader = "A: X\r\nB : Y\t\r\n\tZ  \r\n";
const std::string kExampleBody = " C \r\nD \t E\r\n\r\n\r\n";

std::string canonical(Canonicalization canonicalization) {
    std::string out;
    const auto header = dkim::Header::parse(kExampleHeader).value();
    for (const auto& field : header.fields()) {
        dkim::append_canonical(field, canonicalization, out);
    }
    return out;
}

dkim::Sha256Digest hashed(Canonicalization canonicalization) {
    dkim::BodyHash hash(canonicalization);
    hash.update(kExampleBody);
    return hash.finish().sha256;
}

TEST(RfcExamples, OfCanonicalizationComeOut) {
    EXPECT_EQ(canonical(Canonicalization::Relaxed), "a:X\r\nb:Y Z\r\n");
    EXPECT_EQ(canonical(Canonicalization::Simple), kExampleHeader);
    EXPECT_EQ(hashed(Canonicalization::Relaxed), dkim::sha256(" C\r\nD E\r\n"));
    EXPECT_EQ(hashed(Canonicalization::Simple), dkim::sha256(" C \r\nD \t E\r\n"));
}

// RFC 6376 3.4.3 and 3.4.4: the hashes that are printed for an empty body.
TEST(RfcExamples, OfEmptyBodiesComeOut) {
    EXPECT_EQ(dkim::BodyHash(Canonicalization::Simple).finish().sha256, dkim::sha256("\r\n"));
    EXPECT_EQ(dkim::BodyHash(Canonicalization::Relaxed).finish().sha256, dkim::sha256(""));
}

}  // namespace
