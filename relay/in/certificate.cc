#include "relay/in/certificate.h"

#include <sys/stat.h>

#include "relay/log.h"

namespace relay::in {

namespace {

constexpr std::chrono::seconds kLook{1};

std::string mark_of(const std::string& file) {
    struct stat status {};
    if (file.empty() || ::stat(file.c_str(), &status) != 0) {
        return {};
    }
    return std::to_string(status.st_ino) + " " + std::to_string(status.st_size) + " " +
           std::to_string(status.st_mtim.tv_sec) + "." + std::to_string(status.st_mtim.tv_nsec);
}

}  // namespace

Certificate::Certificate(const conf::Listener& listener)
    : certificate_(listener.certificate), key_(listener.key), client_ca_(listener.client_ca) {}

conf::Result<std::shared_ptr<Certificate>> Certificate::load(const conf::Listener& listener) {
    if (listener.tls == conf::ListenerTls::None) {
        return std::shared_ptr<Certificate>();
    }
    std::shared_ptr<Certificate> certificate(new Certificate(listener));
    certificate->seen_ = certificate->marks();
    auto identity = certificate->read();
    if (!identity) {
        return identity.error();
    }
    certificate->identity_ = std::move(*identity);
    return certificate;
}

Certificate::Marks Certificate::marks() const {
    return {mark_of(certificate_), mark_of(key_), mark_of(client_ca_)};
}

conf::Result<std::shared_ptr<const net::ServerIdentity>> Certificate::read() const {
    return net::ServerIdentity::load(certificate_, key_, client_ca_);
}

std::shared_ptr<const net::ServerIdentity> Certificate::current(Clock::time_point now) {
    const std::lock_guard lock(mutex_);
    if (looked_ && now - *looked_ < kLook) {
        return identity_;
    }
    looked_ = now;
    if (auto marks_now = marks(); marks_now != seen_) {
        seen_ = std::move(marks_now);
        if (auto fresh = read()) {
            identity_ = std::move(*fresh);
            log::Event(log::Level::Info, "certificate").field("read", certificate_);
        } else {
            log::Event(log::Level::Error, "certificate")
                .field("problem", fresh.error().message())
                .field("advice", "the one read before stays in use");
        }
    }
    return identity_;
}

}  // namespace relay::in
