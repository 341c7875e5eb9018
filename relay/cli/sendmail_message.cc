#include "relay/cli/sendmail_message.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "conf/utf8.h"
#include "dkim/field.h"
#include "relay/cli/encoded_words.h"
#include "relay/mime/address_list.h"

namespace relay::cli {

namespace {

bool is_wsp(char c) {
    return c == ' ' || c == '\t';
}

/// RFC 5322 2.2 and 4.5: a name of printable ASCII, then a colon, white space before it allowed.
bool begins_field(std::string_view line) {
    std::string_view name = line.substr(0, line.find(':'));
    if (name.size() == line.size()) {
        return false;
    }
    while (!name.empty() && is_wsp(name.back())) {
        name.remove_suffix(1);
    }
    return !name.empty() &&
           std::all_of(name.begin(), name.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

/// Octets of the fields at the top of `message`.
std::size_t header_length(std::string_view message) {
    std::size_t length = 0;
    while (length < message.size()) {
        const std::size_t end = message.find('\n', length);
        const std::string_view line = message.substr(length, end - length);
        const bool continues = length > 0 && !line.empty() && is_wsp(line.front());
        if (end == std::string_view::npos || (!continues && !begins_field(line))) {
            break;
        }
        length = end + 1;
    }
    return length;
}

constexpr std::array<std::string_view, 3> kRecipientFields = {"To", "Cc", "Bcc"};
constexpr std::array<std::string_view, 3> kResentRecipientFields = {
    "Resent-To", "Resent-Cc", "Resent-Bcc"};
constexpr std::array<std::string_view, 9> kCompletedFields = {"From",
                                                              "Sender",
                                                              "Reply-To",
                                                              "To",
                                                              "Cc",
                                                              "Resent-From",
                                                              "Resent-Sender",
                                                              "Resent-To",
                                                              "Resent-Cc"};

template <std::size_t Count>
bool is_one_of(const dkim::Field& field, const std::array<std::string_view, Count>& names) {
    return std::any_of(
        names.begin(), names.end(), [&field](std::string_view name) { return field.is(name); });
}

conf::Result<std::vector<::queue::Address>> recipients_of(const dkim::Header& header,
                                                          const conf::DomainName& domain) {
    // RFC 5322 3.6.6: what was sent once and is sent again now goes to those of the Resent- fields.
    const auto fields = header.fields();
    const bool resent = std::any_of(fields.begin(), fields.end(), [](const dkim::Field& field) {
        return is_one_of(field, kResentRecipientFields);
    });
    std::vector<::queue::Address> recipients;
    for (const dkim::Field& field : fields) {
        if (!is_one_of(field, resent ? kResentRecipientFields : kRecipientFields)) {
            continue;
        }
        auto found = mime::mailboxes_in(field.value, domain);
        if (!found) {
            return conf::Error{{}, std::string(field.name) + ": " + found.error().message()};
        }
        std::move(found->begin(), found->end(), std::back_inserter(recipients));
    }
    return recipients;
}

/// RFC 5322 3.2.5: phrase = 1*word; RFC 2047 5 (3) where it is not ASCII.
std::string phrase(std::string_view name) {
    if (!conf::is_ascii(name)) {
        return encoded_words(name);
    }
    std::string quoted = "\"";
    for (const char c : name) {
        if (c == '"' || c == '\\') {
            quoted += '\\';
        }
        quoted += c;
    }
    return quoted + "\"";
}

std::string from_field(const SendmailRules& rules) {
    return "From: " +
           (rules.author_name.empty()
                ? rules.author.text()
                : phrase(rules.author_name) + " <" + rules.author.text() + ">") +
           "\r\n";
}

}  // namespace

conf::Result<SendmailMessage> make_message(std::string_view input, const SendmailRules& rules) {
    if (input.starts_with("From ")) {
        input.remove_prefix(std::min(input.find('\n'), input.size() - 1) + 1);
    }
    const std::string_view block = input.substr(0, header_length(input));
    const std::string_view rest = input.substr(block.size());
    const auto header = dkim::Header::parse(block);
    if (!header) {
        return header.error();
    }
    SendmailMessage message;
    if (rules.recipients == HeaderRecipients::Taken) {
        auto recipients = recipients_of(*header, rules.domain);
        if (!recipients) {
            return recipients.error();
        }
        message.recipients = std::move(*recipients);
    }
    message.text.reserve(input.size() + 256);
    for (const dkim::Field& field : header->fields()) {
        if (field.is("Bcc") || field.is("Resent-Bcc")) {
            continue;
        }
        if (!is_one_of(field, kCompletedFields)) {
            message.text += field.raw;
            continue;
        }
        const auto before = static_cast<std::size_t>(field.value.data() - field.raw.data());
        message.text += field.raw.substr(0, before);
        message.text += mime::complete_list(field.value, rules.domain);
        message.text += field.raw.substr(before + field.value.size());
    }
    if (header->find("From") == nullptr) {
        message.text += from_field(rules);
    }
    if (!rest.starts_with("\r\n")) {
        message.text += "\r\n";
    }
    message.text += rest;
    return message;
}

}  // namespace relay::cli
