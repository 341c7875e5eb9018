#include "queue/envelope_codec.h"

#include <array>
#include <initializer_list>
#include <utility>

#include <boost/crc.hpp>

#include "queue/errors.h"

namespace queue {
namespace {

// The newest version, and what the older ones lack.
constexpr std::uint8_t kVersion = 4;
constexpr std::uint8_t kWithoutPerson = 3;  // who holds, and whether a delay was told
constexpr std::uint8_t kWithoutRequireTls = 2;
constexpr std::uint8_t kWithoutDsn = 1;  // nor RET, ENVID, NOTIFY, ORCPT and SMTPUTF8
constexpr std::size_t kSeal = 4;
/// No recipient takes fewer octets, so a count can be checked before anything is reserved for it.
constexpr std::size_t kShortestRecipient = 5;

/// A set of yes and no, lowest bit first.
unsigned packed(std::initializer_list<bool> flags) {
    unsigned octet = 0;
    unsigned bit = 1;
    for (const bool flag : flags) {
        octet |= flag ? bit : 0;
        bit <<= 1;
    }
    return octet;
}
bool is_set(unsigned octet, unsigned bit) {
    return (octet >> bit & 1) == 1;
}

}  // namespace

std::string EnvelopeCodec::seal(MessageId id, std::string_view octets) {
    std::array<char, 8> key{};
    auto rest = static_cast<std::uint64_t>(id.number());
    for (char& octet : key) {
        octet = static_cast<char>(rest & 255);
        rest >>= 8;
    }
    boost::crc_32_type crc;
    crc.process_bytes(key.data(), key.size());
    crc.process_bytes(octets.data(), octets.size());
    std::uint32_t sum = crc.checksum();
    std::string sealed(kSeal, '\0');
    for (char& octet : sealed) {
        octet = static_cast<char>(sum & 255);
        sum >>= 8;
    }
    return sealed;
}

class EnvelopeCodec::Writer {
public:
    explicit Writer(std::string& out) : out_(out) {}

    void octet(unsigned value) { out_.push_back(static_cast<char>(value)); }

    void number(std::uint64_t value) {
        while (value > 127) {
            octet(static_cast<unsigned>(value & 127) | 128);
            value >>= 7;
        }
        octet(static_cast<unsigned>(value));
    }

    void instant(Instant value) {
        number(static_cast<std::uint64_t>(value.time_since_epoch().count()));
    }

    void text(std::string_view value) {
        number(value.size());
        out_.append(value);
    }

    void outcome(const Outcome& outcome) {
        octet(static_cast<unsigned>(outcome.kind));
        octet(outcome.status.klass);
        number(outcome.status.subject);
        number(outcome.status.detail);
        text(outcome.text);
        text(outcome.host);
        text(outcome.ip);
        octet(packed({outcome.remote, outcome.passed_on_dsn}));
    }

    void recipient(const Recipient& recipient) {
        text(recipient.address.text());
        octet(static_cast<unsigned>(recipient.state));
        number(static_cast<std::uint64_t>(recipient.attempts));
        instant(recipient.due);
        octet(recipient.last ? 1 : 0);
        if (recipient.last) {
            outcome(*recipient.last);
        }
        const Notify& notify = recipient.dsn.notify;
        octet(packed({notify.never, notify.success, notify.failure, notify.delay}));
        text(recipient.dsn.original_recipient);
    }

private:
    std::string& out_;
};

/// After the first fault every read gives zero or nothing and `ok` stays false.
class EnvelopeCodec::Reader {
public:
    explicit Reader(std::string_view octets) : rest_(octets), version_(octet(255)) {}

    [[nodiscard]] bool ok() const { return ok_; }
    [[nodiscard]] std::size_t left() const { return rest_.size(); }
    [[nodiscard]] bool knows_version() const {
        return version_ >= kWithoutDsn && version_ <= kVersion;
    }
    [[nodiscard]] bool has_dsn() const { return version_ > kWithoutDsn; }
    /// All of the envelope's flags that this version can have.
    [[nodiscard]] unsigned most_flags() const {
        return version_ > kWithoutPerson ? 31 : version_ > kWithoutRequireTls ? 7 : 3;
    }

    void refuse() {
        ok_ = false;
        rest_ = {};
    }

    std::uint8_t octet(unsigned highest) {
        if (rest_.empty() || static_cast<unsigned char>(rest_.front()) > highest) {
            refuse();
            return 0;
        }
        const auto value = static_cast<std::uint8_t>(rest_.front());
        rest_.remove_prefix(1);
        return value;
    }

    std::uint64_t number() {
        std::uint64_t value = 0;
        for (unsigned shift = 0; shift < 64; shift += 7) {
            const std::uint64_t next = octet(255);
            if (shift == 63 && next > 1) {
                break;
            }
            value |= (next & 127) << shift;
            if (next < 128) {
                return value;
            }
        }
        refuse();
        return 0;
    }

    std::uint64_t number(std::uint64_t highest) {
        const std::uint64_t value = number();
        if (value > highest) {
            refuse();
            return 0;
        }
        return value;
    }

    Instant instant() { return Instant(Duration(static_cast<std::int64_t>(number()))); }

