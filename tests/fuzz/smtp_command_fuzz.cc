// Any line is a command or a refusal that can be written; an address that was accepted reads back
// as itself.

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "conf/utf8.h"
#include "relay/smtp/command.h"
#include "relay/smtp/xtext.h"

namespace {

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

void check_address(const queue::Address& address, bool utf8) {
    const auto again = queue::Address::parse(
        address.text(), utf8 ? queue::Characters::Utf8 : queue::Characters::Ascii);
    require(again && *again == address);
    require(utf8 || address.is_ascii());
    require(conf::is_utf8(address.text()));
    for (const char octet : address.text()) {
        const auto value = static_cast<unsigned char>(octet);
        require(value >= ' ' && value != 0x7f);
    }
}

void check_line(const std::string& line, queue::Characters recipients) {
    using namespace relay::smtp;
    const auto parsed = parse_command(line, {"mail.example.com"}, recipients);
    if (const auto* const refusal = std::get_if<Reply>(&parsed)) {
        const std::string wire = refusal->wire();
        require(refusal->code >= 500 && refusal->code <= 599 && !refusal->enhanced.empty());
        require(wire.size() <= 512 && wire.find_first_of("\r\n") == wire.size() - 2);
        return;
    }
    const auto& command = std::get<Command>(parsed);
    if (const auto* const mail = std::get_if<MailFrom>(&command)) {
        if (!mail->sender.is_null()) {
            check_address(mail->sender, mail->utf8);
        }
        require(mail->envelope_id.empty() || decode_envelope_id(mail->envelope_id));
        if (mail->submitter && !mail->submitter->is_null()) {
            check_address(*mail->submitter, false);
        }
    } else if (const auto* const rcpt = std::get_if<RcptTo>(&command)) {
        require(!rcpt->recipient.is_null());
        check_address(rcpt->recipient, recipients == queue::Characters::Utf8);
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
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string line(data, data + size);
    check_line(line, queue::Characters::Ascii);
    check_line(line, queue::Characters::Utf8);
    return 0;
}
