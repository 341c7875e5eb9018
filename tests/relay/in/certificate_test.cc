#include "relay/in/certificate.h"

#include <filesystem>

#include <gtest/gtest.h>

#include "tests/relay/net/made_certificate.h"
#include "tests/support/temporary_folder.h"

namespace relay::in {

namespace {

using net::MadeCertificate;
using Identity = std::shared_ptr<const net::ServerIdentity>;

class CertificateTest : public ::testing::Test {
protected:
    CertificateTest() {
        listener_.tls = conf::ListenerTls::StartTls;
        listener_.certificate = folder_.file("relay.pem");
        listener_.key = folder_.file("relay.key");
        show(MadeCertificate({"first.example.org"}));
    }

    void show(const MadeCertificate& made) const {
        net::write_file(listener_.key, made.key_pem());
        net::write_file(listener_.certificate, made.certificate_pem());
    }

    /// What it shows a second later, when it may look at its files again.
    Identity later(Certificate& certificate) {
        now_ += std::chrono::seconds(1);
        return certificate.current(now_);
    }

    support::TemporaryFolder folder_;
    conf::Listener listener_;
    Certificate::Clock::time_point now_{};
};

TEST_F(CertificateTest, IsNoneWithoutTls) {
    listener_.tls = conf::ListenerTls::None;
    listener_.certificate = folder_.file("missing");
    const auto certificate = Certificate::load(listener_);
    ASSERT_TRUE(certificate);
    EXPECT_EQ(*certificate, nullptr);
}

TEST_F(CertificateTest, TellsWhatIsWrongWithItsFiles) {
    net::write_file(listener_.key, "no key");
    const auto certificate = Certificate::load(listener_);
    ASSERT_FALSE(certificate);
    EXPECT_NE(certificate.error().message().find(listener_.key), std::string::npos);
    std::filesystem::remove(listener_.certificate);
    EXPECT_FALSE(Certificate::load(listener_));
}

TEST_F(CertificateTest, StaysTheSameWhileItsFilesDo) {
    const auto certificate = Certificate::load(listener_).value();
    const auto first = certificate->current(now_);
    ASSERT_NE(first, nullptr);
    EXPECT_EQ(later(*certificate), first);
}

TEST_F(CertificateTest, IsReadAnewWhenItsFilesChange) {
    const auto certificate = Certificate::load(listener_).value();
    const auto first = certificate->current(now_);
    show(MadeCertificate({"second.example.org"}));
    const auto second = later(*certificate);
    EXPECT_NE(second, first);
    ASSERT_NE(second, nullptr);
    // Who is connected keeps the old one.
    EXPECT_EQ(first.use_count(), 1);
}

TEST_F(CertificateTest, LooksAtItsFilesOnceASecond) {
    const auto certificate = Certificate::load(listener_).value();
    const auto first = certificate->current(now_);
    show(MadeCertificate({"second.example.org"}));
    EXPECT_EQ(certificate->current(now_ + std::chrono::milliseconds(999)), first);
    EXPECT_NE(certificate->current(now_ + std::chrono::seconds(1)), first);
}

TEST_F(CertificateTest, StaysWhenTheNewFilesCannotBeUsed) {
    const auto certificate = Certificate::load(listener_).value();
    const auto first = certificate->current(now_);
    // Half a renewal: the certificate is new, the key is not yet.
    const MadeCertificate second({"second.example.org"});
    net::write_file(listener_.certificate, second.certificate_pem());
    EXPECT_EQ(later(*certificate), first);
    net::write_file(listener_.key, second.key_pem());
    EXPECT_NE(later(*certificate), first);
}

TEST_F(CertificateTest, StaysWhenItsFilesVanish) {
    const auto certificate = Certificate::load(listener_).value();
    const auto first = certificate->current(now_);
    std::filesystem::remove(listener_.certificate);
    std::filesystem::remove(listener_.key);
    EXPECT_EQ(later(*certificate), first);
}

TEST_F(CertificateTest, IsReadAnewWhenTheCaChanges) {
    listener_.client_ca = folder_.file("ca.pem");
    net::write_file(listener_.client_ca, MadeCertificate({"first CA"}).certificate_pem());
    const auto certificate = Certificate::load(listener_).value();
    const auto first = certificate->current(now_);
    net::write_file(listener_.client_ca, MadeCertificate({"second CA"}).certificate_pem());
    EXPECT_NE(later(*certificate), first);
}

}  // namespace

}  // namespace relay::in
