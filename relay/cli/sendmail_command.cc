#include "relay/cli/sendmail_command.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <exception>
#include <iterator>
#include <pwd.h>
#include <set>
#include <sysexits.h>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <variant>

#include "relay/cli/config_commands.h"
#include "relay/cli/control_client.h"
#include "relay/cli/ending.h"
#include "relay/cli/sendmail_input.h"
#include "relay/cli/sendmail_message.h"
#include "relay/cli/sendmail_options.h"
#include "relay/cli/submission_server.h"
#include "relay/mime/address_list.h"

namespace relay::cli {

namespace {

using ::queue::Address;

/// Why nothing was submitted.
struct Failure {
    int status = EX_SOFTWARE;
    std::string what;
};

template <class T>
using Step = std::variant<T, Failure>;

/// The user who runs this, at `domain`.
Step<Address> local_user(const conf::DomainName& domain) {
    std::array<char, 16384> room{};
    passwd entry{};
    passwd* found = nullptr;
    const auto user = ::getuid();
    if (::getpwuid_r(user, &entry, room.data(), room.size(), &found) != 0 || found == nullptr) {
        return Failure{EX_USAGE,
                       "the user " + std::to_string(user) +
                           " has no name here: name the sender with -f user@domain"};
    }
    auto address = Address::parse(std::string(found->pw_name) + "@" + domain.text());
    if (!address) {
        return Failure{EX_USAGE,
                       "the name of the user is no local part (" + address.error().message() +
                           "): name the sender with -f user@domain"};
    }
    return std::move(*address);
}

/// What -f says: an address, bare or not, or "<>".
Step<Address> named_sender(const std::string& text, const conf::DomainName& domain) {
    if (text.empty() || text == "<>") {
        return Address();
    }
    auto found = mime::mailboxes_in(text, domain);
    if (!found || found->size() != 1) {
        return Failure{EX_USAGE,
                       "-f: " + (found ? "it is not one address" : found.error().message()) +
                           ": write user@domain, or <> for none"};
    }
    return std::move(found->front());
}

Step<std::vector<Address>> named_recipients(const std::vector<std::string>& arguments,
                                            const conf::DomainName& domain) {
    std::vector<Address> recipients;
    for (const std::string& argument : arguments) {
        auto found = mime::mailboxes_in(argument, domain);
        if (!found || found->empty()) {
            return Failure{EX_DATAERR,
                           "recipient \"" + argument +
                               "\": " + (found ? "it is no address" : found.error().message()) +
                               ": write user@domain"};
        }
        std::move(found->begin(), found->end(), std::back_inserter(recipients));
    }
    return recipients;
}

Step<std::string> read_message(int input, SendmailInput::LoneDot lone_dot, std::uint64_t limit) {
    using State = SendmailInput::State;
    SendmailInput message(lone_dot, limit);
    std::array<char, 65536> buffer{};
    State state = State::More;
    while (state == State::More) {
        const auto count = ::read(input, buffer.data(), buffer.size());
        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count < 0) {
            return Failure{EX_IOERR,
                           "the message cannot be read: " + std::generic_category().message(errno)};
        }
        state = count == 0 ? message.finish()
                           : message.consume({buffer.data(), static_cast<std::size_t>(count)});
    }
    switch (state) {
        case State::HasNul:
            return Failure{EX_DATAERR,
                           "the message holds a NUL octet, which mail cannot: encode it"};
        case State::TooLarge:
            return Failure{EX_DATAERR,
                           "the message is larger than limits.message_size, " +
                               std::to_string(limit) + " octets: make it smaller, or raise that"};
        case State::More:
        case State::Ended:
            break;
    }
    return message.take();
}

/// Each address once.
void remove_doubles(std::vector<Address>& recipients) {
    std::set<std::string> seen;
    std::erase_if(recipients,
                  [&seen](const Address& address) { return !seen.insert(address.text()).second; });
}

/// The message and its envelope; the server is not chosen yet.
Step<Submission> prepare(const SendmailOptions& options, const conf::Config& config, int input) {
    Submission submission;
    const auto& domain = config.postmaster_domain;
    auto sender = options.sender ? named_sender(*options.sender, domain) : local_user(domain);
    if (auto* failure = std::get_if<Failure>(&sender)) {
        return std::move(*failure);
    }
    submission.from = std::get<Address>(std::move(sender));
    auto author = submission.from.is_null() ? local_user(domain) : submission.from;
    if (auto* failure = std::get_if<Failure>(&author)) {
        return std::move(*failure);
    }
    auto recipients = named_recipients(options.recipients, domain);
    if (auto* failure = std::get_if<Failure>(&recipients)) {
        return std::move(*failure);
    }
    submission.to = std::get<std::vector<Address>>(std::move(recipients));
    const bool from_header = options.header_recipients == HeaderRecipients::Taken;
    if (submission.to.empty() && !from_header) {
        return Failure{EX_USAGE,
                       "nobody to send to: name recipients, or take the header's with -t"};
    }
    auto text = read_message(input, options.lone_dot, config.limits.message_size);
    if (auto* failure = std::get_if<Failure>(&text)) {
        return std::move(*failure);
    }
    auto message = make_message(std::get<std::string>(text),
                                {options.header_recipients,
                                 domain,
                                 std::get<Address>(std::move(author)),
                                 options.full_name});
    if (!message) {
        return Failure{EX_DATAERR, message.error().message() + ": correct the message"};
    }
    submission.message = std::move(message->text);
    std::move(
        message->recipients.begin(), message->recipients.end(), std::back_inserter(submission.to));
    remove_doubles(submission.to);
    if (submission.to.empty()) {
        return Failure{EX_USAGE, "nobody to send to: To:, Cc: and Bcc: hold no address"};
    }
    if (submission.to.size() > static_cast<std::size_t>(config.limits.recipients)) {
        return Failure{EX_DATAERR,
                       std::to_string(submission.to.size()) +
                           " recipients are more than limits.recipients, " +
                           std::to_string(config.limits.recipients) + ": send several messages"};
    }
    submission.notify = options.notify;
    submission.ret = options.ret;
    submission.envelope_id = options.envelope_id;
    submission.helo = config.hostname.text();
    return submission;
}

int fail(int status, const std::string& what) {
    complain(what);
    return status;
}

int run(const SendmailOptions& options, const conf::Config& config, int input) {
    const auto server = submission_server(config, ControlClient(control_path(config)));
    if (!server) {
        return fail(EX_CONFIG, server.error().message());
    }
    auto prepared = prepare(options, config, input);
    if (const auto* failure = std::get_if<Failure>(&prepared)) {
        return fail(failure->status, failure->what);
    }
    auto& submission = std::get<Submission>(prepared);
    submission.server = *server;
    const auto answer = submit(submission);
    if (!answer) {
        // A lost connection has the system's code; what does not speak SMTP never will.
        return fail(answer.error().code ? EX_TEMPFAIL : EX_UNAVAILABLE, answer.error().message());
    }
    const std::string said = answer->reply.text();
    if (answer->accepted()) {
        if (options.verbose) {
            std::printf("%s\n", said.c_str());
        }
        return EX_OK;
    }
    const int status = sendmail_status(*answer);
    const std::string whom = answer->recipient.empty() ? "" : answer->recipient + " ";
    return fail(status,
                status == EX_TEMPFAIL
                    ? whom + "refused for now: " + said + ": nothing was sent, try again later"
                    : whom + "refused: " + said + ": nothing was sent");
}

}  // namespace

