// dkim_speed: what canonicalization and signing cost beyond the hash and the private key operation
// that nobody can avoid.
//
// Three ratios, each PASS or FAIL: 10 KiB relaxed and hashed at 0.7 of the speed of SHA-256 alone
// or better; one RSA signature at most 1.05 of the bare operation; RSA and Ed25519 together at
// most 1.25 of RSA alone. In rounds: each does all the work in turns, ratios are taken within a
// round, and the median of the rounds counts. It is processor time, so that other work on the
// machine costs cache and nothing else. Exits 1 if one fails. For release builds.
#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <string_view>
#include <time.h>
#include <vector>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "dkim/body_hash.h"
#include "dkim/field.h"
#include "dkim/key.h"
#include "dkim/sha256.h"
#include "dkim/signer.h"
#include "tests/load/options.h"

namespace {

constexpr std::size_t kBody = std::size_t{10} * 1024;
constexpr std::size_t kPacket = 1448;  // of a body that comes over Ethernet

constexpr double kLeastHashSpeed = 0.7;
constexpr double kMostPerSignature = 1.05;
constexpr double kMostForBoth = 1.25;

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

double thread_microseconds() {
    timespec t{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return static_cast<double>(t.tv_sec) * 1e6 + static_cast<double>(t.tv_nsec) / 1e3;
}

// One kind of work, and what it took in each round.
struct Work {
    int times;  // in a round
    std::function<void()> once;
    std::vector<double> microseconds{};

    void measure() {
        const double begin = thread_microseconds();
        for (int i = 0; i < times; ++i) {
            once();
        }
        microseconds.push_back((thread_microseconds() - begin) / times);
    }
};

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return load::percentile(values, 0.5);
}

// Of the ratios within each round.
double median_ratio(const Work& work, const Work& other) {
    std::vector<double> ratios(work.microseconds.size());
    std::transform(work.microseconds.begin(),
                   work.microseconds.end(),
                   other.microseconds.begin(),
                   ratios.begin(),
                   [](double a, double b) { return a / b; });
    return median(std::move(ratios));
}

void show(const char* what, const Work& work) {
    std::printf("      %s: %.2f us\n", what, median(work.microseconds));
}

bool judge(const char* what, double value, const char* bound, bool good) {
    std::printf("%s  %s: %.3f (%s)\n", good ? "PASS" : "FAIL", what, value, bound);
    return good;
}

}  // namespace

int main(int argc, char** argv) {
    const load::Options options(argc, argv, {{"rounds", "101"}});
    const auto rounds = std::max<std::uint64_t>(1, options.number("rounds", 10000));
    const auto rsa_key = dkim::PrivateKey::create(dkim::KeyType::Rsa, 2048);
    const auto edwards_key = dkim::PrivateKey::create(dkim::KeyType::Ed25519, 0);
    const auto domain = conf::DomainName::parse("example.com");
    if (!rsa_key || !edwards_key || !domain) {
        load::fail("no keys");
    }
    using conf::Canonicalization;
    const dkim::Signer by_rsa(*domain, "2026a", *rsa_key, Canonicalization::Relaxed);
    const dkim::Signer by_edwards(*domain, "2026e", *edwards_key, Canonicalization::Relaxed);
    BareRsa bare_rsa(rsa_key->pem());
    const std::string body = prose(kBody);
    const dkim::Digest digest{dkim::sha256(body), Canonicalization::Relaxed};

    unsigned kept = 0;  // so that no work is left out
    const auto hash = [&](Canonicalization canonicalization, std::size_t piece) {
        dkim::BodyHash hashing(canonicalization);
        for (std::size_t at = 0; at < body.size(); at += piece) {
            hashing.update(std::string_view(body).substr(at, piece));
        }
        kept += hashing.finish().sha256[0];
    };
    // As the relay does: the header is read once, each selector makes a field.
    const auto sign = [&](std::initializer_list<const dkim::Signer*> signers) {
        const auto header = dkim::Header::parse(kHeader);
        for (const dkim::Signer* signer : signers) {
            kept += static_cast<unsigned>(signer->sign(*header, digest, {}).value().size());
        }
    };

    Work sha256{200, [&] { kept += dkim::sha256(body)[0]; }};
    Work relaxed{200, [&] { hash(Canonicalization::Relaxed, kBody); }};
    Work in_pieces{200, [&] { hash(Canonicalization::Relaxed, kPacket); }};
    Work simple{200, [&] { hash(Canonicalization::Simple, kBody); }};
    Work bare{20, [&] { bare_rsa.sign(); }};
    Work rsa{20, [&] { sign({&by_rsa}); }};
    Work edwards{20, [&] { sign({&by_edwards}); }};
    Work both{20, [&] { sign({&by_rsa, &by_edwards}); }};
    // What is compared stands side by side.
    const std::array<Work*, 8> all{
        &simple, &sha256, &relaxed, &in_pieces, &bare, &rsa, &both, &edwards};
    for (Work* work : all) {
        work->measure();  // warm caches, and count for nothing
        work->microseconds.clear();
    }
    for (std::uint64_t round = 0; round < rounds; ++round) {
        for (std::size_t i = 0; i < all.size(); ++i) {
            // There and back, so that what comes first is not always the same.
            all[round % 2 == 0 ? i : all.size() - 1 - i]->measure();
        }
    }

    std::printf("      median of %zu rounds, processor time\n", sha256.microseconds.size());
    show("10 KiB, SHA-256 alone", sha256);
    show("10 KiB, relaxed and hashed", relaxed);
    show("10 KiB, relaxed and hashed in pieces of 1,448", in_pieces);
    show("10 KiB, simple and hashed", simple);
    show("RSA-2048, the bare operation", bare);
    show("RSA-2048, a whole signature", rsa);
    show("Ed25519, a whole signature", edwards);
    show("both signatures", both);
    std::printf("      simple, speed by that of SHA-256 alone: %.3f\n",
                median_ratio(sha256, simple));
    std::printf("      relaxed in pieces, the same: %.3f\n", median_ratio(sha256, in_pieces));
    const double speed = median_ratio(sha256, relaxed);
    const double one = median_ratio(rsa, bare);
    const double two = median_ratio(both, rsa);
    const std::array<bool, 3> good{
        judge("relaxed, speed by that of SHA-256 alone",
              speed,
              "at least 0.7",
              speed >= kLeastHashSpeed),
        judge(
            "a signature by the bare RSA operation", one, "at most 1.05", one <= kMostPerSignature),
        judge("RSA and Ed25519 by RSA alone", two, "at most 1.25", two <= kMostForBoth)};
    return std::count(good.begin(), good.end(), true) == 3 && kept != 0 ? 0 : 1;
}
