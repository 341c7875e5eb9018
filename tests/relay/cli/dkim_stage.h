// DkimStage: a folder with a key, a message and a configuration in which the DNS shows that key.
#pragma once

#include <cstdio>
#include <fstream>
#include <memory>
#include <string>
#include <sys/stat.h>

#include <gtest/gtest.h>

#include "conf/config.h"
#include "dkim/key.h"
#include "tests/support/temporary_folder.h"

namespace relay::cli {

class DkimStage : public testing::Test {
protected:
    struct Printed {
        int status = 0;
        std::string out;
        std::string error;
    };

    DkimStage() {
        config_.domains.push_back({conf::DomainName::parse("example.com").value(),
                                   false,
                                   {{"e", write("e.pem", key_.pem()), {}, {}}},
                                   false,
                                   true,
                                   {}});
        config_.dns.local_data = {"e._domainkey.example.com. TXT \"" + key_.record() + "\""};
        // Nobody answers there: what local data does not say is unknown.
        config_.dns.servers = {{conf::IpAddress::parse("127.0.0.1").value(), 1, ""}};
        config_.dns.timeout = std::chrono::milliseconds(100);
    }

    std::string write(const std::string& name, const std::string& text) {
        std::ofstream(folder_.file(name), std::ios::binary) << text;
        ::chmod(folder_.file(name).c_str(), 0600);
        return folder_.file(name);
    }
    [[nodiscard]] std::shared_ptr<const conf::Config> shared() const {
        return std::make_shared<conf::Config>(config_);
    }
    template <class Command>
    static Printed run(const Command& command) {
        testing::internal::CaptureStdout();
        testing::internal::CaptureStderr();
        Printed printed;
        printed.status = command();
        (void)std::fflush(stdout);
        printed.out = testing::internal::GetCapturedStdout();
        printed.error = testing::internal::GetCapturedStderr();
        return printed;
    }

    support::TemporaryFolder folder_;
    dkim::PrivateKey key_ = dkim::PrivateKey::create(dkim::KeyType::Ed25519, 0).value();
    conf::Config config_;
    const std::string message_ =
        "From: Shop <shop@example.com>\r\nTo: user@example.net\r\nSubject: Hi\r\n\r\nHello\r\n";
};

}  // namespace relay::cli
