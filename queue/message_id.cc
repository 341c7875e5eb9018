#include "queue/message_id.h"

#include <algorithm>
#include <array>
#include <cassert>

namespace queue {
namespace {

using std::chrono::milliseconds;

constexpr std::string_view kAlphabet = "0123456789abcdefghjkmnpqrstvwxyz";
constexpr std::size_t kLength = 13;
constexpr int kSequenceBits = 11;
constexpr int kNodeBits = 10;
constexpr int kTimeShift = kSequenceBits + kNodeBits;
constexpr std::int64_t kMaxTime = (std::int64_t{1} << 42) - 1;
constexpr std::int64_t kMaxSequence = (std::int64_t{1} << kSequenceBits) - 1;

constexpr std::chrono::sys_days kEpoch =
    std::chrono::year{2024} / std::chrono::January / std::chrono::day{1};

/// The value of each octet as a digit, or -1.
constexpr std::array<std::int16_t, 256> make_digits() {
    std::array<std::int16_t, 256> digits{};
    digits.fill(-1);
    for (std::size_t value = 0; value < kAlphabet.size(); ++value) {
        const char c = kAlphabet[value];
        digits[static_cast<unsigned char>(c)] = static_cast<std::int16_t>(value);
        if (c >= 'a') {
            digits[static_cast<unsigned char>(c - 'a' + 'A')] = static_cast<std::int16_t>(value);
        }
    }
    return digits;
}
constexpr std::array<std::int16_t, 256> kDigits = make_digits();

}  // namespace

std::optional<MessageId> MessageId::parse(std::string_view text) {
    if (text.size() != kLength) {
        return std::nullopt;
    }
    std::uint64_t number = 0;
    for (const char c : text) {
        const int digit = kDigits[static_cast<unsigned char>(c)];
        if (digit < 0) {
            return std::nullopt;
        }
        // 13 characters are 65 bits, an id has 63: the first character is at most 7.
        if (number >> 58 != 0) {
            return std::nullopt;
        }
        number = number << 5 | static_cast<std::uint64_t>(digit);
    }
    return MessageId(static_cast<std::int64_t>(number));
}

std::string MessageId::text() const {
    assert(number_ >= 0);
    std::string text(kLength, '0');
    auto rest = static_cast<std::uint64_t>(number_);
    for (auto at = text.rbegin(); at != text.rend(); ++at) {
        *at = kAlphabet[rest & 31];
        rest >>= 5;
    }
    return text;
}

Instant MessageId::time() const {
    return Instant(kEpoch) + milliseconds(number_ >> kTimeShift);
}

MessageId IdSource::next(Instant now) {
    assert(node_ < 1 << kNodeBits);
    const std::int64_t last = last_.number();
    const std::int64_t now_time =
        std::clamp<std::int64_t>((now - Instant(kEpoch)).count(), 0, kMaxTime);
    const std::int64_t time = std::max(now_time, last >> kTimeShift);
    const auto first_of = [this](std::int64_t t) {
        return t << kTimeShift | std::int64_t{node_} << kSequenceBits;
    };

    std::int64_t number = first_of(time);
    if (number <= last) {
        // The clock has not moved on: count up in this millisecond, or borrow the next one. `last`
        // may be of another node (a changed setting), whose numbers are not ours to continue.
        const bool continues = last >> kSequenceBits == number >> kSequenceBits &&
                               (last & kMaxSequence) < kMaxSequence;
        number = continues ? last + 1 : first_of(time + 1);
    }
    last_ = MessageId(number);
    return last_;
}

}  // namespace queue
