#include "queue/mail_file.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <limits>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include "conf/utf8.h"
#include "queue/envelope_codec.h"
#include "queue/errors.h"

namespace queue {
namespace {

constexpr std::string_view kMagic = "signet-mail ";
constexpr char kVersion = '1';
constexpr std::size_t kRandom = 16;
constexpr std::size_t kDigest = 32;
constexpr std::uint64_t kLength = 4;  // octets of a length

/// What was accepted before 2000 or after 2200 was not: no arithmetic with it can overflow.
constexpr std::chrono::sys_days kEarliest =
    std::chrono::year{2000} / std::chrono::January / std::chrono::day{1};
constexpr std::chrono::sys_days kLatest =
    std::chrono::year{2200} / std::chrono::January / std::chrono::day{1};

conf::Error refused(const std::string& name, const char* doing) {
    const int number = errno;
    return conf::Error{{number, boost::system::system_category()}, name + ": " + doing};
}

void require(bool works) {
    if (!works) {
        std::abort();  // a library without SHA-256
    }
}

void put(std::string& octets, std::uint64_t number, std::uint64_t width) {
    for (std::uint64_t i = width; i > 0; --i) {
        octets += static_cast<char>(number >> (8 * (i - 1)) & 255U);
    }
}

void put(std::string& octets, std::string_view text) {
    put(octets, text.size(), kLength);
    octets += text;
}

std::string hex(std::string_view octets) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string text;
    for (const char c : octets) {
        const auto octet = static_cast<unsigned char>(c);
        text += kDigits[octet >> 4U];
        text += kDigits[octet & 15U];
    }
    return text;
}

bool has_control(std::string_view text) {
    return std::any_of(text.begin(), text.end(), [](char c) {
        const auto octet = static_cast<unsigned char>(c);
        return octet < 0x20 || octet == 0x7f;
    });
}

/// What goes into a command line as it is (RFC 3461 4.2 and 4.4, xtext).
bool is_printable(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c <= '~'; });
}

bool is_sane(Instant time) {
    return time >= Instant(kEarliest) && time < Instant(kLatest);
}

/// RFC 3461 4.2: addr-type ";" xtext; an address may have UTF-8 (RFC 6533).
bool is_sane(const Recipient& recipient) {
    const std::string& original = recipient.dsn.original_recipient;
    return Address::parse(recipient.address.text(), Characters::Utf8) && !has_control(original) &&
           original.find(' ') == std::string::npos && conf::is_utf8(original) &&
           (!recipient.last || !has_control(recipient.last->host + recipient.last->ip)) &&
           (recipient.due == Instant::max() || recipient.due == Instant{} ||
            is_sane(recipient.due));
}

/// The codec takes what was parsed before it was stored; of a file nobody knows.
bool is_sane(const Envelope& envelope) {
    const bool sender = envelope.sender.is_null() ||
                        Address::parse(envelope.sender.text(), Characters::Utf8).has_value();
    const bool texts = !has_control(envelope.client) && is_printable(envelope.author_domain) &&
                       is_printable(envelope.signed_by) && !has_control(envelope.hold.reason) &&
                       is_printable(envelope.envelope_id);
    const bool times = is_sane(envelope.accepted) &&
                       (envelope.hold.since == Instant{} || is_sane(envelope.hold.since));
    return sender && texts && times && envelope.is_open() &&
           std::all_of(envelope.recipients.begin(), envelope.recipients.end(), [](const auto& one) {
               return is_sane(one);
           });
}

}  // namespace

MailHash::MailHash() : context_(EVP_MD_CTX_new()) {
    require(context_ != nullptr && EVP_DigestInit_ex2(context_.get(), EVP_sha256(), nullptr) == 1);
}

void MailHash::update(std::string_view octets) {
    require(EVP_DigestUpdate(context_.get(), octets.data(), octets.size()) == 1);
}

std::string MailHash::finish() {
    std::array<unsigned char, kDigest> digest{};
    require(EVP_DigestFinal_ex(context_.get(), digest.data(), nullptr) == 1);
    return {digest.begin(), digest.end()};
}

// Writing.

MailWriter::MailWriter(OpenFile file, std::string name)
    : file_(std::move(file)), name_(std::move(name)) {}

