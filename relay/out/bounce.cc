#include "relay/out/bounce.h"

#include <algorithm>
#include <initializer_list>
#include <map>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "relay/pauses.h"
#include "relay/smtp/xtext.h"
#include "relay/trace_header.h"

namespace relay::out {

namespace {

constexpr std::size_t kMaxHeaderQuoted = 64 * 1024;

/// One line of printable ASCII: what a remote host said must not become structure here.
std::string plain(std::string_view text) {
    std::string result;
    for (const char c : text.substr(0, 900)) {
        const auto octet = static_cast<unsigned char>(c);
        result += octet < 0x20 || octet >= 0x7f ? '?' : c;
    }
    return result;
}

/// Folded before column 76 where there is a space (RFC 5322 2.2.3).
std::string folded(const std::string& line, std::string_view indent) {
    std::string result;
    std::size_t column = 0;
    std::size_t begin = 0;
    while (begin < line.size()) {
        const auto space = line.find(' ', begin + 1);
        const auto end = std::min(space, line.size());
        if (column > indent.size() && column + (end - begin) > 76) {
            result += "\r\n";
            result += indent;
            column = indent.size();
            begin += line[begin] == ' ' ? 1 : 0;
        }
        result += line.substr(begin, end - begin);
        column += end - begin;
        begin = end;
    }
    return result + "\r\n";
}

bool is_ascii(std::string_view text) {
    return std::all_of(
        text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

enum class Encoding { SevenBit, Utf8 };

/// What of the header goes back. UTF-8 is cut between characters; elsewhere what is no 7-bit text
/// becomes '?'.
std::string quoted_header(std::string_view header, Encoding encoding) {
    std::size_t end = std::min(header.size(), kMaxHeaderQuoted);
    while (encoding == Encoding::Utf8 && end < header.size() && end > 0 &&
           (static_cast<unsigned char>(header[end]) & 0xc0U) == 0x80) {
        --end;
    }
    std::string result(header.substr(0, end));
    for (char& c : result) {
        const auto octet = static_cast<unsigned char>(c);
        if (octet == 0 || (octet >= 0x80 && encoding == Encoding::SevenBit)) {
            c = '?';
        }
    }
    return result;
}

/// RFC 2045 2.7: 7bit data: no NUL, no octet above 127, lines of at most 998 octets, CR and LF
/// together only.
bool is_seven_bit(std::string_view text) {
    std::size_t line = 0;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const auto octet = static_cast<unsigned char>(text[at]);
        if (octet == '\r' && at + 1 < text.size() && text[at + 1] == '\n') {
            line = 0;
            ++at;
        } else if (octet == 0 || octet >= 0x80 || octet == '\r' || octet == '\n' || ++line > 998) {
            return false;
        }
    }
    return true;
}

enum class Fate { Failed, Expired, Relayed, Delayed };

std::string addresses_below(std::size_t count) {
    return count == 1 ? "the address below" : "the addresses below";
}

/// Our own fault, by what the courier says of it (out/failure): what the operator can do.
std::string_view advice_for(const queue::Outcome& outcome) {
    constexpr queue::EnhancedStatus kUnreadable{4, 3, 0};
    constexpr queue::EnhancedStatus kNotSigned{4, 7, 0};
    if (outcome.remote || !outcome.host.empty()) {
        return "";
    }
    if (outcome.status == kUnreadable) {
        return "The operator of this relay can find out more in its log and mend the disk.";
    }
    if (outcome.status == kNotSigned) {
        return "The operator of this relay can mend that: `signet dkim status` says what the key "
               "waits for.";
    }
    return "";
}

class Bounce {
public:
    Bounce(const Notice& notice,
           const queue::Content& original,
           const conf::Config& config,
           queue::Instant now)
        : envelope_(*notice.envelope), original_(original), config_(config), now_(now) {
        for (const auto& [positions, fate] : {std::pair(&notice.failed, Fate::Failed),
                                              std::pair(&notice.expired, Fate::Expired),
                                              std::pair(&notice.relayed, Fate::Relayed),
                                              std::pair(&notice.delayed, Fate::Delayed)}) {
            for (const int position : *positions) {
                fates_[static_cast<std::size_t>(position)] = fate;
            }
        }
        delayed_ = notice.delayed.size();
        until_ = notice.until;
        given_up_ = notice.failed.size() + notice.expired.size();
        whole_ = returns_whole();
        addresses_ = characters_of_addresses();
        if (envelope_.utf8_header && !whole_ && !is_ascii(original.header)) {
            header_ = Encoding::Utf8;
        }
        boundary_ = envelope_.id.text() + "." + std::to_string(now.time_since_epoch().count());
        while (original.header.find(boundary_) != std::string::npos ||
               (whole_ && original.body.find(boundary_) != std::string::npos)) {
            boundary_ += "x";
        }
    }

    [[nodiscard]] std::string text() const {
        std::string text = header();
        // RFC 6533 4: message/global-delivery-status where an address is internationalized,
        // message/global-headers for such a header. NB: 8-bit, never base64 or quoted-printable,
        // although they are permitted on the way to a 7-bit host: few readers decode them there.
        text += addresses_ == Encoding::Utf8 ? part("text/plain; charset=utf-8", Encoding::Utf8)
                                             : part("text/plain; charset=us-ascii");
        text += explanation();
        text += addresses_ == Encoding::Utf8
                    ? part("message/global-delivery-status", Encoding::Utf8)
                    : part("message/delivery-status");
        text += message_fields();
        for (const auto& [position, fate] : fates_) {
            text += "\r\n" + recipient_fields(envelope_.recipients[position], fate);
        }
        text += "\r\n";
        if (whole_) {
            text += part("message/rfc822") + original_.header + "\r\n" + original_.body;
        } else {
            text += header_ == Encoding::Utf8 ? part("message/global-headers", Encoding::Utf8)
                                              : part("text/rfc822-headers");
            text += quoted_header(original_.header, header_);
        }
        text += "\r\n--" + boundary_ + "--\r\n";
        return text;
    }

private:
    /// RFC 3461 6.2: with RET=FULL the full message SHOULD be returned with a notification of
    /// failure; one that is too long, or only relayed, as its header. NB: as its header too where
    /// it is not 7-bit, which the report is. RFC 8689 5: RET=FULL MUST be disregarded where the
    /// message required TLS.
    [[nodiscard]] bool returns_whole() const {
        return envelope_.ret == queue::ReturnedPart::Full && !envelope_.require_tls &&
               given_up_ > 0 && original_.chunks == 0 && !original_.header.empty() &&
               original_.header.size() + original_.body.size() <= kMaxReturned &&
               is_seven_bit(original_.header) && is_seven_bit(original_.body);
    }

    /// The report names its recipients; where one of them is beyond ASCII, the parts that do so are
    /// UTF-8.
    [[nodiscard]] Encoding characters_of_addresses() const {
        const bool ascii = std::all_of(fates_.begin(), fates_.end(), [this](const auto& fate) {
            return envelope_.recipients[fate.first].address.is_ascii();
        });
        return ascii ? Encoding::SevenBit : Encoding::Utf8;
    }

    [[nodiscard]] std::string part(const std::string& type,
                                   Encoding encoding = Encoding::SevenBit) const {
        return "--" + boundary_ + "\r\nContent-Type: " + type + "\r\n" +
               (encoding == Encoding::Utf8 ? "Content-Transfer-Encoding: 8bit\r\n" : "") + "\r\n";
    }

    [[nodiscard]] std::string header() const {
        std::string text = "From: Mail Delivery System <" + config_.postmaster + ">\r\n";
        text += "To: <" + envelope_.sender.text() + ">\r\n";
        text += given_up_ > 0  ? "Subject: Undelivered mail returned to sender\r\n"
                : delayed_ > 0 ? "Subject: Your message is delayed and still being tried\r\n"
                               : "Subject: Your message was relayed\r\n";
        text += "Auto-Submitted: auto-replied\r\n";  // RFC 3834 5
        text += "MIME-Version: 1.0\r\n";
        // RFC 2045 6.4: a multipart with 8-bit parts is 8bit itself.
        if (addresses_ == Encoding::Utf8 || header_ == Encoding::Utf8) {
            text += "Content-Transfer-Encoding: 8bit\r\n";
        }
        text += "Content-Type: multipart/report; report-type=delivery-status;\r\n\tboundary=\"" +
                boundary_ + "\"\r\n\r\n";
        return text;
    }

    [[nodiscard]] std::string explanation() const {
        std::string text = "This is the mail relay " + config_.hostname.text() + ".\r\n\r\n";
        if (given_up_ > 0) {
            text += folded("Your message could not be delivered to " + addresses_below(given_up_) +
                               ". It will not be tried again. The reason of each stands behind it.",
                           "");
            text += "\r\n" + reasons({Fate::Failed, Fate::Expired});
        }
        if (const auto relayed = fates_.size() - given_up_ - delayed_; relayed > 0) {
            text += folded("Your message was handed on for " + addresses_below(relayed) +
                               ". The host that took it does not report deliveries, so you may get "
                               "no other confirmation.",
                           "");
            text += "\r\n" + reasons({Fate::Relayed});
        }
        if (delayed_ > 0) {
            text += about_the_delay() + reasons({Fate::Delayed});
        }
        return text + "Queue id: " + envelope_.id.text() + "\r\n\r\n";
    }

    /// What the sender wants to know: is anything to be done, how long does it go on, why.
    [[nodiscard]] std::string about_the_delay() const {
        std::string words = "Your message could not be delivered to " + addresses_below(delayed_) +
                            " yet. There is nothing that you need to do: ";
        if (!until_) {
            words += "it is kept until the operator of this relay lets it go.";
        } else {
            words += "this relay goes on trying until " + rfc5322_date(*until_) +
                     ", and tells you if it must give up then.";
        }
        std::string text = folded(words, "") + "\r\n";
        if (const auto& hold = envelope_.hold; !hold.reason.empty()) {
            const bool by_person = hold.person || hold.reason.starts_with(kPausedByPerson);
            text += folded(by_person ? "The operator of this relay holds it: " + said(hold.reason)
                                     : "This relay holds it: " + said(hold.reason) +
                                           " The operator of this relay can mend that; `signet "
                                           "check` says how. It goes by itself then.",
                           "") +
                    "\r\n";
        }
        return text;
    }

    /// As a sentence.
    static std::string said(const std::string& reason) {
        const std::string words = plain(reason);
        return words.ends_with('.') ? words : words + ".";
    }

    [[nodiscard]] std::string reasons(std::initializer_list<Fate> of) const {
        std::string text;
        for (const auto& [position, fate] : fates_) {
            if (std::find(of.begin(), of.end(), fate) == of.end()) {
                continue;
            }
            const auto& recipient = envelope_.recipients[position];
            text += "<" + recipient.address.text() + ">\r\n";
            if (!recipient.last) {
                text += "    No attempt was possible so far.\r\n\r\n";
                continue;
            }
            const auto& outcome = *recipient.last;
            if (fate == Fate::Expired) {
                text += folded("    Given up after " + std::to_string(recipient.attempts) +
                                   " attempts, because the message has been waiting for too long. "
                                   "The last reason:",
                               "    ");
            } else if (fate == Fate::Delayed) {
                text += folded("    Tried " + std::to_string(recipient.attempts) +
                                   (recipient.attempts == 1 ? " time" : " times") +
                                   ". The last reason:",
                               "    ");
            }
            const std::string words =
                outcome.remote ? outcome.host + " [" + outcome.ip + "] said: " + outcome.text
                               : outcome.text;
            text += folded("    " + plain(words), "    ");
            if (const auto advice = advice_for(outcome); !advice.empty()) {
                text += folded("    " + std::string(advice), "    ");
            }
            text += "\r\n";
        }
        return text;
    }

    /// RFC 3464 2.1: fields about the message, then a group for each recipient.
    [[nodiscard]] std::string message_fields() const {
        std::string text;
        // RFC 3461 6.3 a: where ENVID was given the field MUST be supplied, decoded from xtext.
        if (const auto id = smtp::decode_envelope_id(envelope_.envelope_id)) {
            text += "Original-Envelope-Id: " + plain(*id) + "\r\n";
        }
        text += "Reporting-MTA: dns; " + config_.hostname.text() + "\r\n";
        text += "X-Signet-Queue-ID: " + envelope_.id.text() + "\r\n";
        text += "Arrival-Date: " + rfc5322_date(envelope_.accepted) + "\r\n";
        return text;
    }

    [[nodiscard]] std::string recipient_fields(const queue::Recipient& recipient, Fate fate) const {
        std::string text;
        // RFC 3461 6.3 d: where ORCPT was given the field MUST be supplied, else it MUST NOT
        // appear.
        if (const auto address =
                smtp::decode_original_recipient(recipient.dsn.original_recipient)) {
            text += "Original-Recipient: " + plain(*address) + "\r\n";
        }
        // RFC 6533 3: the address type utf-8 is for what is beyond ASCII.
        text += std::string("Final-Recipient: ") +
                (recipient.address.is_ascii() ? "rfc822; " : "utf-8; ") + recipient.address.text() +
                "\r\n";
        text += std::string("Action: ") + action_of(fate) + "\r\n";
        text += "Status: " + status_of(recipient, fate).text() + "\r\n";
        if (recipient.last) {
            const auto& outcome = *recipient.last;
            if (!outcome.host.empty()) {
                text += "Remote-MTA: dns; " + outcome.host + "\r\n";
            }
            text +=
                folded("Diagnostic-Code: " + std::string(outcome.remote ? "smtp; " : "x-signet; ") +
                           plain(outcome.text),
                       "\t");
        }
        // RFC 3464 2.3.7: only where it is known; of a delayed recipient the last attempt may be
        // hours old.
        if (fate != Fate::Delayed) {
            text += "Last-Attempt-Date: " + rfc5322_date(now_) + "\r\n";
        } else if (until_) {
            // RFC 3464 2.3.9: for Action "delayed" alone.
            text += "Will-Retry-Until: " + rfc5322_date(*until_) + "\r\n";
        }
        return text;
    }

    static const char* action_of(Fate fate) {
        switch (fate) {
            case Fate::Failed:
            case Fate::Expired:
                return "failed";
            case Fate::Relayed:
                return "relayed";
            case Fate::Delayed:
                break;
        }
        return "delayed";
    }

    /// RFC 3464 2.3.4: a failed recipient has a status of class 5, also when time ran out; one that
    /// was relayed one of class 2, one that waits one of class 4.
    [[nodiscard]] queue::EnhancedStatus status_of(const queue::Recipient& recipient,
                                                  Fate fate) const {
        const auto status = recipient.last ? recipient.last->status : queue::EnhancedStatus{};
        switch (fate) {
            case Fate::Failed:
                return status.klass == 5 ? status : queue::EnhancedStatus{5, 0, 0};
            case Fate::Expired:
                return status.klass == 5 ? status : queue::EnhancedStatus{5, 4, 7};
            case Fate::Relayed:
                return status.klass == 2 ? status : queue::EnhancedStatus{2, 0, 0};
            case Fate::Delayed:
                break;
        }
        // RFC 3463 3.8: X.7.0 other or undefined security status; 3.5: X.4.5 mail system
        // congestion.
        if (!envelope_.hold.reason.empty()) {
            return {4, 7, 0};
        }
        return status.klass == 4 ? status : queue::EnhancedStatus{4, 4, 5};
    }

    const queue::Envelope& envelope_;
    const queue::Content& original_;
    const conf::Config& config_;
    queue::Instant now_;
    std::map<std::size_t, Fate> fates_;  // by position
    std::size_t given_up_ = 0;
    std::size_t delayed_ = 0;
    std::optional<queue::Instant> until_;
    bool whole_ = false;
    Encoding addresses_ = Encoding::SevenBit;  // of the parts that name recipients
    Encoding header_ = Encoding::SevenBit;     // of the returned header
    std::string boundary_;
};

}  // namespace

std::string compose_bounce(const Notice& notice,
                           const queue::Content& original,
                           const conf::Config& config,
                           queue::Instant now) {
    return Bounce(notice, original, config, now).text();
}

}  // namespace relay::out
