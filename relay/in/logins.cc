#include "relay/in/logins.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include "conf/base64.h"

namespace relay::in {

namespace {

constexpr std::size_t kThreads = 2;
constexpr std::size_t kNonce = 18;
constexpr int kDecoyIterations = 10'000;  // what `signet hash-password` writes

std::string random_octets(std::size_t count) {
    std::string octets(count, '\0');
    // RAND_bytes fails only where the system gives no entropy at all; nobody may log in then.
    if (RAND_bytes(reinterpret_cast<unsigned char*>(octets.data()), static_cast<int>(count)) != 1) {
        throw std::runtime_error("no random numbers");
    }
    return octets;
}

std::string hmac_sha256(const std::string& key, std::string_view octets) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    HMAC(EVP_sha256(),
         key.data(),
         static_cast<int>(key.size()),
         reinterpret_cast<const unsigned char*>(octets.data()),
         octets.size(),
         digest.data(),
         &size);
    return {reinterpret_cast<const char*>(digest.data()), size};
}

/// The address, or the network of an IPv6 address.
conf::IpAddress counted_as(const conf::IpAddress& client) {
    if (client.is_v4()) {
        return client;
    }
    std::array<std::uint8_t, 16> octets{};
    std::memcpy(octets.data(), client.octets().data(), octets.size() / 2);
    return conf::IpAddress::v6(octets);
}

}  // namespace

Logins::Logins(Current& current) : current_(current), secret_(random_octets(32)), pool_(kThreads) {}

conf::ScramVerifier Logins::verifier_of(std::string_view user) const {
    if (const auto* known = current_.get().config->find_user(user)) {
        return known->password;
    }
    conf::ScramVerifier decoy;
    decoy.iterations = kDecoyIterations;
    decoy.salt = hmac_sha256(secret_, "salt " + std::string(user)).substr(0, 16);
    // Nobody knows a password of these keys: they come from no password.
    decoy.stored_key = hmac_sha256(secret_, "stored " + std::string(user));
    decoy.server_key = hmac_sha256(secret_, "server " + std::string(user));
    return decoy;
}

std::string Logins::make_nonce() {
    return conf::encode_base64(random_octets(kNonce));
}

net::Task<bool> Logins::check(conf::ScramVerifier verifier, std::string password) {
    std::function<bool()> stretch = [verifier = std::move(verifier),
                                     password = std::move(password)]() mutable {
        const bool matches = smtp::password_matches(verifier, password);
        OPENSSL_cleanse(password.data(), password.size());
        return matches;
    };
    co_return co_await pool_.run<bool>(std::move(stretch));
}

bool Logins::is_locked(const conf::IpAddress& client, Clock::time_point now) {
    const std::lock_guard lock(mutex_);
    const auto found = records_.find(counted_as(client));
    return found != records_.end() && now < found->second.locked_until;
}

bool Logins::failed(const conf::IpAddress& client, Clock::time_point now) {
    const std::lock_guard lock(mutex_);
    if (records_.size() >= kAddresses) {
        forget_old(now);
    }
    Record& record = records_[counted_as(client)];
    if (record.failures == 0 || now - record.first > kMemory) {
        record = {0, now, {}};
    }
    if (++record.failures < kFailures) {
        return false;
    }
    record.failures = 0;
    record.locked_until = now + kLock;
    return true;
}

void Logins::succeeded(const conf::IpAddress& client) {
    const std::lock_guard lock(mutex_);
    records_.erase(counted_as(client));
}

void Logins::forget_old(Clock::time_point now) {
    std::erase_if(records_, [now](const auto& entry) {
        return now - entry.second.first > kMemory && now >= entry.second.locked_until;
    });
    // Attacked from more addresses than that: the oldest record goes.
    while (records_.size() >= kAddresses) {
        records_.erase(
            std::min_element(records_.begin(), records_.end(), [](const auto& a, const auto& b) {
                return a.second.first < b.second.first;
            }));
    }
}

}  // namespace relay::in
