// Whom a client certificate makes its client, and whom it does not.
#include <gtest/gtest.h>

#include "relay/net/tls.h"
#include "tests/relay/net/tls_stage.h"

namespace relay::net {

namespace {

class ClientCertificate : public ::testing::TestWithParam<int> {
protected:
    ClientCertificate() { write_file(ca_file(), ca_.certificate_pem()); }

    [[nodiscard]] std::string ca_file() const { return files_.folder().file("ca.pem"); }

    static Subject authority(const std::string& name) {
        Subject subject{name};
        subject.is_ca = true;
        return subject;
    }

    /// What the relay calls a client with such a certificate; "!" when it is refused.
    std::string name_of(const MadeCertificate* certificate, bool with_ca = true) {
        TlsStage stage;
        Wire wire = stage.connect();
        auto shaken = stage.start(stage.shake(files_.load(with_ca ? ca_file() : "")));
        Offer offer;
        offer.oldest = offer.newest = GetParam();
        if (certificate != nullptr) {
            offer.certificate_pem = certificate->certificate_pem();
            offer.key_pem = certificate->key_pem();
        }
        TlsPeer client(wire, offer);
        EXPECT_TRUE(client.handshake());
        const Handshake handshake = TlsStage::wait(shaken);
        if (!handshake.done) {
            return "!" + handshake.fault;
        }
        // The connection works, whoever it is.
        EXPECT_EQ(stage.run(stage.say("220 hello\r\n")), IoStatus::Ok);
        EXPECT_EQ(client.read(11), "220 hello\r\n");
        if (with_ca) {
            EXPECT_EQ(SSL_SESSION_is_resumable(SSL_get0_session(client.ssl())), 0)
                << "a resumed session would carry a name that nobody checks again";
        }
        return handshake.session.client_name;
    }
    std::string name_of(const Subject& subject) {
        const MadeCertificate certificate(subject, &ca_);
        return name_of(&certificate);
    }

    ServerFiles files_;
    MadeCertificate ca_{authority("Our CA")};
};

INSTANTIATE_TEST_SUITE_P(Versions,
                         ClientCertificate,
                         ::testing::Values(TLS1_2_VERSION, TLS1_3_VERSION),
                         [](const auto& version) {
                             return version.param == TLS1_2_VERSION ? "Tls12" : "Tls13";
                         });

TEST_P(ClientCertificate, NamesAClientOfOurCa) {
    EXPECT_EQ(name_of({"billing", {{GEN_EMAIL, "billing@example.com"}}}), "billing@example.com");
    EXPECT_EQ(name_of({"billing", {{GEN_DNS, "app.example.com"}}}), "app.example.com");
    EXPECT_EQ(name_of({"billing"}), "billing");
    EXPECT_EQ(name_of({"Büro"}), "Büro");
}

TEST_P(ClientCertificate, TakesTheFirstMailAddressOrDnsName) {
    EXPECT_EQ(name_of({"billing",
                       {{GEN_URI, "https://example.com"},
                        {GEN_DNS, "app.example.com"},
                        {GEN_EMAIL, "billing@example.com"}}}),
              "app.example.com");
    EXPECT_EQ(name_of({"billing", {{GEN_URI, "https://example.com"}}}), "billing");
    EXPECT_EQ(name_of({"", {{GEN_URI, "https://example.com"}}}), "");
}

TEST_P(ClientCertificate, NamesNobodyWithoutACertificate) {
    EXPECT_EQ(name_of(nullptr), "");
}

TEST_P(ClientCertificate, NamesNobodyByAnotherCa) {
    const MadeCertificate other(authority("Other CA"));
    const MadeCertificate stranger({"billing"}, &other);
    EXPECT_EQ(name_of(&stranger), "");
    // The name of a CA is no proof of its key.
    const MadeCertificate forged_ca(authority("Our CA"));
    const MadeCertificate forged({"billing"}, &forged_ca);
    EXPECT_EQ(name_of(&forged), "");
}

TEST_P(ClientCertificate, NamesNobodyByItself) {
    const MadeCertificate lonely({"billing"});
    EXPECT_EQ(name_of(&lonely), "");
}

TEST_P(ClientCertificate, NamesNobodyByAClientOfOurs) {
    // RFC 5280 4.2.1.9: only a CA signs certificates.
    const MadeCertificate client({"billing"}, &ca_);
    const MadeCertificate child({"admin"}, &client);
    EXPECT_EQ(name_of(&child), "");
}

TEST_P(ClientCertificate, NamesNobodyWhenItHasExpired) {
    Subject late{"billing"};
    late.days = 0;
    EXPECT_EQ(name_of(late), "");
}

TEST_P(ClientCertificate, NamesNobodyByAServersCertificate) {
    Subject server{"billing"};
    server.usage = "serverAuth";
    EXPECT_EQ(name_of(server), "");
    Subject client{"billing"};
    client.usage = "clientAuth";
    EXPECT_EQ(name_of(client), "billing");
}

TEST_P(ClientCertificate, NamesNobodyByANameWithANul) {
    // CVE-2009-2408: one name for the CA, another for us.
    EXPECT_EQ(name_of({"billing", {{GEN_DNS, std::string("app.example.com\0.evil.example", 28)}}}),
              "");
}

TEST_P(ClientCertificate, IsNotLookedAtWithoutACa) {
    const MadeCertificate known({"billing"}, &ca_);
    EXPECT_EQ(name_of(&known, false), "");
}

}  // namespace

}  // namespace relay::net
