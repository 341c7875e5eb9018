// A server that says anything, early and late: the dialog ends, every recipient has an outcome, and
// Delivered is only what a 2xx after the message said.

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "relay/smtp/client_dialog.h"

namespace {

using relay::smtp::ClientDialog;
using relay::smtp::Delivery;
using relay::smtp::Loss;
using relay::smtp::ReplyParser;
using Do = ClientDialog::Do;
using Kind = queue::Outcome::Kind;

constexpr int kMessages = 3;

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

Delivery delivery(std::uint8_t choice) {
    Delivery made;
    made.sender = *queue::Address::parse("a@example.com");
    for (unsigned number = 0; number <= (choice & 3U); ++number) {
        const std::string address = "r" + std::to_string(number) + "@example.net";
        made.recipients.push_back({*queue::Address::parse(address), {}});
        if (number == 2) {  // one beyond ASCII
            made.recipients.back().address =
                *queue::Address::parse("\u00fc@example.net", queue::Characters::Utf8);
        }
        made.recipients.back().dsn.notify.success = (choice & 64U) != 0;
        made.recipients.back().dsn.original_recipient =
            (choice & 128U) != 0 ? "rfc822;" + address : "";
    }
    made.size = 1000;
    made.body = (choice & 4U) != 0 ? queue::BodyKind::EightBitMime : queue::BodyKind::SevenBit;
    made.ret = (choice & 64U) != 0 ? queue::ReturnedPart::Headers : queue::ReturnedPart::Unset;
    made.envelope_id = (choice & 128U) != 0 ? "id+20one" : "";
    return made;
}

void check_outcomes(const ClientDialog& dialog, std::size_t recipients, bool sent) {
    require(dialog.outcomes().size() == recipients);
    for (const queue::Outcome& outcome : dialog.outcomes()) {
        require(!outcome.text.empty());
        require(outcome.status.klass == (outcome.kind == Kind::Delivered  ? 2
                                         : outcome.kind == Kind::Deferred ? 4
                                                                          : 5));
        require(outcome.kind != Kind::Delivered || sent);
        require(outcome.kind == Kind::Delivered || !outcome.passed_on_dsn);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) {
        return 0;
    }
    const std::uint8_t choice = data[0];
    std::string input(data + 1, data + size);
    ClientDialog dialog("mail.example.com");
    ReplyParser parser;
    int begun = 0;
    std::size_t recipients = 0;
    bool sent = false;
    bool quitting = false;
    // Each reply moves the dialog on and each other step comes once, so the number of steps is
    // bounded.
    for (std::size_t steps = 0;; ++steps) {
        require(steps < 100 + 4 * size);
        const ClientDialog::Step step = dialog.next();
        switch (step.action) {
            case Do::Write:
                require(step.octets.ends_with("\r\n"));
                require(!quitting || step.octets == "QUIT\r\n");
                break;
            case Do::ReadReply:
                switch (parser.consume(input)) {
                    case ReplyParser::State::Complete:
                        dialog.replied(parser.take());
                        break;
                    case ReplyParser::State::NeedMore:
                        dialog.lost((choice & 8U) != 0 ? Loss::Closed : Loss::TimedOut);
                        break;
                    case ReplyParser::State::Garbage:
                        dialog.lost(Loss::Garbage);
                        break;
                    case ReplyParser::State::TooLong:
                        dialog.lost(Loss::TooLong);
                        break;
                }
                break;
            case Do::SendMessage:
                require(!dialog.nothing_sent());
                sent = true;
                if ((choice & 16U) != 0 && parser.consume(input) == ReplyParser::State::Complete) {
                    const queue::Outcome::Kind first = dialog.outcomes()[0].kind;
                    dialog.replied(parser.take());  // before the message is out
                    require(dialog.closed() && first != Kind::Delivered);
                    for (const queue::Outcome& outcome : dialog.outcomes()) {
                        require(outcome.kind != Kind::Delivered);
                    }
                } else {
                    dialog.message_sent();
                }
                break;
            case Do::SendNothing:
                require(dialog.nothing_sent());
                break;
            case Do::Ready:
                require(dialog.greeted() && !quitting);
                check_outcomes(dialog, recipients, sent);
                if ((choice & 32U) != 0 && !input.empty()) {
                    dialog.unexpected_input();
                } else if (begun < kMessages) {
                    const Delivery next = delivery(static_cast<std::uint8_t>(choice + begun));
                    recipients = next.recipients.size();
                    sent = false;
                    ++begun;
                    dialog.begin(next);
                } else {
                    quitting = true;
                    dialog.quit();
                }
                break;
            case Do::Close:
                require(dialog.closed());
                if (!dialog.greeted()) {
                    require(begun == 0 && dialog.host_failure().kind == Kind::Deferred);
                    require(!dialog.host_failure().text.empty());
                }
                check_outcomes(dialog, recipients, sent);
                return 0;
        }
    }
}
