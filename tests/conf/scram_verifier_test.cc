#include "conf/scram_verifier.h"

#include <gtest/gtest.h>

#include "conf/base64.h"
#include "conf/errors.h"

namespace conf {
namespace {

// RFC 7677 3: user "user", password "pencil".
const std::string kPencil =
    "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:"
    "wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=";
const std::string kKey = encode_base64(std::string(32, 'k'));

std::string written(const std::string& iterations,
                    std::size_t salt,
                    std::size_t stored = 32,
                    std::size_t server = 32) {
    return "SCRAM-SHA-256$" + iterations + ":" + encode_base64(std::string(salt, 's')) + "$" +
           encode_base64(std::string(stored, 'k')) + ":" + encode_base64(std::string(server, 'v'));
}

TEST(ScramVerifier, ReadsWhatItWrites) {
    const auto verifier = ScramVerifier::parse(kPencil);
    ASSERT_TRUE(verifier);
    EXPECT_EQ(verifier->iterations, 4096);
    EXPECT_EQ(verifier->salt.size(), 16U);
    EXPECT_EQ(verifier->stored_key.size(), 32U);
    EXPECT_EQ(verifier->server_key.size(), 32U);
    EXPECT_EQ(verifier->text(), kPencil);
    EXPECT_EQ(ScramVerifier::parse(verifier->text()).value(), *verifier);
}

TEST(ScramVerifier, HoldsItsRanges) {
    EXPECT_TRUE(ScramVerifier::parse(written("4096", 8)));
    EXPECT_TRUE(ScramVerifier::parse(written("1000000", 64)));
    for (const auto* iterations : {"4095",
                                   "1000001",
                                   "0",
                                   "-4096",
                                   "+4096",
                                   "04096",
                                   " 4096",
                                   "4096 ",
                                   "4e3",
                                   "",
                                   "99999999999999999999"}) {
        EXPECT_FALSE(ScramVerifier::parse(written(iterations, 16))) << iterations;
    }
    for (const std::size_t salt : {0, 7, 65}) {
        EXPECT_FALSE(ScramVerifier::parse(written("4096", salt))) << salt;
    }
    for (const std::size_t key : {0, 31, 33}) {
        EXPECT_FALSE(ScramVerifier::parse(written("4096", 16, key, 32))) << key;
        EXPECT_FALSE(ScramVerifier::parse(written("4096", 16, 32, key))) << key;
    }
}

TEST(ScramVerifier, RefusesWhatIsNone) {
    const std::string rest = kPencil.substr(std::string("SCRAM-SHA-256$").size());
    for (const std::string& text : {std::string(),
                                    std::string("secret"),
                                    std::string("SCRAM-SHA-256$"),
                                    "SCRAM-SHA-1$" + rest,
                                    "scram-sha-256$" + rest,
                                    " " + kPencil,
                                    kPencil + "\n",
                                    kPencil + ":" + kKey,
                                    kPencil.substr(0, kPencil.size() - 1),
                                    "SCRAM-SHA-256$4096:c2FsdHNhbHQ=:" + kKey + "$" + kKey,
                                    "SCRAM-SHA-256$4096$c2FsdHNhbHQ=:" + kKey + ":" + kKey,
                                    "SCRAM-SHA-256$4096:c2FsdHNhbHQ=$" + kKey}) {
        EXPECT_FALSE(ScramVerifier::parse(text)) << text;
    }
}

TEST(ScramVerifier, SaysWhatIsWrongWithoutTheTextItself) {
    const auto fault = [](const std::string& text) {
        const auto verifier = ScramVerifier::parse(text);
        EXPECT_FALSE(verifier);
        EXPECT_EQ(verifier.error().code, errc::BadVerifier);
        return verifier.error().message();
    };
    EXPECT_EQ(fault("hunter2"),
              "not a SCRAM-SHA-256 verifier: write what `signet hash-password` prints, from "
              "\"SCRAM-SHA-256$\" on");
    EXPECT_EQ(fault(written("77", 16)),
              "not a SCRAM-SHA-256 verifier: the iterations are a whole number from 4096 to "
              "1000000");
    EXPECT_EQ(fault(written("4096", 1)),
              "not a SCRAM-SHA-256 verifier: the salt is 8 to 64 octets in base64");
    EXPECT_EQ(fault(written("4096", 16, 5)),
              "not a SCRAM-SHA-256 verifier: the two keys are 32 octets each in base64");
}

}  // namespace
}  // namespace conf
