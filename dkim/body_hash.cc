#include "dkim/body_hash.h"

#include <algorithm>
#include <cstring>

#include "dkim/ascii.h"
#include "dkim/canonical.h"
#include "dkim/sha256.h"

namespace dkim {
namespace {

// A hash that gathers small pieces, since each call into the library costs as much as copying a few
// hundred octets; long ones are hashed where they lie.
class GatheringHash {
public:
    explicit GatheringHash(std::uint64_t limit) : limit_(limit), left_(limit) {}

    void put(std::string_view octets) {
        size_ += octets.size();
        // RFC 6376 3.5, l=: only the first octets of the canonical body are hashed.
        if (octets.size() > left_) {
            octets = octets.substr(0, static_cast<std::size_t>(left_));
        }
        left_ -= octets.size();
        if (octets.size() > kLong) {
            flush();
            hash_.update(octets);
            return;
        }
        if (octets.size() > gathered_.size() - used_) {
            flush();
        }
        std::memcpy(gathered_.data() + used_, octets.data(), octets.size());
        used_ += octets.size();
    }

    Sha256Digest finish() {
        flush();
        ended_size_ = size_;
        size_ = 0;
        left_ = limit_;
        return hash_.finish();
    }

    [[nodiscard]] std::uint64_t ended_size() const { return ended_size_; }

private:
    static constexpr std::size_t kLong = 512;

    void flush() {
        hash_.update({gathered_.data(), used_});
        used_ = 0;
    }

    Sha256 hash_;
    std::uint64_t limit_;
    std::uint64_t left_;
    std::uint64_t size_ = 0;
    std::uint64_t ended_size_ = 0;
    std::size_t used_ = 0;
    std::array<char, 4 * kLong> gathered_;  // only the first `used_` octets count
};

constexpr std::string_view kLineEnds =
    "\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n";

}  // namespace

// What may not be hashed yet is held back as counts and flags, never as octets: line ends (they
// count only if text follows), white space (only if text follows in its line) and a CR (only with
// the next octet is it a line end or not). A CR or LF by itself is an ordinary octet.
struct BodyHash::State {
    State(conf::Canonicalization of, std::uint64_t limit) : canonicalization(of), hash(limit) {}

    conf::Canonicalization canonicalization;
    GatheringHash hash;
    std::uint64_t line_ends = 0;
    bool space = false;  // relaxed only
    bool carriage_return = false;
    bool any_text = false;

    // Text follows: everything held back becomes part of the body.
    void release() {
        while (line_ends > 0) {
            const std::uint64_t count = std::min<std::uint64_t>(line_ends, kLineEnds.size() / 2);
            hash.put(kLineEnds.substr(0, static_cast<std::size_t>(count) * 2));
            line_ends -= count;
        }
        if (space) {
            hash.put(" ");
            space = false;
        }
        if (carriage_return) {
            hash.put("\r");
            carriage_return = false;
        }
        any_text = true;
    }

    // Hashes lines that need no change, but holds back the line ends behind the last text.
    void put_lines(const char* from, const char* to) {
        const char* last = to;
        while (last - from >= 2 && last[-1] == '\n' && last[-2] == '\r') {
            last -= 2;
        }
        if (last != from) {
            release();
            hash.put({from, static_cast<std::size_t>(last - from)});
        }
        line_ends += static_cast<std::uint64_t>(to - last) / 2;
    }

    // Lines up to the end of a piece, whose last CR waits for the next piece.
    void put_last_lines(const char* from, const char* end) {
        const bool cut = from != end && end[-1] == '\r';
        put_lines(from, cut ? end - 1 : end);
        carriage_return = cut;
    }

    // Settles what the last piece left open; returns where plain lines go on.
    const char* resume(const char* at, const char* end) {
        if (carriage_return) {
            if (*at != '\n') {
                release();
                return at;
            }
            // RFC 6376 3.4.4 a: ignore all whitespace at the end of lines.
            carriage_return = false;
            space = false;
            ++line_ends;
            return at + 1;
        }
        return space ? end_of_white_space(at, end) : at;
    }

    // Behind white space (`space` is set, `at` may stand on more of it): decides whether it ends
    // its line.
    const char* end_of_white_space(const char* at, const char* end) {
        while (at != end && is_wsp(*at)) {
            ++at;
        }
        if (at == end) {
            return end;
        }
        if (*at == '\r') {
            if (at + 1 == end) {
                carriage_return = true;
                return end;
            }
            if (at[1] == '\n') {
                space = false;
                return at;
            }
        }
        release();
        return at;
    }

    // RFC 6376 3.4.3: ignores all empty lines at the end of the message body, and nothing else.
    void update_simple(const char* at, const char* end) { put_last_lines(resume(at, end), end); }

    // RFC 6376 3.4.4
    void update_relaxed(const char* at, const char* end) {
        at = resume(at, end);
        while (at != end) {
            const char* const stop = find_reducible(at, end);
            if (stop == end) {
                put_last_lines(at, end);
                return;
            }
            // a. Reduce whitespace: ignore all whitespace at the end of lines; reduce all sequences
            // of WSP within a
            //    line to a single SP character.
            put_lines(at, stop);
            space = true;
            at = end_of_white_space(stop, end);
        }
    }

    Digest finish() {
        if (carriage_return) {
            release();
        }
        space = false;
        line_ends = 0;
        // RFC 6376 3.4.3: if there is no body or no trailing CRLF on the message body, a CRLF is
        // added. RFC 6376 3.4.4 b: ... if the body is non-empty but does not end with a CRLF, a
        // CRLF is added.
        if (canonicalization == conf::Canonicalization::Simple || any_text) {
            hash.put("\r\n");
        }
        any_text = false;
        return {hash.finish(), canonicalization};
    }
};

BodyHash::BodyHash(conf::Canonicalization canonicalization, std::uint64_t limit)
    : state_(std::make_unique<State>(canonicalization, limit)) {}

BodyHash::~BodyHash() = default;
BodyHash::BodyHash(BodyHash&&) noexcept = default;
BodyHash& BodyHash::operator=(BodyHash&&) noexcept = default;

void BodyHash::update(std::string_view octets) {
    if (octets.empty()) {
        return;
    }
    const char* const begin = octets.data();
    const char* const end = begin + octets.size();
    switch (state_->canonicalization) {
        case conf::Canonicalization::Simple:
            state_->update_simple(begin, end);
            return;
        case conf::Canonicalization::Relaxed:
            state_->update_relaxed(begin, end);
            return;
    }
}

Digest BodyHash::finish() {
    return state_->finish();
}

std::uint64_t BodyHash::size() const {
    return state_->hash.ended_size();
}

}  // namespace dkim
