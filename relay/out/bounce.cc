#include "relay/out/bounce.h"

#include <algorithm>
#include <set>

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

std::string quoted_header(std::string_view header) {
    std::string result;
    for (const char c : header.substr(0, kMaxHeaderQuoted)) {
        const auto octet = static_cast<unsigned char>(c);
        result += octet >= 0x80 || octet == 0 ? '?' : c;
    }
    return result;
}

std::string remote_words(const queue::Recipient& recipient) {
    const auto& outcome = *recipient.last;
    if (outcome.remote) {
        return outcome.host + " [" + outcome.ip + "] said: " + outcome.text;
    }
    return outcome.text;
}

}  // namespace

std::string compose_bounce(const Notice& notice,
                           std::string_view original_header,
                           const conf::Config& config,
                           queue::Instant now) {
    const auto& envelope = *notice.envelope;
    std::string boundary =
        envelope.id.text() + "." + std::to_string(now.time_since_epoch().count());
    while (original_header.find(boundary) != std::string_view::npos) {
        boundary += "x";
    }
    const std::set<int> expired(notice.expired.begin(), notice.expired.end());
    std::vector<int> positions = notice.failed;
    positions.insert(positions.end(), notice.expired.begin(), notice.expired.end());
    std::sort(positions.begin(), positions.end());

    std::string text;
    text += "From: Mail Delivery System <" + config.postmaster + ">\r\n";
    text += "To: <" + envelope.sender.text() + ">\r\n";
    text += "Subject: Undelivered mail returned to sender\r\n";
    text += "Auto-Submitted: auto-replied\r\n";  // RFC 3834 5
    text += "MIME-Version: 1.0\r\n";
    text += "Content-Type: multipart/report; report-type=delivery-status;\r\n\tboundary=\"" +
            boundary + "\"\r\n\r\n";

    text += "--" + boundary + "\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\n";
    text += "This is the mail relay " + config.hostname.text() + ".\r\n\r\n";
    text += folded(
        "Your message could not be delivered to " +
            std::string(positions.size() == 1 ? "the address below" : "the addresses below") +
            ". It will not be tried again. The reason of each stands behind it.",
        "");
    text += "\r\n";
    for (const int position : positions) {
        const auto& recipient = envelope.recipients[static_cast<std::size_t>(position)];
        text += "<" + recipient.address.text() + ">\r\n";
        if (expired.contains(position)) {
            text += folded("    Given up after " + std::to_string(recipient.attempts) +
                               " attempts, because the message has been waiting for too long. The "
                               "last reason:",
                           "    ");
        }
        text += folded("    " + plain(remote_words(recipient)), "    ") + "\r\n";
    }
    text += "Queue id: " + envelope.id.text() + "\r\n\r\n";

    // RFC 3464 2.1: fields about the message, then a group for each recipient.
    text += "--" + boundary + "\r\nContent-Type: message/delivery-status\r\n\r\n";
    text += "Reporting-MTA: dns; " + config.hostname.text() + "\r\n";
    text += "X-Signet-Queue-ID: " + envelope.id.text() + "\r\n";
    text += "Arrival-Date: " + rfc5322_date(envelope.accepted) + "\r\n";
    for (const int position : positions) {
        const auto& recipient = envelope.recipients[static_cast<std::size_t>(position)];
        const auto& outcome = *recipient.last;
        // RFC 3464 2.3.4: a failed recipient has a status of class 5, also when time ran out.
        queue::EnhancedStatus status = outcome.status;
        if (status.klass != 5) {
            status = expired.contains(position) ? queue::EnhancedStatus{5, 4, 7}
                                                : queue::EnhancedStatus{5, 0, 0};
        }
        text += "\r\nFinal-Recipient: rfc822; " + recipient.address.text() + "\r\n";
        text += "Action: failed\r\nStatus: " + status.text() + "\r\n";
        if (!outcome.host.empty()) {
            text += "Remote-MTA: dns; " + outcome.host + "\r\n";
        }
        text += folded("Diagnostic-Code: " + std::string(outcome.remote ? "smtp; " : "x-signet; ") +
                           plain(outcome.text),
                       "\t");
        text += "Last-Attempt-Date: " + rfc5322_date(now) + "\r\n";
    }
    text += "\r\n--" + boundary + "\r\nContent-Type: text/rfc822-headers\r\n\r\n";
    text += quoted_header(original_header);
    text += "\r\n--" + boundary + "--\r\n";
    return text;
}

}  // namespace relay::out
