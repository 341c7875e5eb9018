#include "relay/smtp/command.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "conf/domain_name.h"
#include "relay/smtp/ascii.h"
#include "relay/smtp/parameters.h"
#include "relay/smtp/word.h"

namespace relay::smtp {
namespace {

using Parsed = std::variant<Command, Reply>;

Reply syntax(std::string text) {
    return {501, "5.5.2", std::move(text)};
}
Reply bad_argument(std::string text) {
    return {501, "5.5.4", std::move(text)};
}

/// Who an address belongs to: the enhanced codes differ.
enum class Side { Sender, Recipient };

Reply bad_path(Side side, const std::string& text) {
    return {501, side == Side::Sender ? "5.1.7" : "5.1.3", text};
}

Reply without_domain(Side side, const std::string& local_part) {
    return {550,
            side == Side::Sender ? "5.1.7" : "5.1.3",
            local_part + " has no domain (intake.origin would complete it)"};
}

/// The octets between "<" and its ">", which go from `text`. A quoted local part may hold a ">".
std::optional<std::string_view> take_path(std::string_view& text) {
    if (!text.starts_with('<')) {
        return std::nullopt;
    }
    bool quoted = false;
    for (std::size_t at = 1; at < text.size(); ++at) {
        if (quoted && text[at] == '\\') {
            ++at;
        } else if (text[at] == '"') {
            quoted = !quoted;
        } else if (text[at] == '>' && !quoted) {
            const std::string_view inside = text.substr(1, at - 1);
            text.remove_prefix(at + 1);
            return inside;
        }
    }
    return std::nullopt;
}

/// RFC 5321 4.1.1.3 and C: a source route "@a,@b:" MUST be recognized and SHOULD be ignored.
/// Nothing where it is wrong.
std::optional<std::string_view> without_route(std::string_view path) {
    if (!path.starts_with('@')) {
        return path;
    }
    const std::size_t colon = path.find(':');
    if (colon == std::string_view::npos) {
        return std::nullopt;
    }
    // RFC 5321 4.1.2: A-d-l = At-domain *( "," At-domain ); At-domain = "@" Domain.
    std::string_view route = path.substr(0, colon);
    while (true) {
        const std::size_t comma = std::min(route.find(','), route.size());
        const std::string_view hop = route.substr(0, comma);
        if (!hop.starts_with('@') || !conf::DomainName::parse(hop.substr(1))) {
            return std::nullopt;
        }
        if (comma == route.size()) {
            return path.substr(colon + 1);
        }
        route.remove_prefix(comma + 1);
    }
}

/// The address in `path`, or why it is none.
std::variant<queue::Address, Reply> parse_path(std::string_view path,
                                               Side side,
                                               queue::Characters allowed,
                                               const Completion& completion) {
    // RFC 6531 3.5: 553 with 5.6.7 where such an address is not permitted.
    if (allowed == queue::Characters::Ascii && !std::all_of(path.begin(), path.end(), is_ascii)) {
        return Reply{
            553, "5.6.7", "an address with other than ASCII characters needs SMTPUTF8 behind MAIL"};
    }
    if (path.empty()) {
        if (side == Side::Sender) {
            return queue::Address{};
        }
        return bad_path(side, "a recipient cannot be empty");
    }
    const auto mailbox = without_route(path);
    if (!mailbox) {
        return bad_path(side, "the source route is malformed");
    }
    // RFC 5321 4.5.1: "RCPT TO:<Postmaster>" without a domain MUST be supported.
    std::string text(*mailbox);
    if (side == Side::Recipient && equal_no_case(text, "postmaster")) {
        text += "@" + std::string(completion.hostname);
    }
    auto address = queue::Address::parse(text, allowed);
    if (!address) {
        // RFC 6409 8.4: a submission server may complete a local part.
        auto completed = queue::Address::parse(
            text + "@" +
                std::string(completion.origin.empty() ? "origin.invalid" : completion.origin),
            allowed);
        if (!completed) {
            return bad_path(side, address.error().message());
        }
        if (completion.origin.empty()) {
            return without_domain(side, text);
        }
        return std::move(*completed);
    }
    if (address->is_null()) {  // a route to nobody
        return bad_path(side, "the address is empty");
    }
    return std::move(*address);
}

/// "FROM:<path> parameters" or "TO:<path> parameters", taken apart; not looked into, since what a
/// path may hold depends on a parameter.
struct PathAndParameters {
    std::string_view path;
    std::string_view parameters;
};

std::variant<PathAndParameters, Reply> split_argument(std::string_view argument, Side side) {
    const std::string_view keyword = side == Side::Sender ? "FROM:" : "TO:";
    const std::string expected =
        side == Side::Sender ? "MAIL FROM:<address> is expected" : "RCPT TO:<address> is expected";
    if (!equal_no_case(argument.substr(0, keyword.size()), keyword)) {
        return syntax(expected);
    }
    argument.remove_prefix(keyword.size());
    // NB: RFC 5321 3.3 forbids spaces behind the colon; so many clients write one that all are
    // taken.
    argument.remove_prefix(std::min(argument.find_first_not_of(' '), argument.size()));
    const auto path = take_path(argument);
    if (!path || (!argument.empty() && argument.front() != ' ')) {
        return syntax(expected);
    }
    argument.remove_prefix(std::min(argument.find_first_not_of(' '), argument.size()));
    return PathAndParameters{*path, argument};
}

Parsed parse_mail(std::string_view argument, const Completion& completion) {
    auto split = split_argument(argument, Side::Sender);
    if (auto* const refusal = std::get_if<Reply>(&split)) {
        return std::move(*refusal);
    }
    const auto& parts = std::get<PathAndParameters>(split);
    MailFrom mail;
    if (auto refusal = read_parameters(parts.parameters, mail)) {
        return std::move(*refusal);
    }
    // RFC 6531 3.4: with the parameter, the addresses of MAIL and RCPT may be internationalized.
    auto sender = parse_path(parts.path,
                             Side::Sender,
                             mail.utf8 ? queue::Characters::Utf8 : queue::Characters::Ascii,
                             completion);
    if (auto* const refusal = std::get_if<Reply>(&sender)) {
        return std::move(*refusal);
    }
    mail.sender = std::move(std::get<queue::Address>(sender));
    return Command{std::move(mail)};
}

Parsed parse_rcpt(std::string_view argument,
                  const Completion& completion,
                  queue::Characters allowed) {
    auto split = split_argument(argument, Side::Recipient);
    if (auto* const refusal = std::get_if<Reply>(&split)) {
        return std::move(*refusal);
    }
    const auto& parts = std::get<PathAndParameters>(split);
    auto recipient = parse_path(parts.path, Side::Recipient, allowed, completion);
    if (auto* const refusal = std::get_if<Reply>(&recipient)) {
        return std::move(*refusal);
    }
    RcptTo rcpt;
    rcpt.recipient = std::move(std::get<queue::Address>(recipient));
    if (auto refusal = read_parameters(parts.parameters, rcpt, allowed)) {
        return std::move(*refusal);
    }
    return Command{std::move(rcpt)};
}

Parsed parse_helo(std::string_view argument, bool extended) {
    // NB: RFC 5321 4.1.1.1 wants a domain or a literal; clients in private networks have neither,
    // so any printable word is taken. It is shown in the Received field and decides nothing.
    const bool word = std::all_of(argument.begin(), argument.end(), [](char octet) {
        return is_printable(octet) && octet != ' ';
    });
    if (argument.empty() || argument.size() > 255 || !word) {
        return bad_argument(extended ? "EHLO needs your host name" : "HELO needs your host name");
    }
    return Command{Helo{std::string(argument), extended}};
}

/// RFC 4954 4: "AUTH" SP mechanism [SP initial-response].
Parsed parse_auth(std::string_view argument) {
    Auth auth;
    auth.mechanism = take_word(argument);
    // RFC 4422 3.1: sasl-mech = 1*20mech-char; mech-char = UPPER-ALPHA / DIGIT / HYPHEN /
    // UNDERSCORE. NB: lower case is taken too.
    const bool named = !auth.mechanism.empty() && auth.mechanism.size() <= 20 &&
                       std::all_of(auth.mechanism.begin(), auth.mechanism.end(), [](char octet) {
                           return is_alphanumeric(octet) || octet == '-' || octet == '_';
                       });
    if (!named) {
        return bad_argument("AUTH needs the name of a mechanism");
    }
    for (char& octet : auth.mechanism) {
        octet = to_upper(octet);
    }
    if (!argument.empty()) {
        auth.initial = take_word(argument);
    }
    if (!argument.empty()) {
        return bad_argument("AUTH takes a mechanism and one initial response");
    }
    return Command{std::move(auth)};
}

/// RFC 3030 2: "BDAT" SP chunk-size [SP end-marker]; chunk-size = 1*DIGIT; end-marker = "LAST".
Parsed parse_bdat(std::string_view argument) {
    const std::string_view size = take_word(argument);
    Bdat chunk;
    // NB: as many digits as SIZE may have; more than 64 bits hold is refused, since the end of such
    // a chunk could not be found.
    if (size.empty() || size.size() > 20 || !std::all_of(size.begin(), size.end(), is_digit) ||
        std::from_chars(size.data(), size.data() + size.size(), chunk.size).ec != std::errc{}) {
        return bad_argument("BDAT needs the number of octets that follow");
    }
    chunk.last = equal_no_case(argument, "LAST");
    if (!argument.empty() && !chunk.last) {
        return bad_argument("behind the number of octets BDAT takes LAST alone");
    }
    return Command{chunk};
}

/// A verb that takes no argument.
Parsed bare(Command command, std::string_view argument) {
    // RFC 5321 4.1.1: 501 for a command with an argument that it must not have.
    if (!argument.empty()) {
        return bad_argument("this command takes no argument");
    }
    return command;
}

bool known_elsewhere(std::string_view verb) {
    static constexpr std::string_view kVerbs[] = {
        "EXPN", "ETRN", "TURN", "ATRN", "BURL", "SEND", "SOML", "SAML"};
    return std::any_of(std::begin(kVerbs), std::end(kVerbs), [verb](std::string_view known) {
        return equal_no_case(verb, known);
    });
}

}  // namespace

std::variant<Command, Reply> parse_command(std::string_view line,
                                           const Completion& completion,
                                           queue::Characters recipients) {
    // RFC 5321 4.1.1: servers SHOULD tolerate trailing white space.
    line.remove_suffix(line.size() - (line.find_last_not_of(" \t") + 1));
    if (!std::all_of(line.begin(), line.end(), [](char octet) {
            return is_printable(octet) || !is_ascii(octet);
        })) {
        return Reply{500, "5.5.2", "a command has no control characters"};
    }
    const std::string_view verb = take_word(line);
    const auto is = [verb](std::string_view name) { return equal_no_case(verb, name); };
    if (is("EHLO") || is("HELO")) {
        return parse_helo(line, is("EHLO"));
    }
    if (is("MAIL")) {
        return parse_mail(line, completion);
    }
    if (is("RCPT")) {
        return parse_rcpt(line, completion, recipients);
    }
    if (is("DATA")) {
        return bare(Data{}, line);
    }
    if (is("BDAT")) {
        return parse_bdat(line);
    }
    if (is("STARTTLS")) {
        return bare(StartTls{}, line);
    }
    if (is("AUTH")) {
        return parse_auth(line);
    }
    if (is("RSET")) {
        return bare(Rset{}, line);
    }
    if (is("QUIT")) {
        return bare(Quit{}, line);
    }
    // RFC 5321 4.1.1.9: NOOP ignores its argument; so does HELP here.
    if (is("NOOP")) {
        return Command{Noop{}};
    }
    if (is("HELP")) {
        return Command{Help{}};
    }
    if (is("VRFY")) {
        if (line.empty()) {
            return bad_argument("VRFY needs an address");
        }
        return Command{Vrfy{}};
    }
    if (known_elsewhere(verb)) {
        return Command{NotImplemented{}};
    }
    return Reply{500, "5.5.2", "command not recognized"};
}

bool announces_chunk(std::string_view line) {
    return equal_no_case(line.substr(0, line.find_first_of(" \t")), "BDAT");
}

}  // namespace relay::smtp
