// A connection under TLS once it is open: octets both ways, and each way to its end.
#include <functional>

#include <gtest/gtest.h>

#include "relay/net/tls.h"
#include "tests/relay/net/tls_stage.h"

namespace relay::net {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t kMiB = std::size_t{1024} * 1024;

/// Octets that repeat nowhere near a record's size.
std::string text_of(std::size_t size) {
    std::string text(size, '\0');
    std::uint32_t state = 1;
    for (char& octet : text) {
        state = state * 1664525U + 1013904223U;
        octet = static_cast<char>(state >> 24);
    }
    return text;
}

/// Both ends, past the handshake.
class TlsStreamTest : public ::testing::TestWithParam<int> {
protected:
    TlsStreamTest() : wire_(stage_.connect()), client_(wire_, offer()) {
        auto shaken = stage_.start(stage_.shake(files_.load()));
        EXPECT_TRUE(client_.handshake());
        EXPECT_TRUE(TlsStage::wait(shaken).done);
        // Tickets come behind the handshake and would stand before what a test waits for.
        EXPECT_EQ(stage_.run(stage_.say("220 hello\r\n")), IoStatus::Ok);
        EXPECT_EQ(client_.read(11), "220 hello\r\n");
    }

    static Offer offer() {
        Offer offer;
        offer.oldest = offer.newest = GetParam();
        return offer;
    }
    Heard hear(std::size_t size, std::size_t block = 16384) {
        return stage_.run(stage_.hear(size, block));
    }
    void act(std::function<void(Stream&)> action) {
        stage_.run(stage_.act([action = std::move(action)](Stream& stream) {
            action(stream);
            return true;
        }));
    }