int sendmail_status(const SubmissionAnswer& answer) {
    using To = SubmissionAnswer::To;
    if (answer.accepted()) {
        return EX_OK;
    }
    if (answer.reply.klass() == 4) {
        return EX_TEMPFAIL;
    }
    if (answer.reply.klass() != 5) {
        return EX_UNAVAILABLE;  // a reply that makes no sense there
    }
    // RFC 3463 3.8: X.7.x is about security or policy.
    const auto& enhanced = answer.reply.enhanced;
    const bool not_allowed = enhanced && enhanced->subject == 7;
    switch (answer.to) {
        case To::Greeting:
        case To::Ehlo:
            return EX_UNAVAILABLE;
        case To::Mail:
            return not_allowed ? EX_NOPERM : EX_DATAERR;
        case To::Rcpt:
            return not_allowed ? EX_NOPERM : EX_NOUSER;
        case To::Data:
        case To::Message:
            break;
    }
    return not_allowed ? EX_NOPERM : EX_DATAERR;
}

int sendmail_command(const std::vector<std::string>& arguments,
                     const std::string& config_file,
                     int input) {
    try {
        const auto options = parse_sendmail_options(arguments);
        if (!options) {
            return fail(EX_USAGE, options.error().message());
        }
        if (options->help) {
            std::printf("%s", sendmail_help().c_str());
            return EX_OK;
        }
        const std::string& file = options->config_file.empty() ? config_file : options->config_file;
        const auto config = load_config(file);
        if (!config) {
            return fail(EX_CONFIG,
                        file +
                            " cannot be used: correct it, let those who send read it, or name "
                            "another with -C");
        }
        return run(*options, *config, input);
    } catch (const std::exception& error) {
        return fail(EX_TEMPFAIL, std::string(error.what()) + ": try again later");
    }
}

}  // namespace relay::cli