    std::string text() {
        const std::uint64_t length = number(rest_.size());
        if (!ok_ || length > rest_.size()) {
            refuse();
            return {};
        }
        std::string value(rest_.substr(0, length));
        rest_.remove_prefix(length);
        return value;
    }

    /// What was stored had been parsed before; only what the class itself relies on is looked at
    /// again.
    Address address() {
        Address address;
        address.text_ = text();
        if (address.text_.empty()) {
            return address;
        }
        address.at_ = address.text_.rfind('@');  // a domain has no '@', a quoted local part may
        if (address.at_ == std::string::npos || address.at_ == 0 ||
            address.at_ + 1 == address.text_.size()) {
            refuse();
            return {};
        }
        return address;
    }

    Outcome outcome() {
        Outcome outcome;
        outcome.kind =
            static_cast<Outcome::Kind>(octet(static_cast<unsigned>(Outcome::Kind::Failed)));
        outcome.status.klass = octet(9);
        outcome.status.subject = static_cast<std::uint16_t>(number(999));
        outcome.status.detail = static_cast<std::uint16_t>(number(999));
        outcome.text = text();
        outcome.host = text();
        outcome.ip = text();
        const unsigned flags = octet(has_dsn() ? 3 : 1);
        outcome.remote = is_set(flags, 0);
        outcome.passed_on_dsn = is_set(flags, 1);
        return outcome;
    }

    DsnRequest dsn() {
        const unsigned flags = octet(15);
        DsnRequest request;
        request.notify = {is_set(flags, 0), is_set(flags, 1), is_set(flags, 2), is_set(flags, 3)};
        request.original_recipient = text();
        return request;
    }

    Recipient recipient() {
        Recipient recipient;
        recipient.address = address();
        recipient.state =
            static_cast<Recipient::State>(octet(static_cast<unsigned>(Recipient::State::Deleted)));
        recipient.attempts = static_cast<int>(number(1'000'000'000));
        recipient.due = instant();
        if (octet(1) == 1) {
            recipient.last = outcome();
        }
        if (has_dsn()) {
            recipient.dsn = dsn();
        }
        return recipient;
    }

private:
    std::string_view rest_;
    bool ok_ = true;
    std::uint8_t version_;
};

void EnvelopeCodec::encode(const Envelope& envelope, std::string& octets) {
    octets.clear();
    Writer out(octets);
    out.octet(kVersion);
    out.text(envelope.sender.text());
    out.number(envelope.recipients.size());
    for (const Recipient& recipient : envelope.recipients) {
        out.recipient(recipient);
    }
    out.octet(static_cast<unsigned>(envelope.body));
    out.instant(envelope.accepted);
    out.text(envelope.client);
    out.text(envelope.author_domain);
    out.text(envelope.signed_by);
    out.number(envelope.size);
    out.text(envelope.hold.reason);
    out.instant(envelope.hold.since);
    out.octet(static_cast<unsigned>(envelope.ret));
    out.text(envelope.envelope_id);
    out.octet(packed({envelope.utf8,
                      envelope.utf8_header,
                      envelope.require_tls,
                      envelope.hold.person,
                      envelope.delay_told}));
    octets += seal(envelope.id, octets);
}

conf::Result<Envelope> EnvelopeCodec::decode(MessageId id, std::string_view octets) {
    const auto damaged = [id](const char* what) {
        return error(errc::Damaged, id.text() + ": " + what);
    };
    if (octets.size() < 1 + kSeal) {
        return damaged("the envelope is cut short");
    }
    const std::string_view payload = octets.substr(0, octets.size() - kSeal);
    if (octets.substr(payload.size()) != seal(id, payload)) {
        return damaged("the checksum of the envelope is wrong");
    }
    Reader in(payload);
    if (!in.knows_version()) {
        return damaged("the envelope has an unknown format");
    }
    Envelope envelope;
    envelope.id = id;
    envelope.sender = in.address();
    const auto count = in.number(in.left() / kShortestRecipient);
    envelope.recipients.reserve(count);
    for (std::uint64_t i = 0; i < count && in.ok(); ++i) {
        envelope.recipients.push_back(in.recipient());
    }
    envelope.body = static_cast<BodyKind>(in.octet(static_cast<unsigned>(BodyKind::EightBitMime)));
    envelope.accepted = in.instant();
    envelope.client = in.text();
    envelope.author_domain = in.text();
    envelope.signed_by = in.text();
    envelope.size = in.number();
    envelope.hold.reason = in.text();
    envelope.hold.since = in.instant();
    if (in.has_dsn()) {
        envelope.ret =
            static_cast<ReturnedPart>(in.octet(static_cast<unsigned>(ReturnedPart::Headers)));
        envelope.envelope_id = in.text();
        const unsigned flags = in.octet(in.most_flags());
        envelope.utf8 = is_set(flags, 0);
        envelope.utf8_header = is_set(flags, 1);
        envelope.require_tls = is_set(flags, 2);
        envelope.hold.person = is_set(flags, 3);
        envelope.delay_told = is_set(flags, 4);
    }
    if (!in.ok() || in.left() != 0) {
        return damaged("the envelope cannot be read");
    }
    return envelope;
}

}  // namespace queue