    ServerFiles files_;
    TlsStage stage_;
    Wire wire_;
    TlsPeer client_;
};

INSTANTIATE_TEST_SUITE_P(Versions,
                         TlsStreamTest,
                         ::testing::Values(TLS1_2_VERSION, TLS1_3_VERSION),
                         [](const auto& version) {
                             return version.param == TLS1_2_VERSION ? "Tls12" : "Tls13";
                         });

TEST_P(TlsStreamTest, ReadsAMebibyteInBlocksOfAnySize) {
    const std::string text = text_of(kMiB);
    for (const std::size_t block : {std::size_t{1000}, std::size_t{16384}, 2 * kMiB}) {
        auto reading = stage_.start(stage_.hear(text.size(), block));
        ASSERT_TRUE(client_.write(text));
        const Heard heard = TlsStage::wait(reading);
        EXPECT_EQ(heard.status, IoStatus::Ok);
        EXPECT_TRUE(heard.text == text) << block;
    }
    ASSERT_TRUE(client_.write("octets"));
    EXPECT_EQ(hear(6, 1).text, "octets");
}

TEST_P(TlsStreamTest, WritesAMebibyteWhole) {
    const std::string text = text_of(kMiB);
    auto writing = stage_.start(stage_.say(text));
    EXPECT_TRUE(client_.read(text.size()) == text);
    EXPECT_EQ(TlsStage::wait(writing), IoStatus::Ok);
    EXPECT_EQ(stage_.run(stage_.say("")), IoStatus::Ok);
    EXPECT_EQ(stage_.run(stage_.say("next")), IoStatus::Ok);
    EXPECT_EQ(client_.read(4), "next");
}

TEST_P(TlsStreamTest, ReadsAndWritesAtTheSameTime) {
    const std::string up = text_of(kMiB);
    const std::string down(kMiB, 'd');
    auto reading = stage_.start(stage_.hear(up.size()));
    auto writing = stage_.start(stage_.say(down));
    ASSERT_TRUE(client_.write(up));
    EXPECT_TRUE(client_.read(down.size()) == down);
    EXPECT_TRUE(TlsStage::wait(reading).text == up);
    EXPECT_EQ(TlsStage::wait(writing), IoStatus::Ok);
}

TEST_P(TlsStreamTest, HearsAGoodbye) {
    client_.seal("QUIT\r\n");
    client_.say_goodbye();
    const Heard heard = hear(100);
    EXPECT_EQ(heard.status, IoStatus::Closed);
    EXPECT_EQ(heard.text, "QUIT\r\n");
    EXPECT_EQ(hear(1).status, IoStatus::Closed) << "it stays closed";
    // RFC 8446 6.1: the goodbye closes one direction only.
    EXPECT_EQ(stage_.run(stage_.say("221 bye\r\n")), IoStatus::Ok);
    stage_.run(stage_.end());
    EXPECT_EQ(client_.read(100), "221 bye\r\n");
    EXPECT_EQ(client_.ending(), Ending::Goodbye);
}

TEST_P(TlsStreamTest, TakesACutForAnEndAndNeverForOctets) {
    client_.seal("MAIL FROM:<a@example.com>\r\n");
    client_.seal("RCPT TO:<b@example.org>\r\n");
    const std::string records = client_.take_output();
    ASSERT_TRUE(wire_.say(records.substr(0, records.size() - 1)));
    wire_.half_close();
    const Heard heard = hear(1000);
    EXPECT_EQ(heard.status, IoStatus::Closed);
    EXPECT_EQ(heard.text, "MAIL FROM:<a@example.com>\r\n") << "whole records only";
}

TEST_P(TlsStreamTest, TellsAResetFromAnEnd) {
    auto reading = stage_.start(stage_.hear(1));
    wire_.cut();
    EXPECT_EQ(TlsStage::wait(reading).status, IoStatus::Reset);
    EXPECT_NE(hear(1).status, IoStatus::Ok);
    EXPECT_NE(stage_.run(stage_.say("x")), IoStatus::Ok);
    stage_.run(stage_.end());
}

TEST_P(TlsStreamTest, RefusesWhatIsNotTheClients) {
    client_.seal("RSET\r\n");
    std::string record = client_.take_output();
    record.back() = static_cast<char>(record.back() ^ 1);
    ASSERT_TRUE(wire_.say(record));
    const Heard heard = hear(100);
    EXPECT_EQ(heard.status, IoStatus::Reset);
    EXPECT_EQ(heard.text, "");
    EXPECT_EQ(hear(1).status, IoStatus::Reset) << "nothing mends it";
    stage_.run(stage_.end());
    EXPECT_EQ(client_.read(1), "");
    EXPECT_EQ(client_.ending(), Ending::Fault) << "an alert says so";
}

TEST_P(TlsStreamTest, RefusesARecordThatComesTwice) {
    client_.seal("NOOP\r\n");
    const std::string record = client_.take_output();
    ASSERT_TRUE(wire_.say(record + record));
    const Heard heard = hear(100);
    EXPECT_EQ(heard.status, IoStatus::Reset);
    EXPECT_EQ(heard.text, "NOOP\r\n");
}

TEST_P(TlsStreamTest, RefusesOctetsInTheClear) {
    ASSERT_TRUE(wire_.say("MAIL FROM:<a@example.com>\r\n"));
    const Heard heard = hear(100);
    EXPECT_EQ(heard.status, IoStatus::Reset);
    EXPECT_EQ(heard.text, "");
}

TEST_P(TlsStreamTest, SaysGoodbye) {
    EXPECT_EQ(stage_.run(stage_.say("221 bye\r\n")), IoStatus::Ok);
    stage_.run(stage_.end());
    EXPECT_EQ(client_.read(100), "221 bye\r\n");
    EXPECT_EQ(client_.ending(), Ending::Goodbye);
    EXPECT_EQ(wire_.hear(), "") << "and closes";
}

TEST_P(TlsStreamTest, ClosesAtOnceWhenToldTo) {
    act([](Stream& stream) {
        stream.close();
        stream.close();
    });
    EXPECT_EQ(client_.read(100), "");
    EXPECT_EQ(client_.ending(), Ending::Cut);
    EXPECT_NE(hear(1).status, IoStatus::Ok);
}

TEST_P(TlsStreamTest, CloseEndsWhatIsUnderWay) {
    auto reading = stage_.start(stage_.hear(1));
    act([](Stream& stream) { stream.close(); });
    EXPECT_NE(TlsStage::wait(reading).status, IoStatus::Ok);
}

TEST_P(TlsStreamTest, CanBeInterruptedAndGoesOn) {
    auto reading = stage_.start(stage_.hear(1));
    act([](Stream& stream) { stream.interrupt(); });
    EXPECT_EQ(TlsStage::wait(reading).status, IoStatus::Cancelled);
    ASSERT_TRUE(client_.write("DATA\r\n"));
    EXPECT_EQ(hear(6).text, "DATA\r\n");
    EXPECT_EQ(stage_.run(stage_.say("421 later\r\n")), IoStatus::Ok);
    EXPECT_EQ(client_.read(11), "421 later\r\n");
}

TEST_P(TlsStreamTest, SpeaksAfterAGentleLimit) {
    act([](Stream& stream) { stream.limit_gently(Steady::now() + 20ms); });
    EXPECT_EQ(hear(1).status, IoStatus::TimedOut);
    EXPECT_EQ(stage_.run(stage_.say("421 too slow\r\n")), IoStatus::Ok);
    EXPECT_EQ(client_.read(14), "421 too slow\r\n");
}

TEST_P(TlsStreamTest, IsOverAfterALimit) {
    act([](Stream& stream) { stream.limit(20ms); });
    EXPECT_EQ(hear(1).status, IoStatus::TimedOut);
    EXPECT_EQ(stage_.run(stage_.say("421 too slow\r\n")), IoStatus::TimedOut);
    EXPECT_EQ(client_.read(1), "");
    EXPECT_EQ(client_.ending(), Ending::Cut);
}

TEST_P(TlsStreamTest, LimitsAWriteThatNobodyReads) {
    act([](Stream& stream) { stream.limit(100ms); });
    EXPECT_EQ(stage_.run(stage_.say(std::string(64 * kMiB, 'x'))), IoStatus::TimedOut);
}

class Tls13StreamTest : public TlsStreamTest {};
INSTANTIATE_TEST_SUITE_P(Newest, Tls13StreamTest, ::testing::Values(TLS1_3_VERSION));

TEST_P(Tls13StreamTest, FollowsNewKeys) {
    // RFC 8446 4.6.3: update_requested MUST be answered with new keys of one's own.
    for (int i = 0; i < 3; ++i) {
        ASSERT_EQ(SSL_key_update(client_.ssl(), SSL_KEY_UPDATE_REQUESTED), 1);
        ASSERT_TRUE(client_.write("NOOP\r\n"));
        EXPECT_EQ(hear(6).text, "NOOP\r\n");
        EXPECT_EQ(stage_.run(stage_.say("250 ok\r\n")), IoStatus::Ok);
        EXPECT_EQ(client_.read(8), "250 ok\r\n");
    }
}

}  // namespace

}  // namespace relay::net
