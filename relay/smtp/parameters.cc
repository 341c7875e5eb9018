#include "relay/smtp/parameters.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <utility>
#include <vector>

#include "relay/smtp/ascii.h"
#include "relay/smtp/word.h"
#include "relay/smtp/xtext.h"

namespace relay::smtp {
namespace {

Reply bad_argument(std::string text) {
    return {501, "5.5.4", std::move(text)};
}

struct Parameter {
    std::string_view keyword;
    std::string_view value;  // empty where there is no "="; behind one it is never empty
    queue::Characters characters = queue::Characters::Ascii;  // of the value

    [[nodiscard]] bool is(std::string_view name) const { return equal_no_case(keyword, name); }
    [[nodiscard]] bool says(std::string_view word) const { return equal_no_case(value, word); }
};

/// RFC 5321 4.1.2: esmtp-keyword ["=" esmtp-value], each behind a space.
std::variant<std::vector<Parameter>, Reply> parse(std::string_view text,
                                                  queue::Characters allowed) {
    std::vector<Parameter> parameters;
    while (!text.empty()) {
        const std::string_view word = take_word(text);
        const std::size_t equals = word.find('=');
        Parameter parameter{word.substr(0, equals), {}, {}};
        // esmtp-keyword = (ALPHA / DIGIT) *(ALPHA / DIGIT / "-")
        const bool keyword_good =
            !parameter.keyword.empty() && parameter.keyword.front() != '-' &&
            std::all_of(parameter.keyword.begin(), parameter.keyword.end(), [](char octet) {
                return is_alphanumeric(octet) || octet == '-';
            });
        bool value_good = true;
        if (equals != std::string_view::npos) {
            // esmtp-value = 1*(%d33-60 / %d62-126). RFC 6531 3.3: esmtp-value =/ UTF8-non-ascii;
            // which parameter takes that is decided where its value is read.
            parameter.value = word.substr(equals + 1);
            const auto& value = parameter.value;
            if (!std::all_of(value.begin(), value.end(), is_ascii)) {
                parameter.characters = queue::Characters::Utf8;
            }
            value_good = !value.empty() && parameter.characters <= allowed &&
                         std::all_of(value.begin(), value.end(), [](char octet) {
                             return !is_ascii(octet) ||
                                    (is_printable(octet) && octet != ' ' && octet != '=');
                         });
        }
        if (!keyword_good || !value_good) {
            return bad_argument("a parameter is malformed");
        }
        // RFC 3461 4.5: 501 for a second RET, ENVID, NOTIFY or ORCPT; the others are no better
        // twice.
        for (const Parameter& other : parameters) {
            if (parameter.is(other.keyword)) {
                return bad_argument("a parameter is given twice");
            }
        }
        parameters.push_back(parameter);
    }
    return parameters;
}

std::optional<std::uint64_t> parse_size(std::string_view value) {
    // RFC 1870 3: size-value = 1*20DIGIT, which can be more than 64 bits hold.
    if (value.empty() || value.size() > 20 || !std::all_of(value.begin(), value.end(), is_digit)) {
        return std::nullopt;
    }
    std::uint64_t size = 0;
    const auto parsed = std::from_chars(value.data(), value.data() + value.size(), size);
    return parsed.ec == std::errc::result_out_of_range ? std::numeric_limits<std::uint64_t>::max()
                                                       : size;
}

/// RFC 4954 5: AUTH=mailbox in xtext, or "<>" for a submitter that is not known.
std::optional<queue::Address> parse_submitter(std::string_view value) {
    const auto decoded = decode_xtext(value);
    if (!decoded) {
        return std::nullopt;
    }
    if (*decoded == "<>") {
        return queue::Address{};
    }
    auto address = queue::Address::parse(*decoded);
    return address && !address->is_null() ? std::optional(std::move(*address)) : std::nullopt;
}

/// RFC 3461 4.1: "NEVER" / 1#("SUCCESS" / "FAILURE" / "DELAY"), in any case.
std::optional<queue::Notify> parse_notify(std::string_view value) {
    queue::Notify notify;
    if (equal_no_case(value, "NEVER")) {
        notify.never = true;
        return notify;
    }
    while (true) {
        const std::size_t comma = std::min(value.find(','), value.size());
        const std::string_view word = value.substr(0, comma);
        bool* const flag = equal_no_case(word, "SUCCESS")   ? &notify.success
                           : equal_no_case(word, "FAILURE") ? &notify.failure
                           : equal_no_case(word, "DELAY")   ? &notify.delay
                                                            : nullptr;
        if (flag == nullptr || *flag) {
            return std::nullopt;
        }
        *flag = true;
        if (comma == value.size()) {
            return notify;
        }
        value.remove_prefix(comma + 1);
    }
}

std::optional<Reply> apply(const Parameter& parameter, MailFrom& mail) {
    if (parameter.is("SIZE")) {
        mail.size = parse_size(parameter.value);
        return mail.size ? std::nullopt : std::optional(bad_argument("SIZE needs a number"));
    }
    if (parameter.is("BODY")) {
        // RFC 6152 2: body-value = "7BIT" / "8BITMIME".
        if (parameter.says("8BITMIME")) {
            mail.body = queue::BodyKind::EightBitMime;
        } else if (!parameter.says("7BIT")) {
            return bad_argument("BODY is 7BIT or 8BITMIME");
        }
        return std::nullopt;
    }
    if (parameter.is("RET")) {
        if (parameter.says("FULL")) {
            mail.ret = queue::ReturnedPart::Full;
        } else if (parameter.says("HDRS")) {
            mail.ret = queue::ReturnedPart::Headers;
        } else {
            return bad_argument("RET is FULL or HDRS");
        }
        return std::nullopt;
    }
    if (parameter.is("ENVID")) {
        if (!decode_envelope_id(parameter.value)) {
            return bad_argument("ENVID is xtext of 1 to 100 printable characters");
        }
        mail.envelope_id = parameter.value;
        return std::nullopt;
    }
    if (parameter.is("AUTH")) {
        mail.submitter = parse_submitter(parameter.value);
        return mail.submitter ? std::nullopt
                              : std::optional(bad_argument("AUTH is an address in xtext, or <>"));
    }
    if (parameter.is("SMTPUTF8")) {
        // RFC 6531 3.4: 501 where the parameter has a value.
        if (!parameter.value.empty()) {
            return bad_argument("SMTPUTF8 takes no value");
        }
        mail.utf8 = true;
        return std::nullopt;
    }
    if (parameter.is("REQUIRETLS")) {
        // RFC 8689 2: the parameter has no value. Whether it is offered depends on the session.
        if (!parameter.value.empty()) {
            return bad_argument("REQUIRETLS takes no value");
        }
        mail.require_tls = true;
        return std::nullopt;
    }
    // RFC 5321 4.1.1.11: 555 for a parameter that is not recognized or not implemented.
    return Reply{555, "5.5.4", "this parameter of MAIL is not known here"};
}

std::optional<Reply> apply(const Parameter& parameter, RcptTo& rcpt) {
    if (parameter.is("NOTIFY")) {
        const auto notify = parse_notify(parameter.value);
        if (!notify) {
            return bad_argument("NOTIFY is NEVER, or SUCCESS, FAILURE and DELAY, each once");
        }
        rcpt.dsn.notify = *notify;
        return std::nullopt;
    }
    if (parameter.is("ORCPT")) {
        // RFC 6533 3: a server that offers SMTPUTF8 and DSN MUST take "utf-8;" with 8-bit octets.
        auto value = parameter.characters == queue::Characters::Utf8
                         ? seven_bit_original_recipient(parameter.value)
                         : std::optional(std::string(parameter.value));
        if (!value || !decode_original_recipient(*value)) {
            return bad_argument(
                "ORCPT is a type, a semicolon and an address in xtext, of 500 octets at most");
        }
        rcpt.dsn.original_recipient = std::move(*value);
        return std::nullopt;
    }
    return Reply{555, "5.5.4", "this parameter of RCPT is not known here"};
}

template <class Command>
std::optional<Reply> read(std::string_view text, Command& command, queue::Characters allowed) {
    auto parameters = parse(text, allowed);
    if (auto* const refusal = std::get_if<Reply>(&parameters)) {
        return std::move(*refusal);
    }
    for (const Parameter& parameter : std::get<std::vector<Parameter>>(parameters)) {
        if (auto refusal = apply(parameter, command)) {
            return refusal;
        }
    }
    return std::nullopt;
}

}  // namespace

std::optional<Reply> read_parameters(std::string_view text, MailFrom& mail) {
    return read(text, mail, queue::Characters::Ascii);
}

std::optional<Reply> read_parameters(std::string_view text,
                                     RcptTo& rcpt,
                                     queue::Characters allowed) {
    return read(text, rcpt, allowed);
}

}  // namespace relay::smtp
