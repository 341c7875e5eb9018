// What files make a certificate to show, and what is said about those that do not.
#include <gtest/gtest.h>
#include <openssl/err.h>

#include "relay/net/tls.h"
#include "tests/relay/net/tls_stage.h"

namespace relay::net {

namespace {

class ServerIdentityTest : public ::testing::Test {
protected:
    [[nodiscard]] std::string file(const std::string& name) const {
        return files_.folder().file(name);
    }
    [[nodiscard]] std::string write(const std::string& name, const std::string& text) const {
        write_file(file(name), text);
        return file(name);
    }
    /// The error's text; "" without one.
    static std::string problem(const std::string& certificate,
                               const std::string& key,
                               const std::string& client_ca = {}) {
        const auto identity = ServerIdentity::load(certificate, key, client_ca);
        return identity ? "" : identity.error().message();
    }
    static void expect_in(const std::string& text, const std::vector<std::string>& parts) {
        for (const auto& part : parts) {
            EXPECT_NE(text.find(part), std::string::npos) << part << " is not in: " << text;
        }
    }

    const ServerFiles files_;
};

TEST_F(ServerIdentityTest, LoadsACertificateAndItsKey) {
    EXPECT_EQ(problem(files_.certificate(), files_.key()), "");
    EXPECT_EQ(problem(files_.certificate(), files_.key(), files_.certificate()), "");
    const ServerFiles rsa(KeyKind::Rsa);
    EXPECT_EQ(problem(rsa.certificate(), rsa.key()), "");
}

TEST_F(ServerIdentityTest, LoadsBothFromOneFile) {
    const auto both = write("both.pem", files_.made().key_pem() + files_.made().certificate_pem());
    EXPECT_EQ(problem(both, both), "");
}

TEST_F(ServerIdentityTest, NamesAFileThatIsMissing) {
    const auto missing = file("missing.pem");
    expect_in(problem(missing, files_.key()), {missing, "No such file"});
    expect_in(problem(files_.certificate(), missing), {missing, "No such file"});
    expect_in(problem(files_.certificate(), files_.key(), missing), {missing, "no usable CA"});
}

TEST_F(ServerIdentityTest, NamesAFileThatIsNoPem) {
    const std::string pem = files_.made().certificate_pem();
    for (const auto& text :
         {std::string(),
          std::string("no PEM\n"),
          pem.substr(0, pem.size() / 2),
          std::string("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
          std::string(100'000, '\0')}) {
        const auto broken = write("broken.pem", text);
        expect_in(problem(broken, files_.key()), {broken, "no usable certificate"});
        expect_in(problem(files_.certificate(), broken), {broken, "no usable key"});
        expect_in(problem(files_.certificate(), files_.key(), broken), {broken, "no usable CA"});
    }
    // Each is what the other should be.
    expect_in(problem(files_.key(), files_.certificate()), {files_.key(), "no usable certificate"});
}

TEST_F(ServerIdentityTest, NamesAFolder) {
    const std::string& folder = files_.folder().path();
    EXPECT_NE(problem(folder, files_.key()), "");
    EXPECT_NE(problem(files_.certificate(), folder), "");
}

TEST_F(ServerIdentityTest, RefusesAKeyThatDoesNotFit) {
    const ServerFiles other;
    expect_in(problem(files_.certificate(), other.key()),
              {other.key(), "does not fit the certificate", files_.certificate()});
    const ServerFiles rsa(KeyKind::Rsa);
    expect_in(problem(files_.certificate(), rsa.key()),
              {rsa.key(), "does not fit the certificate", files_.certificate()});
}

TEST_F(ServerIdentityTest, RefusesAKeyUnderAPassPhrase) {
    // Nobody is there to type it.
    const auto locked = write("locked.key", files_.made().key_pem("secret"));
    expect_in(problem(files_.certificate(), locked), {locked, "no usable key"});
}

TEST_F(ServerIdentityTest, RefusesAnExpiredCertificate) {
    Subject late{"relay.example.org"};
    late.days = 0;
    const MadeCertificate expired(late);
    const auto certificate = write("late.pem", expired.certificate_pem());
    expect_in(problem(certificate, write("late.key", expired.key_pem())),
              {certificate, "has expired"});
}

TEST_F(ServerIdentityTest, LeavesNoErrorsBehind) {
    (void)problem(file("missing.pem"), files_.key());
    (void)problem(files_.certificate(), files_.certificate());
    (void)problem(files_.certificate(), files_.key(), file("missing.pem"));
    EXPECT_EQ(ERR_peek_error(), 0U);
}

TEST_F(ServerIdentityTest, ShowsTheWholeChain) {
    Subject root{"Root"};
    root.is_ca = true;
    const MadeCertificate top(root);
    Subject middle{"Intermediate"};
    middle.is_ca = true;
    const MadeCertificate between(middle, &top);
    const MadeCertificate leaf({"relay.example.org"}, &between);
    const auto chain = write("chain.pem", leaf.certificate_pem() + between.certificate_pem());
    const auto identity = ServerIdentity::load(chain, write("leaf.key", leaf.key_pem()), "");
    ASSERT_TRUE(identity) << identity.error().message();

    TlsStage stage;
    Wire wire = stage.connect();
    auto shaken = stage.start(stage.shake(*identity));
    Offer offer;
    offer.trust = write("root.pem", top.certificate_pem());  // it knows nothing of what is between
    TlsPeer client(wire, offer);
    EXPECT_TRUE(client.handshake());
    EXPECT_TRUE(TlsStage::wait(shaken).done);
}

TEST_F(ServerIdentityTest, ServesConnectionsThatOutliveIt) {
    auto identity = files_.load();
    TlsStage stage;
    Wire wire = stage.connect();
    auto shaken = stage.start(stage.shake(std::exchange(identity, nullptr)));
    TlsPeer client(wire);
    EXPECT_TRUE(client.handshake());
    ASSERT_TRUE(TlsStage::wait(shaken).done);
    EXPECT_EQ(stage.run(stage.say("220 hello\r\n")), IoStatus::Ok);
    EXPECT_EQ(client.read(11), "220 hello\r\n");
}

}  // namespace

}  // namespace relay::net
