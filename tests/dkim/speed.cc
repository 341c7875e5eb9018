// Speed: how much canonicalization and signing cost beyond the hash and the private key operation
// that nobody can avoid.
//
// Prints both ratios, measured in turns in one process, best of several rounds; exits 1 when one
// misses its bound: 10 KiB relaxed and hashed at 0.7 of the speed of SHA-256 alone or better, one
// signature within 5 % of the bare operation. For release builds; no part of the test run, since a
// busy machine would fail it.

#include <chrono>
#include <cstdio>
#include <cstring>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "dkim/body_hash.h"
#include "dkim/field.h"
#include "dkim/key.h"
#include "dkim/sha256.h"
#include "dkim/signer.h"

namespace {

using Clock = std::chrono::steady_clock;

double microseconds(int times, const std::function<void()>& work) {
    const auto begin = Clock::now();
    for (int i = 0; i < times; ++i) {
        work();
    }
    return std::chrono::duration<double, std::micro>(Clock::now() - begin).count() / times;
}

// Prose: lines of some seventy octets, single spaces, now and then a doubled one, an indent or an
// empty line.
std::string prose(std::size_t size) {
    std::string body;
    unsigned state = 1;
    for (int line = 0; body.size() < size; ++line) {
        if (line % 9 == 8) {
            body += "\r\n";
            continue;
        }
        if (line % 7 == 3) {
            body += "    ";
        }
        const std::size_t start = body.size();
        while (body.size() - start < 68) {
            state = state * 1103515245U + 12345U;
            body.append(2 + (state >> 16) % 9, static_cast<char>('a' + (state >> 20) % 26));
            body += (state >> 8) % 40 == 0 ? ".  " : " ";
        }
        body.back() = '.';
        body += "\r\n";
    }
    body.resize(size - 2);
    return body + "\r\n";
}

constexpr std::string_view kHeader =
    "Received: from client.example.com (client.example.com [192.0.2.1])\r\n"
    "\tby mail.example.com with ESMTP id 0123456789abc; Mon, 1 Jun 2026 10:00:00 +0000\r\n"
    "Date: Mon, 1 Jun 2026 10:00:00 +0000\r\n"
    "From: Example Shop <shop@example.com>\r\n"
    "To: Some Body <somebody@example.net>\r\n"
    "Subject: Your order of today, with a subject that is long enough\r\n to be folded once\r\n"
    "Message-ID: <20260601100000.0123456789@mail.example.com>\r\n"
    "Reply-To: support@example.com\r\n"
    "List-Unsubscribe: <https://example.com/unsubscribe/0123456789abcdef>\r\n"
    "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
    "X-Mailer: shop 1.0\r\n"
    "MIME-Version: 1.0\r\n"
    "Content-Type: text/plain; charset=utf-8\r\n"
    "Content-Transfer-Encoding: 8bit\r\n";

// The bare operation: a cached key, a context prepared once, a digest that is there already.
class BareRsa {
public:
    explicit BareRsa(const std::string& pem) {
        BIO* bio = BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
        key_ = PEM_read_bio_PrivateKey(bio, nullptr, nullptr, nullptr);
        BIO_free(bio);
        context_ = EVP_PKEY_CTX_new_from_pkey(nullptr, key_, nullptr);
        EVP_PKEY_sign_init(context_);
        EVP_PKEY_CTX_set_rsa_padding(context_, RSA_PKCS1_PADDING);
        EVP_PKEY_CTX_set_signature_md(context_, EVP_sha256());
    }
    ~BareRsa() {
        EVP_PKEY_CTX_free(context_);
        EVP_PKEY_free(key_);
    }
    BareRsa(const BareRsa&) = delete;
    BareRsa& operator=(const BareRsa&) = delete;

