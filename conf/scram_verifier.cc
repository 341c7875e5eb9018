#include "conf/scram_verifier.h"

#include <charconv>
#include <optional>

#include "conf/base64.h"
#include "conf/errors.h"

namespace conf {

namespace {

constexpr std::string_view kScheme = "SCRAM-SHA-256$";
// RFC 7677 4: at least 4096. The other bound keeps one log-in from taking seconds.
constexpr int kLeastIterations = 4'096;
constexpr int kMostIterations = 1'000'000;
constexpr std::size_t kShortestSalt = 8;
constexpr std::size_t kLongestSalt = 64;
constexpr std::size_t kKeyLength = 32;  // octets of SHA-256

/// The part of `text` in front of `separator`, which goes with it; nothing where there is none.
std::optional<std::string_view> cut(std::string_view& text, char separator) {
    const std::size_t end = text.find(separator);
    if (end == std::string_view::npos) {
        return std::nullopt;
    }
    const std::string_view part = text.substr(0, end);
    text.remove_prefix(end + 1);
    return part;
}

std::optional<int> parse_iterations(std::string_view digits) {
    int iterations = 0;
    const char* const last = digits.data() + digits.size();
    const auto [end, ec] = std::from_chars(digits.data(), last, iterations);
    // RFC 5802 7: posit-number = %x31-39 *DIGIT
    if (digits.empty() || digits.front() == '0' || ec != std::errc{} || end != last ||
        iterations < kLeastIterations || iterations > kMostIterations) {
        return std::nullopt;
    }
    return iterations;
}

}  // namespace

Result<ScramVerifier> ScramVerifier::parse(std::string_view text) {
    if (!text.starts_with(kScheme)) {
        return error(errc::BadVerifier,
                     "write what `signet hash-password` prints, from \"SCRAM-SHA-256$\" on");
    }
    text.remove_prefix(kScheme.size());
    const auto digits = cut(text, ':');
    const auto salt_text = digits ? cut(text, '$') : std::nullopt;
    const auto stored_text = salt_text ? cut(text, ':') : std::nullopt;
    if (!stored_text) {
        return error(errc::BadVerifier,
                     "behind \"SCRAM-SHA-256$\" stands ITERATIONS:SALT$STORED-KEY:SERVER-KEY");
    }
    const auto iterations = parse_iterations(*digits);
    if (!iterations) {
        return error(errc::BadVerifier, "the iterations are a whole number from 4096 to 1000000");
    }
    auto salt = decode_base64(*salt_text);
    if (!salt || salt->size() < kShortestSalt || salt->size() > kLongestSalt) {
        return error(errc::BadVerifier, "the salt is 8 to 64 octets in base64");
    }
    auto stored_key = decode_base64(*stored_text);
    auto server_key = decode_base64(text);
    if (!stored_key || stored_key->size() != kKeyLength || !server_key ||
        server_key->size() != kKeyLength) {
        return error(errc::BadVerifier, "the two keys are 32 octets each in base64");
    }
    return ScramVerifier{
        *iterations, std::move(*salt), std::move(*stored_key), std::move(*server_key)};
}

std::string ScramVerifier::text() const {
    return std::string(kScheme) + std::to_string(iterations) + ":" + encode_base64(salt) + "$" +
           encode_base64(stored_key) + ":" + encode_base64(server_key);
}

}  // namespace conf