conf::Result<void> MailWriter::begin(const Envelope& envelope, const Content& content) {
    std::string envelope_octets;
    EnvelopeCodec::encode(envelope, envelope_octets);
    std::string random(kRandom, '\0');
    if (::getrandom(random.data(), random.size(), 0) != static_cast<ssize_t>(random.size())) {
        return refused(name_, "no random octets");
    }
    if (envelope_octets.size() > MailReader::kMaxEnvelope ||
        content.signatures.size() > MailReader::kMaxSignatures ||
        content.header.size() > MailReader::kMaxHeader ||
        content.body_hash.size() > MailReader::kMaxHash || content.chunks < 0) {
        return error(errc::Damaged, envelope.id.text() + ": it is larger than a message can be");
    }
    std::string octets(kMagic);
    octets += kVersion;
    octets += '\n';
    octets += random;
    put(octets, static_cast<std::uint64_t>(envelope.id.number()), 8);
    put(octets, envelope_octets);
    put(octets, content.signatures);
    put(octets, content.header);
    put(octets, content.body_hash);
    put(octets, content.body_size, 8);
    put(octets, static_cast<std::uint64_t>(content.chunks), 4);
    return write(octets);
}

conf::Result<void> MailWriter::piece(std::string_view octets) {
    if (octets.size() > MailReader::kMaxPiece) {
        return error(errc::Damaged, name_ + ": a part of the body is larger than one can be");
    }
    std::string length;
    put(length, octets.size(), kLength);
    if (auto written = write(length); !written) {
        return written;
    }
    return write(octets);
}

conf::Result<std::string> MailWriter::end() {
    const std::string digest = hash_.finish();
    if (auto written = write(digest); !written) {
        return written.error();
    }
    if (::fsync(file_.number()) != 0) {
        return refused(name_, "cannot sync it");
    }
    return hex(digest);
}

conf::Result<void> MailWriter::write(std::string_view octets) {
    hash_.update(octets);
    while (!octets.empty()) {
        const ssize_t count = ::write(file_.number(), octets.data(), octets.size());
        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count <= 0) {
            return refused(name_, "cannot write it");
        }
        octets.remove_prefix(static_cast<std::size_t>(count));
    }
    return {};
}

// Reading.

conf::Result<MailReader> MailReader::open(OpenFile file, std::string name) {
    struct stat found {};
    if (::fstat(file.number(), &found) != 0) {
        return refused(name, "cannot look at it");
    }
    if (!S_ISREG(found.st_mode)) {
        return error(errc::Damaged, name + ": it is no file");
    }
    MailReader reader(std::move(file), std::move(name), static_cast<std::uint64_t>(found.st_size));
    if (auto done = reader.rewind(); !done) {
        return done.error();
    }
    return reader;
}

conf::Result<void> MailReader::rewind() {
    if (::lseek(file_.number(), 0, SEEK_SET) != 0) {
        return refused(name_, "cannot read it");
    }
    hash_ = MailHash();
    left_ = size_;
    pieces_ = body_left_ = 0;
    digest_.clear();
    return {};
}

conf::Error MailReader::damaged(std::string_view what) const {
    return error(errc::Damaged, name_ + ": " + std::string(what));
}

/// Nothing is reserved for what the file cannot have.
conf::Result<std::string> MailReader::raw(std::uint64_t count) {
    if (count > left_) {
        return damaged("it is cut short");
    }
    std::string octets(static_cast<std::size_t>(count), '\0');
    std::size_t have = 0;
    while (have < octets.size()) {
        const ssize_t more = ::read(file_.number(), octets.data() + have, octets.size() - have);
        if (more < 0 && errno == EINTR) {
            continue;
        }
        if (more < 0) {
            return refused(name_, "cannot read it");
        }
        if (more == 0) {
            return damaged("it is cut short");
        }
        have += static_cast<std::size_t>(more);
    }
    left_ -= count;
    return octets;
}

conf::Result<std::string> MailReader::octets(std::uint64_t count) {
    auto octets = raw(count);
    if (octets) {
        hash_.update(*octets);
    }
    return octets;
}

conf::Result<std::uint64_t> MailReader::number(std::uint64_t width) {
    const auto read = octets(width);
    if (!read) {
        return read.error();
    }
    std::uint64_t value = 0;
    for (const char c : *read) {
        value = value << 8U | static_cast<unsigned char>(c);
    }
    return value;
}

