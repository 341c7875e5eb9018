// Whole messages with signatures of others: whatever they hold, each signature gets a verdict with
// a reason in printable ASCII; none passes without a key, and what our signer puts on top passes.
//
// Input: the value of a key record, LF, then the message.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "dkim/public_key.h"
#include "dkim/signer.h"
#include "dkim/verify.h"

namespace {

using Kind = dkim::Verdict::Kind;
using Status = dkim::KeyLookup::Status;

const conf::Instant kNow{std::chrono::seconds(1780300000)};

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

const dkim::Signer& signer() {
    static const dkim::Signer made(conf::DomainName::parse("example.com").value(),
                                   "s",
                                   dkim::PrivateKey::create(dkim::KeyType::Ed25519, 0).value(),
                                   conf::Canonicalization::Relaxed);
    return made;
}

dkim::Verdict judged(const dkim::Verifier& verifier,
                     std::size_t number,
                     const dkim::KeyLookup& lookup) {
    auto verdict = verifier.judge(number, lookup);
    require(!verdict.reason.empty());
    require(std::all_of(verdict.reason.begin(), verdict.reason.end(), [](char c) {
        return c >= ' ' && c < '\x7f';
    }));
    return verdict;
}

void judge_all(const std::string& block, std::string_view body, const std::string& record) {
    auto header = dkim::Header::parse(block);
    if (!header) {
        return;
    }
    const bool can_be_signed = header->count("From") == 1;
    dkim::BodyHash hash(conf::Canonicalization::Simple);
    hash.update(body);
    const auto own = signer().sign(*header, hash.finish(), kNow);
    require(own.has_value() == can_be_signed);

    dkim::Verifier verifier(std::move(*header), kNow);
    require(verifier.signatures().size() <= dkim::Verifier::kMaxSignatures);
    for (std::size_t at = 0, piece = 1; at < body.size(); at += piece, piece = piece * 3 % 101) {
        verifier.update(body.substr(at, piece));
    }
    verifier.finish();
    for (std::size_t i = 0; i < verifier.signatures().size(); ++i) {
        const dkim::Signature& signature = verifier.signatures()[i];
        require(signature.fault || (signature.type && !signature.domain.empty()));
        const dkim::KeyLookup found{Status::Found, {record}, {}};
        require(judged(verifier, i, found).kind != Kind::TempError);
        require(judged(verifier, i, {Status::NotFound, {}, {}}).kind != Kind::Pass);
        require(judged(verifier, i, {Status::Found, {record, record}, {}}).kind != Kind::Pass);
        const auto silent = judged(verifier, i, {Status::Unavailable, {}, "no answer"});
        require(silent.kind == Kind::TempError || signature.fault == silent);
    }
    if (own) {
        const std::string signed_block = *own + block;
        dkim::Verifier ours(dkim::Header::parse(signed_block).value(), kNow);
        ours.update(body);
        ours.finish();
        require(judged(ours, 0, {Status::Found, {signer().key().record()}, {}}).kind == Kind::Pass);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    const std::size_t line = std::min(input.find('\n'), input.size());
    const std::string record(input.substr(0, line));
    const std::string_view message = input.substr(std::min(line + 1, input.size()));
    if (const auto parsed = dkim::PublicRecord::parse(record)) {
        if (const auto key = dkim::PublicKey::read(*parsed)) {
            require(key->bits() > 0);
            (void)key->verifies({}, message);
        }
    }
    // Seeds are easier to write with LF.
    std::string text;
    for (const char c : message) {
        if (c == '\n' && !text.ends_with('\r')) {
            text += '\r';
        }
        text += c;
    }
    const std::size_t end = text.find("\r\n\r\n");
    if (end == std::string::npos) {
        judge_all(text, {}, record);
    } else {
        judge_all(text.substr(0, end + 2), std::string_view(text).substr(end + 4), record);
    }
    return 0;
}
