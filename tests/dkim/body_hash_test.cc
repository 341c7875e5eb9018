#include "dkim/body_hash.h"

#include <random>

#include <gtest/gtest.h>

#include "conf/base64.h"
#include "dkim/sha256.h"
#include "tests/dkim/reference_canonical.h"

namespace {

using conf::Canonicalization;
using dkim::BodyHash;

std::string expected(std::string_view body, Canonicalization canonicalization) {
    const std::string canonical = canonicalization == Canonicalization::Simple
                                      ? reference::simple_body(body)
                                      : reference::relaxed_body(body);
    const auto digest = dkim::sha256(canonical);
    return conf::encode_base64({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

std::string text_of(const dkim::Digest& digest) {
    return conf::encode_base64(
        {reinterpret_cast<const char*>(digest.sha256.data()), digest.sha256.size()});
}

std::string hashed(std::string_view body, Canonicalization canonicalization, std::size_t piece) {
    BodyHash hash(canonicalization);
    for (std::size_t at = 0; at < body.size(); at += piece) {
        hash.update(body.substr(at, piece));
    }
    const dkim::Digest digest = hash.finish();
    EXPECT_EQ(digest.canonicalization, canonicalization);
    return text_of(digest);
}

// RFC 6376 3.4.3 and 3.4.4
TEST(BodyHash, OfAnEmptyBodyIsThatOfTheRfc) {
    for (const std::string_view body : {"", "\r\n", "\r\n\r\n\r\n"}) {
        EXPECT_EQ(hashed(body, Canonicalization::Simple, 1),
                  "frcCV1k9oG9oKj3dpUqdJg1PxRT2RSN/XKdLCPjaYaY=");
        EXPECT_EQ(hashed(body, Canonicalization::Relaxed, 1),
                  "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
    }
}

TEST(BodyHash, OfTheExampleOfRfc8463IsItsBh) {
    EXPECT_EQ(hashed("Hi.\r\n\r\nWe lost the game.  Are you hungry yet?\r\n\r\nJoe.\r\n",
                     Canonicalization::Relaxed,
                     7),
              "2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=");
}

// RFC 6376 3.4.5
TEST(BodyHash, OfTheExampleOfRfc6376IsThatOfItsCanonicalForm) {
    const std::string_view body = " C \r\nD \t E\r\n\r\n\r\n";
    EXPECT_EQ(reference::simple_body(body), " C \r\nD \t E\r\n");
    EXPECT_EQ(reference::relaxed_body(body), " C\r\nD E\r\n");
    EXPECT_EQ(hashed(body, Canonicalization::Simple, 100),
              expected(body, Canonicalization::Simple));
    EXPECT_EQ(hashed(body, Canonicalization::Relaxed, 100),
              expected(body, Canonicalization::Relaxed));
}

TEST(BodyHash, AgreesWithTheReferenceOnAllShortBodiesInAllPieces) {
    const std::string alphabet = "x \t\r\n";
    std::string body;
    for (std::size_t length = 0; length <= 7; ++length) {
        std::size_t count = 1;
        for (std::size_t i = 0; i < length; ++i) {
            count *= alphabet.size();
        }
        // The longest are sampled: all of them would take most of the test's time.
        for (std::size_t n = 0; n < count; n += length == 7 ? 7 : 1) {
            body.clear();
            for (std::size_t rest = n, i = 0; i < length; ++i, rest /= alphabet.size()) {
                body += alphabet[rest % alphabet.size()];
            }
            for (const Canonicalization canonicalization :
                 {Canonicalization::Simple, Canonicalization::Relaxed}) {
                const std::string want = expected(body, canonicalization);
                for (const std::size_t piece : {std::size_t{1}, std::size_t{2}, length + 1}) {
                    ASSERT_EQ(hashed(body, canonicalization, piece), want)
                        << length << " octets, number " << n << ", pieces of " << piece;
                }
            }
        }
    }
}

TEST(BodyHash, AgreesWithTheReferenceOnLongBodiesInRandomPieces) {
    std::mt19937 random(1);
    const std::vector<std::string> parts = {
        "word",
        " ",
        "  ",
        "\t",
        " \t ",
        "\r\n",
        "\r\n\r\n",
        "\r",
        "\n",
        ".",
        std::string(700, 'y'),
        "a line of ordinary text, long enough for the wide path\r\n",
        std::string(90, ' ')};
    for (int round = 0; round < 300; ++round) {
        std::string body;
        while (body.size() < 3000) {
            body += parts[random() % parts.size()];
        }
        for (const Canonicalization canonicalization :
             {Canonicalization::Simple, Canonicalization::Relaxed}) {
            BodyHash hash(canonicalization);
            for (std::size_t at = 0; at < body.size();) {
                const std::size_t piece = random() % (random() % 4 == 0 ? 1500 : 40);
                hash.update(std::string_view(body).substr(at, piece));
                at += piece;
            }
            ASSERT_EQ(text_of(hash.finish()), expected(body, canonicalization)) << round;
        }
    }
}

TEST(BodyHash, CountsEmptyLinesThatTextFollows) {
    std::string body = "a\r\n";
    for (int i = 0; i < 1000; ++i) {
        body += " \r\n";
    }
    body += "b";
    EXPECT_EQ(hashed(body, Canonicalization::Relaxed, 64),
              expected(body, Canonicalization::Relaxed));
    EXPECT_EQ(hashed(body, Canonicalization::Simple, 64), expected(body, Canonicalization::Simple));
}

TEST(BodyHash, IsAsNewAfterItsEnd) {
    for (const Canonicalization canonicalization :
         {Canonicalization::Simple, Canonicalization::Relaxed}) {
        BodyHash hash(canonicalization);
        hash.update("text  \r\n\r\n \r");
        hash.finish();
        EXPECT_EQ(text_of(hash.finish()), expected("", canonicalization));
        hash.update("\r\nmore");
        BodyHash moved(std::move(hash));
        moved.update("\r\n");
        EXPECT_EQ(text_of(moved.finish()), expected("\r\nmore\r\n", canonicalization));
    }
}

TEST(BodyHash, TakesEmptyPieces) {
    BodyHash hash(Canonicalization::Relaxed);
    hash.update({});
    hash.update("a ");
    hash.update("");
    hash.update(" b\r");
    hash.update("");
    hash.update("\n");
    EXPECT_EQ(text_of(hash.finish()), expected("a  b\r\n", Canonicalization::Relaxed));
}

TEST(BodyHash, HashesNoMoreThanItsLimitAndCountsAll) {
    const std::string body = "Hello  \r\n\r\n world\t!\r\n\r\n";
    for (const auto canonicalization : {Canonicalization::Simple, Canonicalization::Relaxed}) {
        const std::string whole = canonicalization == Canonicalization::Simple
                                      ? reference::simple_body(body)
                                      : reference::relaxed_body(body);
        for (std::size_t limit = 0; limit < whole.size() + 3; ++limit) {
            dkim::BodyHash hash(canonicalization, limit);
            for (int round = 0; round < 2; ++round) {
                for (const char& c : body) {
                    hash.update({&c, 1});
                }
                EXPECT_EQ(hash.finish().sha256, dkim::sha256(whole.substr(0, limit))) << limit;
                EXPECT_EQ(hash.size(), whole.size());
            }
        }
    }
}

}  // namespace