    void sign() {
        unsigned char signature[512];
        std::size_t size = sizeof signature;
        if (EVP_PKEY_sign(context_, signature, &size, digest_, sizeof digest_) != 1) {
            std::abort();
        }
    }

private:
    EVP_PKEY* key_ = nullptr;
    EVP_PKEY_CTX* context_ = nullptr;
    unsigned char digest_[32] = {1};
};

struct Ratio {
    double ours = 1e9;
    double bare = 1e9;
};

Ratio best_of(int rounds,
              int times,
              const std::function<void()>& bare,
              const std::function<void()>& ours) {
    Ratio best;
    for (int round = 0; round < rounds; ++round) {
        best.bare = std::min(best.bare, microseconds(times, bare));
        best.ours = std::min(best.ours, microseconds(times, ours));
    }
    return best;
}

}  // namespace

int main() {
    const std::string body = prose(10 * 1024);
    unsigned sink = 0;
    const auto hash = [&](conf::Canonicalization canonicalization) {
        dkim::BodyHash hashing(canonicalization);
        hashing.update(body);
        sink += hashing.finish().sha256[0];
    };
    const Ratio relaxed = best_of(
        20,
        1000,
        [&] { sink += dkim::sha256(body)[0]; },
        [&] { hash(conf::Canonicalization::Relaxed); });
    const Ratio pieces = best_of(
        20,
        1000,
        [&] { sink += dkim::sha256(body)[0]; },
        [&] {
            dkim::BodyHash hashing(conf::Canonicalization::Relaxed);
            for (std::size_t at = 0; at < body.size(); at += 1448) {
                hashing.update(std::string_view(body).substr(at, 1448));
            }
            sink += hashing.finish().sha256[0];
        });
    const Ratio simple = best_of(
        20,
        1000,
        [&] { sink += dkim::sha256(body)[0]; },
        [&] { hash(conf::Canonicalization::Simple); });

    const auto key = dkim::PrivateKey::create(dkim::KeyType::Rsa, 2048);
    const auto edwards = dkim::PrivateKey::create(dkim::KeyType::Ed25519, 0);
    const auto domain = conf::DomainName::parse("example.com");
    if (!key || !edwards || !domain) {
        return 3;
    }
    const dkim::Signer signer(*domain, "2026a", *key, conf::Canonicalization::Relaxed);
    const dkim::Signer second(*domain, "2026e", *edwards, conf::Canonicalization::Relaxed);
    const dkim::Digest digest{dkim::sha256(body), conf::Canonicalization::Relaxed};
    const auto sign = [&](const dkim::Signer& by) {
        const auto header = dkim::Header::parse(kHeader);
        sink += static_cast<unsigned>(by.sign(*header, digest, conf::Instant{}).value().size());
    };
    BareRsa bare(key->pem());
    const Ratio rsa = best_of(
        20, 100, [&] { bare.sign(); }, [&] { sign(signer); });
    const Ratio ed25519 = best_of(
        20, 100, [&] { (void)edwards->sign("x"); }, [&] { sign(second); });
    // Two threads with one key: what a lock in the library would cost.
    const double alone = microseconds(2000, [&] { sign(signer); });
    double both = 0;
    {
        std::thread other([&] {
            for (int i = 0; i < 2000; ++i) {
                (void)signer.key().sign("y");
            }
        });
        both = microseconds(2000, [&] { (void)signer.key().sign("z"); });
        other.join();
    }

    std::printf(
        "10 KiB: sha256 %.2f us; relaxed %.2f us (speed %.2f), in pieces of 1448 %.2f us (%.2f), "
        "simple %.2f us (%.2f)\n",
        relaxed.bare,
        relaxed.ours,
        relaxed.bare / relaxed.ours,
        pieces.ours,
        pieces.bare / pieces.ours,
        simple.ours,
        simple.bare / simple.ours);
    std::printf(
        "RSA-2048: bare %.1f us; whole signature %.1f us (%.3f); mean %.1f us, with a second "
        "thread %.1f us\n",
        rsa.bare,
        rsa.ours,
        rsa.ours / rsa.bare,
        alone,
        both);
    std::printf(
        "Ed25519: key alone %.1f us; whole signature %.1f us\n", ed25519.bare, ed25519.ours);
    const bool good = relaxed.bare / relaxed.ours >= 0.7 && rsa.ours / rsa.bare <= 1.05;
    return good && sink != 0 ? 0 : 1;
}
