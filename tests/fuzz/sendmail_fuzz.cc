// Whatever a program writes to sendmail becomes lines with CRLF, a header that can be read, without
// Bcc and with a From:, and recipients that SMTP takes; what has been made once stays as it is.

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "dkim/field.h"
#include "relay/cli/sendmail_input.h"
#include "relay/cli/sendmail_message.h"
#include "relay/mime/address_list.h"

namespace {

using namespace relay::cli;

constexpr std::uint64_t kLimit = 100'000;

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

/// Every line ends with CRLF, and CR and LF stand nowhere else.
void require_lines(std::string_view text) {
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] == '\r') {
            require(at + 1 < text.size() && text[at + 1] == '\n');
            ++at;
        } else {
            require(text[at] != '\n');
        }
    }
    require(text.empty() || text.ends_with("\r\n"));
}

void try_list(std::string_view value, const conf::DomainName& domain) {
    const auto listed = relay::mime::listed_addresses(value);
    const std::string completed = relay::mime::complete_list(value, domain);
    const auto again = relay::mime::listed_addresses(completed);
    require(listed.has_value() == again.has_value());
    if (listed) {
        require(listed->size() == again->size());
        for (const relay::mime::ListedAddress& address : *again) {
            require(!address.is_bare && address.end <= completed.size());
        }
    }
    const auto mailboxes = relay::mime::mailboxes_in(value, domain);
    require(!mailboxes || mailboxes->size() == listed->size());
}

void try_message(std::string_view octets, SendmailInput::LoneDot lone_dot) {
    SendmailInput input(lone_dot, kLimit);
    const std::size_t half = octets.size() / 2;
    (void)input.consume(octets.substr(0, half));
    (void)input.consume(octets.substr(half));
    if (input.finish() != SendmailInput::State::Ended) {
        return;
    }
    const std::string text = input.take();
    require(text.size() <= kLimit && text.find('\0') == std::string::npos);
    require_lines(text);

    SendmailRules rules;
    rules.recipients = HeaderRecipients::Taken;
    rules.domain = conf::DomainName::parse("example.com").value();
    rules.author = queue::Address::parse("root@example.com").value();
    rules.author_name = "Root";
    const auto message = make_message(text, rules);
    if (!message) {
        return;
    }
    require_lines(message->text);
    const std::size_t end = message->text.find("\r\n\r\n");
    require(end != std::string::npos);
    const auto header = dkim::Header::parse(std::string_view(message->text).substr(0, end + 2));
    require(header.has_value() && header->find("From") != nullptr);
    require(header->find("Bcc") == nullptr && header->find("Resent-Bcc") == nullptr);
    for (const queue::Address& recipient : message->recipients) {
        require(queue::Address::parse(recipient.text(), queue::Characters::Utf8).has_value());
    }
    // Only a second line of a mailbox, or a Bcc: that hid other lists, is read otherwise.
    const auto again = make_message(message->text, rules);
    require(!again || message->text.starts_with("From ") || again->text == message->text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string octets(data, data + size);
    try_list(octets, conf::DomainName::parse("example.com").value());
    try_message(octets, SendmailInput::LoneDot::IsText);
    try_message(octets, SendmailInput::LoneDot::Ends);
    return 0;
}
