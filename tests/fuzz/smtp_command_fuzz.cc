// Any line is a command or a refusal that can be written; an address that was accepted reads back
// as itself.

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "relay/smtp/command.h"
#include "relay/smtp/xtext.h"

namespace {

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

void check_address(const queue::Address& address) {
    const auto again = queue::Address::parse(address.text());
    require(again && *again == address);
    for (const char octet : address.text()) {
        require(octet >= ' ' && octet <= '~');
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace relay::smtp;
    const std::string line(data, data + size);
    const auto parsed = parse_command(line, "mail.example.com");
    if (const auto* const refusal = std::get_if<Reply>(&parsed)) {
        const std::string wire = refusal->wire();
        require(refusal->code >= 500 && refusal->code <= 599 && !refusal->enhanced.empty());
        require(wire.size() <= 512 && wire.find_first_of("\r\n") == wire.size() - 2);
        return 0;
    }
    const auto& command = std::get<Command>(parsed);
    if (const auto* const mail = std::get_if<MailFrom>(&command)) {
        if (!mail->sender.is_null()) {
            check_address(mail->sender);
        }
        require(mail->envelope_id.empty() || decode_envelope_id(mail->envelope_id));
        if (mail->submitter && !mail->submitter->is_null()) {
            check_address(*mail->submitter);
        }
    } else if (const auto* const rcpt = std::get_if<RcptTo>(&command)) {
        require(!rcpt->recipient.is_null());
        check_address(rcpt->recipient);
        const queue::Notify& notify = rcpt->dsn.notify;
        require(!notify.never || !(notify.success || notify.failure || notify.delay));
        const std::string& original = rcpt->dsn.original_recipient;
        require(original.empty() ||
                (original.size() <= 500 && decode_original_recipient(original)));
    } else if (std::holds_alternative<Bdat>(command)) {
        require(announces_chunk(line));
    } else if (const auto* const auth = std::get_if<Auth>(&command)) {
        require(!auth->mechanism.empty() && auth->mechanism.size() <= 20);
        require(!auth->initial || !auth->initial->empty());
    } else if (const auto* const helo = std::get_if<Helo>(&command)) {
        require(!helo->name.empty() && helo->name.size() <= 255);
    }
    return 0;
}
