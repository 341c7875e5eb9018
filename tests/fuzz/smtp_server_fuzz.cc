// A whole conversation: every command gets its reply in lines that can be written; no transaction
// is without a MAIL and an RCPT of this conversation; limits hold.

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "relay/smtp/dot_stream.h"
#include "relay/smtp/server_dialog.h"

namespace {

using relay::smtp::DotStream;
using relay::smtp::Reply;
using relay::smtp::ServerDialog;
using relay::smtp::ServerRules;
using Next = ServerDialog::Next;

constexpr int kRecipients = 3;
constexpr int kMessages = 4;

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

void check_lines(std::string_view reply) {
    require(!reply.empty());
    while (!reply.empty()) {
        const std::size_t end = reply.find("\r\n");
        require(end != std::string_view::npos && end >= 4 && end <= 510);
        require(reply[0] >= '2' && reply[0] <= '5' && (reply[3] == ' ' || reply[3] == '-'));
        for (const char octet : reply.substr(0, end)) {
            require(octet >= ' ' && octet <= '~');
        }
        reply.remove_prefix(end + 2);
    }
}

ServerRules rules(bool may_relay) {
    ServerRules made;
    made.hostname = "mail.example.com";
    made.message_size = 1000;
    made.recipients = kRecipients;
    made.errors = 5;
    made.messages = kMessages;
    made.may_relay = may_relay;
    made.judge_sender = [](const queue::Address& sender) -> std::optional<Reply> {
        if (sender.is_null() || sender.domain() == "example.com") {
            return std::nullopt;
        }
        return Reply{550, "5.7.1", "not here"};
    };
    return made;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) {
        return 0;
    }
    const bool may_relay = (data[0] & 1U) == 0;
    std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
    ServerDialog dialog(rules(may_relay));
    check_lines(dialog.greeting());
    int accepted = 0;
    for (Next next = Next::Command; next != Next::Close && !input.empty();) {
        if (next == Next::Data) {
            require(may_relay && !dialog.helo().empty());
            const auto& transaction = dialog.transaction();
            require(!transaction.recipients.empty() &&
                    transaction.recipients.size() <= kRecipients);
            require(transaction.sender.is_null() || transaction.sender.domain() == "example.com");
            require(++accepted <= kMessages);
            DotStream stream;
            std::string text;
            input.remove_prefix(stream.consume(input, text));
            if (!stream.done()) {
                return 0;  // lost within the data
            }
            const Reply reply = stream.fault() == DotStream::Fault::None
                                    ? Reply{250, "2.0.0", "queued"}
                                    : Reply{550, "5.5.2", "bare CR or LF"};
            const ServerDialog::Step step = dialog.data_done(reply);
            check_lines(step.reply);
            require(step.next != Next::Data);
            require(dialog.transaction().recipients.empty());
            next = step.next;
            continue;
        }
        const std::size_t end = input.find("\r\n");
        const std::string_view line = input.substr(0, end);
        input.remove_prefix(end == std::string_view::npos ? input.size() : end + 2);
        const ServerDialog::Step step =
            line.size() > 510 ? dialog.line_too_long() : dialog.command(line);
        check_lines(step.reply);
        next = step.next;
    }
    return 0;
}