conf::Result<std::string> MailReader::text(std::uint64_t most, std::string_view what) {
    const auto length = number(kLength);
    if (!length) {
        return length.error();
    }
    if (*length > most) {
        return damaged(std::string(what) + " is larger than it can be");
    }
    return octets(*length);
}

conf::Result<void> MailReader::read_version() {
    const auto begin = octets(std::min<std::uint64_t>(left_, kMagic.size() + 2));
    if (!begin) {
        return begin.error();
    }
    const std::string own = std::string(kMagic) + kVersion + '\n';
    if (*begin == own) {
        return {};
    }
    if (own.starts_with(*begin)) {
        return damaged("it is cut short");
    }
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    if (!begin->starts_with(kMagic) || begin->size() != own.size() ||
        !is_digit((*begin)[kMagic.size()])) {
        return damaged("it is no mail of Signet");
    }
    if ((*begin)[kMagic.size()] > kVersion ||
        ((*begin)[kMagic.size()] == kVersion && is_digit(begin->back()))) {
        return conf::Error{{},
                           name_ +
                               ": a newer version of Signet has written it: import it with "
                               "that version or a later one"};
    }
    return damaged("it is no mail of Signet");
}

conf::Result<MailHead> MailReader::head() {
    if (auto version = read_version(); !version) {
        return version.error();
    }
    if (auto random = octets(kRandom); !random) {
        return random.error();
    }
    const auto id = number(8);
    if (!id) {
        return id.error();
    }
    if (*id == 0 || *id > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
        return damaged("its queue id is none");
    }
    const auto encoded = text(kMaxEnvelope, "the envelope");
    if (!encoded) {
        return encoded.error();
    }
    auto envelope = EnvelopeCodec::decode(MessageId(static_cast<std::int64_t>(*id)), *encoded);
    if (!envelope) {
        return damaged(envelope.error().detail);
    }
    if (!is_sane(*envelope)) {
        return damaged("its envelope is none that a relay could have had");
    }
    MailHead head;
    head.envelope = std::move(*envelope);
    struct Part {
        std::string& to;
        std::uint64_t most;
        const char* name;
    };
    Content& content = head.content;
    for (const Part& part : {Part{content.signatures, kMaxSignatures, "the signatures"},
                             Part{content.header, kMaxHeader, "the header"},
                             Part{content.body_hash, kMaxHash, "the digest of the body"}}) {
        auto read = text(part.most, part.name);
        if (!read) {
            return read.error();
        }
        part.to = std::move(*read);
    }
    const auto body_size = number(8);
    if (!body_size) {
        return body_size.error();
    }
    const auto rows = number(4);
    if (!rows) {
        return rows.error();
    }
    // Each row has its length before it, whatever it holds.
    if (*body_size > left_ || *rows > left_ / kLength ||
        *rows > static_cast<std::uint64_t>(std::numeric_limits<int>::max())) {
        return damaged("it is cut short");
    }
    content.body_size = *body_size;
    content.chunks = static_cast<int>(*rows);
    body_left_ = *body_size;
    pieces_ = std::max<std::uint64_t>(*rows, 1);
    return head;
}

conf::Result<std::optional<std::string>> MailReader::piece() {
    if (pieces_ == 0) {
        if (auto done = finish(); !done) {
            return done.error();
        }
        return std::optional<std::string>();
    }
    auto octets = text(kMaxPiece, "a part of the body");
    if (!octets) {
        return octets.error();
    }
    if (octets->size() > body_left_) {
        return damaged("the body is longer than it says");
    }
    body_left_ -= octets->size();
    --pieces_;
    return std::optional(std::move(*octets));
}

conf::Result<void> MailReader::finish() {
    if (!digest_.empty()) {
        return {};
    }
    if (body_left_ != 0) {
        return damaged("the body is shorter than it says");
    }
    if (left_ != kDigest) {
        return damaged(left_ < kDigest ? "it is cut short" : "something is behind its end");
    }
    const std::string right = hash_.finish();
    const auto read = raw(kDigest);
    if (!read) {
        return read.error();
    }
    if (*read != right) {
        return damaged("its checksum is wrong");
    }
    digest_ = hex(right);
    return {};
}

}  // namespace queue
