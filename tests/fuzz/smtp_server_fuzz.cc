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
    made.offers_tls = true;
    made.offers_auth = true;
    made.find_verifier = [](std::string_view) {
        return conf::ScramVerifier{
            4096, std::string(16, 's'), std::string(32, 'x'), std::string(32, 'y')};
    };
    made.make_nonce = [] { return std::string("nonce-of-this-server"); };
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
    ServerDialog::Step step;
    for (Next next = Next::Line; next != Next::Close && !input.empty();) {
        if (next == Next::Data) {
            require((may_relay || !dialog.user().empty()) && !dialog.helo().empty());
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
            step = dialog.data_done(reply);
            check_lines(step.reply);
            require(step.next != Next::Data);
            require(dialog.transaction().recipients.empty());
            next = step.next;
            continue;
        }
        if (next == Next::Chunk) {
            const std::string_view octets = input.substr(0, step.chunk);
            input.remove_prefix(octets.size());
            if (octets.size() < step.chunk) {
                return 0;  // lost within the chunk
            }
            const bool ends = step.last && !step.refused;
            require(step.refused || !dialog.transaction().recipients.empty());
            require(!ends || ++accepted <= kMessages);
            step = ends ? dialog.data_done({250, "2.0.0", "queued"}) : dialog.chunk_done({});
        } else if (next == Next::StartTls) {
            dialog.secured("");
            require(dialog.helo().empty() && dialog.transaction().recipients.empty());
            next = Next::Line;
            continue;
        } else if (next == Next::CheckPassword) {
            require(!dialog.login().user().empty());
            step = dialog.password_checked(dialog.login().password() == "right");
        } else {
            const std::size_t end = input.find("\r\n");
            const std::string_view line = input.substr(0, end);
            input.remove_prefix(end == std::string_view::npos ? input.size() : end + 2);
            step = next == Next::SaslLine ? dialog.sasl_line(line)
                   : line.size() > 510    ? dialog.line_too_long()
                                          : dialog.command(line);
        }
        next = step.next;
        // A chunk and a password are answered once they are there.
        if (next != Next::Chunk && next != Next::CheckPassword) {
            check_lines(step.reply);
        }
    }
    return 0;
}
