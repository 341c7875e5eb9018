// The handshake: who gets in, who does not, and what is heard of it.
#include "relay/net/tls.h"

#include <gtest/gtest.h>

#include "tests/relay/net/tls_stage.h"

namespace relay::net {

namespace {

using namespace std::chrono_literals;

/// What one client with `offer` came to.
struct Met {
    Handshake server;
    bool client = false;
    std::string cipher;
};

Met meet(const Identity& identity, const Offer& offer = {}) {
    TlsStage stage;
    Wire wire = stage.connect();
    auto shaken = stage.start(stage.shake(identity));
    TlsPeer client(wire, offer);
    Met met;
    met.client = client.handshake();
    met.cipher = SSL_get_cipher_name(client.ssl());
    met.server = TlsStage::wait(shaken);
    return met;
}

Offer only(int version) {
    Offer offer;
    offer.oldest = offer.newest = version;
    return offer;
}

TEST(TlsHandshake, SpeaksTls12And13) {
    const ServerFiles files;
    const auto identity = files.load();
    for (const auto& [version, name] :
         {std::pair{TLS1_2_VERSION, "TLSv1.2"}, std::pair{TLS1_3_VERSION, "TLSv1.3"}}) {
        const Met met = meet(identity, only(version));
        EXPECT_TRUE(met.client) << name;
        ASSERT_TRUE(met.server.done) << name << ": " << met.server.fault;
        EXPECT_EQ(met.server.session.version, name);
        EXPECT_EQ(met.server.session.cipher, met.cipher);
        EXPECT_EQ(met.server.session.client_name, "");
        EXPECT_EQ(met.server.fault, "");
    }
    EXPECT_EQ(meet(identity).server.session.version, "TLSv1.3") << "the newest that both know";
}

TEST(TlsHandshake, ServesRsaAsWellAsEcdsa) {
    const ServerFiles files(KeyKind::Rsa);
    EXPECT_TRUE(meet(files.load(), only(TLS1_2_VERSION)).server.done);
    EXPECT_TRUE(meet(files.load(), only(TLS1_3_VERSION)).server.done);
}

TEST(TlsHandshake, RefusesOldVersions) {
    // RFC 8996: TLS 1.0 and 1.1 MUST NOT be used.
    const ServerFiles files;
    for (const int version : {TLS1_VERSION, TLS1_1_VERSION}) {
        const Met met = meet(files.load(), only(version));
        EXPECT_FALSE(met.client);
        EXPECT_FALSE(met.server.done);
        EXPECT_EQ(met.server.fault, "unsupported protocol");
    }
}

TEST(TlsHandshake, RefusesWeakCiphers) {
    // RFC 9325 4.1: no NULL, no export, no static RSA, nothing without authentication.
    const ServerFiles files(KeyKind::Rsa);
    for (const auto* ciphers :
         {"AES128-GCM-SHA256", "AES256-SHA", "eNULL", "aNULL", "DHE-RSA-AES128-SHA"}) {
        Offer offer = only(TLS1_2_VERSION);
        offer.ciphers = std::string(ciphers) + ":@SECLEVEL=0";
        const Met met = meet(files.load(), offer);
        EXPECT_FALSE(met.server.done) << ciphers;
        EXPECT_EQ(met.server.fault, "no shared cipher") << ciphers;
    }
    Offer old_printer = only(TLS1_2_VERSION);
    old_printer.ciphers = "ECDHE-RSA-AES128-SHA";
    EXPECT_TRUE(meet(files.load(), old_printer).server.done);
}

TEST(TlsHandshake, FailsOnWhatIsNoTls) {
    const ServerFiles files;
    const auto identity = files.load();
    for (const std::string& octets :
         {std::string("EHLO client.example.com\r\n"),
          std::string("GET / HTTP/1.1\r\nHost: relay\r\n\r\n"),
          std::string(600, '\0'),
          std::string("\x16\x03\x01\x00\x00", 5) + std::string(600, '\xff'),
          std::string("\x16\x03\x01\xff\xff\x01\x00\xff\xff", 9) + std::string(70'000, 'x'),
          std::string("\x17\x03\x03\x00\x01x", 6) + std::string(600, 'x'),
          std::string("\x15\x03\x03\x00\x02\x02\x28", 7)}) {
        TlsStage stage;
        Wire wire = stage.connect();
        auto shaken = stage.start(stage.shake(identity));
        (void)wire.say(octets);
        const Handshake handshake = TlsStage::wait(shaken);
        EXPECT_FALSE(handshake.done);
        EXPECT_NE(handshake.fault, "");
        const std::string heard = wire.hear_all();  // an alert at most, then the end
        EXPECT_LE(heard.size(), 7U);
        EXPECT_FALSE(wire.say("x") && wire.say("x") && !wire.hear().empty()) << "it is closed";
    }
}

TEST(TlsHandshake, FailsWhereverTheClientLeaves) {
    const ServerFiles files;
    const auto identity = files.load();
    std::string hello;
    {
        TlsStage stage;
        Wire wire = stage.connect();
        hello = TlsPeer(wire).take_output();
    }
    ASSERT_GT(hello.size(), 100U);
    for (const std::size_t said : {std::size_t{0},
                                   std::size_t{1},
                                   std::size_t{4},
                                   std::size_t{5},
                                   std::size_t{6},
                                   hello.size() / 2,
                                   hello.size() - 1,
                                   hello.size()}) {
        for (const bool rudely : {false, true}) {
            TlsStage stage;
            Wire wire = stage.connect();
            auto shaken = stage.start(stage.shake(identity));
            ASSERT_TRUE(wire.say(std::string_view(hello).substr(0, said)));
            if (rudely) {
                wire.cut();
            } else {
                wire.half_close();
            }
            const Handshake handshake = TlsStage::wait(shaken);
            EXPECT_FALSE(handshake.done) << said;
            EXPECT_TRUE(handshake.fault == "connection closed" ||
                        handshake.fault == "connection lost")
                << handshake.fault;
        }
    }
}

TEST(TlsHandshake, TellsWhyTheClientRefused) {
    const ServerFiles files;
    const ServerFiles others;
    Offer offer;
    offer.trust = others.certificate();
    const Met met = meet(files.load(), offer);
    EXPECT_FALSE(met.client);
    EXPECT_FALSE(met.server.done);
    EXPECT_NE(met.server.fault.find("alert"), std::string::npos) << met.server.fault;
    offer.trust = files.certificate();
    EXPECT_TRUE(meet(files.load(), offer).client);
}

TEST(TlsHandshake, HasATimeLimit) {
    const ServerFiles files;
    for (const std::size_t said : {0U, 20U}) {
        TlsStage stage;
        Wire wire = stage.connect();
        auto shaken = stage.start(stage.shake(files.load(), {}, 50ms));
        ASSERT_TRUE(wire.say(TlsPeer(wire).take_output().substr(0, said)));
        const Handshake handshake = TlsStage::wait(shaken);
        EXPECT_FALSE(handshake.done);
        EXPECT_EQ(handshake.fault, "timed out");
        EXPECT_EQ(wire.hear_all(), "");
    }
}

TEST(TlsHandshake, IsOverWhenToldToStop) {
    const ServerFiles files;
    TlsStage stage;
    Wire wire = stage.connect();
    auto shaken = stage.start(stage.shake(files.load()));
    stage.run(stage.act([](Stream& stream) {
        stream.interrupt();
        return true;
    }));
    EXPECT_EQ(TlsStage::wait(shaken).fault, "shutting down");
    EXPECT_EQ(wire.hear_all(), "");
}

TEST(TlsHandshake, GoesOnBehindOctetsThatWereReadAlready) {
    const ServerFiles files;
    for (const std::size_t early : {1U, 5U, 100U, 100'000U}) {
        TlsStage stage;
        Wire wire = stage.connect();
        TlsPeer client(wire);
        const std::string hello = client.take_output();
        const std::size_t read = std::min<std::size_t>(early, hello.size());
        auto shaken = stage.start(stage.shake(files.load(), hello.substr(0, read)));
        ASSERT_TRUE(wire.say(hello.substr(read)));
        EXPECT_TRUE(client.handshake());
        EXPECT_TRUE(TlsStage::wait(shaken).done) << early;
    }
}

TEST(TlsHandshake, TakesAFlightOctetByOctet) {
    const ServerFiles files;
    TlsStage stage;
    Wire wire = stage.connect();
    auto shaken = stage.start(stage.shake(files.load()));
    TlsPeer client(wire);
    for (const char octet : client.take_output()) {
        ASSERT_TRUE(wire.say({&octet, 1}));
    }
    ASSERT_TRUE(client.shake());
    for (const char octet : client.take_output()) {
        ASSERT_TRUE(wire.say({&octet, 1}));
    }
    EXPECT_TRUE(TlsStage::wait(shaken).done);
}

TEST(TlsHandshake, KeepsWhatTheClientSentBehindIt) {
    const ServerFiles files;
    TlsStage stage;
    Wire wire = stage.connect();
    auto shaken = stage.start(stage.shake(files.load()));
    TlsPeer client(wire, only(TLS1_3_VERSION));
    ASSERT_TRUE(client.shake());
    client.seal("EHLO client.example.com\r\n");
    client.seal("MAIL FROM:<a@example.com>\r\n");
    ASSERT_TRUE(client.flush());  // Finished and both lines at once
    ASSERT_TRUE(TlsStage::wait(shaken).done);
    // Whoever talks before the greeting is noticed under TLS, too.
    EXPECT_TRUE(stage.run(stage.act([](Stream& stream) { return stream.has_input(); })));
    EXPECT_EQ(stage.run(stage.hear(52)).text,
              "EHLO client.example.com\r\nMAIL FROM:<a@example.com>\r\n");
    EXPECT_FALSE(stage.run(stage.act([](Stream& stream) { return stream.has_input(); })));
}

TEST(TlsHandshake, IsNotRepeated) {
    // RFC 9325 3.5: renegotiation costs the server more than the client.
    const ServerFiles files;
    TlsStage stage;
    Wire wire = stage.connect();
    auto shaken = stage.start(stage.shake(files.load()));
    TlsPeer client(wire, only(TLS1_2_VERSION));
    ASSERT_TRUE(client.handshake());
    ASSERT_TRUE(TlsStage::wait(shaken).done);
    auto reading = stage.start(stage.hear(1));
    ASSERT_EQ(SSL_renegotiate(client.ssl()), 1);
    EXPECT_FALSE(client.handshake());
    EXPECT_EQ(client.ending(), Ending::Fault);
    wire.half_close();
    const Heard heard = TlsStage::wait(reading);
    EXPECT_NE(heard.status, IoStatus::Ok);
    EXPECT_EQ(heard.text, "");
}

TEST(TlsHandshake, OfOneClientDoesNotDisturbAnother) {
    const ServerFiles files;
    TlsStage stage;
    Wire wire = stage.connect();
    auto shaken = stage.start(stage.shake(files.load()));
    TlsPeer client(wire);
    ASSERT_TRUE(client.handshake());
    ASSERT_TRUE(TlsStage::wait(shaken).done);
    auto reading = stage.start(stage.hear(5));

    // The same thread's queue of OpenSSL errors fills up meanwhile.
    stage.run(stage.act([](Stream&) {
        (void)ServerIdentity::load("/nonexistent", "/nonexistent", "");
        SSL_CTX* context = SSL_CTX_new(TLS_server_method());
        (void)SSL_CTX_use_certificate_file(context, "/nonexistent", SSL_FILETYPE_PEM);
        SSL_CTX_free(context);
        return true;
    }));
    ASSERT_TRUE(client.write("hello"));
    EXPECT_EQ(TlsStage::wait(reading).text, "hello");
}

}  // namespace

}  // namespace relay::net
