#include "relay/cli/sendmail_options.h"

#include <algorithm>
#include <string_view>

#include "relay/smtp/ascii.h"
#include "relay/smtp/parameters.h"
#include "relay/smtp/xtext.h"

namespace relay::cli {

namespace {

using smtp::equal_no_case;

class CommandLine {
public:
    explicit CommandLine(std::span<const std::string> arguments) : rest_(arguments) {}

    conf::Result<SendmailOptions> parse() {
        while (!rest_.empty() && problem_.empty()) {
            const std::string_view argument = rest_.front();
            rest_ = rest_.subspan(1);
            if (argument == "--") {
                options_.recipients.insert(options_.recipients.end(), rest_.begin(), rest_.end());
                break;
            }
            if (argument.starts_with("--")) {
                take_word(argument.substr(2));
            } else if (argument.size() > 1 && argument.front() == '-') {
                take_letters(argument.substr(1));
            } else {
                options_.recipients.emplace_back(argument);
            }
        }
        return problem_.empty() ? conf::Result<SendmailOptions>(std::move(options_))
                                : conf::Error{{}, problem_};
    }

private:
    void take_word(std::string_view word) {
        constexpr std::string_view kConfig = "config=";
        if (word == "help") {
            options_.help = true;
        } else if (word == "config") {
            options_.config_file = value_of("--config", {});
        } else if (word.starts_with(kConfig)) {
            options_.config_file = word.substr(kConfig.size());
        } else {
            unknown("--" + std::string(word));
        }
    }

    /// Flags may share a dash; the first option with a value takes what is left, or the next
    /// argument.
    void take_letters(std::string_view letters) {
        while (!letters.empty() && problem_.empty()) {
            const char letter = letters.front();
            letters.remove_prefix(1);
            if (take_flag(letter)) {
                continue;
            }
            take_option(letter, letters);
            return;
        }
    }

    bool take_flag(char letter) {
        switch (letter) {
            case 't':
                options_.header_recipients = HeaderRecipients::Taken;
                return true;
            case 'i':
                options_.lone_dot = SendmailInput::LoneDot::IsText;
                return true;
            case 'v':
                options_.verbose = true;
                return true;
            case 'G':  // a gateway submits
            case 'm':  // the sender may be among the recipients
            case 'n':  // no aliases
            case 'U':  // first submission
                return true;
            default:
                return false;
        }
    }

    void take_option(char letter, std::string_view attached) {
        const std::string option{'-', letter};
        switch (letter) {
            case 'f':
            case 'r':
                options_.sender = value_of(option, attached);
                break;
            case 'F':
                set_full_name(value_of(option, attached));
                break;
            case 'C':
            case 'c':
                options_.config_file = value_of(option, attached);
                break;
            case 'N':
                set_notify(value_of(option, attached));
                break;
            case 'R':
                set_ret(value_of(option, attached));
                break;
            case 'V':
                set_envelope_id(value_of(option, attached));
                break;
            case 'B':
                check_body(value_of(option, attached));
                break;
            case 'o':
            case 'O':
                set_other(value_of(option, attached));
                break;
            case 'b':
                check_mode(attached);
                break;
            case 'q':
                refuse("-q: the relay runs its queue by itself: see signet queue retry");
                break;
            case 'I':
                refuse("-I: there are no aliases here: the relay sends, it keeps no mailboxes");
                break;
            case 'd':  // debugging: its value is attached, or there is none
                break;
            case 'A':  // which configuration
            case 'e':  // how to tell errors
            case 'h':  // hops so far
            case 'L':  // a tag for the log
            case 'p':  // how the message came
            case 'X':  // where to log
                (void)value_of(option, attached);
                break;
            default:
                unknown(option);
        }
    }

    std::string value_of(const std::string& option, std::string_view attached) {
        if (!attached.empty()) {
            return std::string(attached);
        }
        if (rest_.empty()) {
            refuse(option + ": it needs a value: see signet sendmail --help");
            return {};
        }
        std::string value = rest_.front();
        rest_ = rest_.subspan(1);
        return value;
    }

    void set_full_name(std::string name) {
        const bool clean = std::none_of(name.begin(), name.end(), [](char c) {
            return static_cast<unsigned char>(c) < ' ' || c == '\x7f';
        });
        if (!clean) {
            refuse("-F: a name is one line without control characters: leave them out");
        }
        options_.full_name = std::move(name);
    }

    void set_notify(const std::string& value) {
        smtp::RcptTo rcpt;
        if (value.find(' ') != std::string::npos ||
            smtp::read_parameters("NOTIFY=" + value, rcpt)) {
            refuse("-N " + value + ": write never, or success, failure and delay with commas");
        }
        options_.notify = rcpt.dsn.notify;
    }

    void set_ret(const std::string& value) {
        if (equal_no_case(value, "full")) {
            options_.ret = ::queue::ReturnedPart::Full;
        } else if (equal_no_case(value, "hdrs")) {
            options_.ret = ::queue::ReturnedPart::Headers;
        } else {
            refuse("-R " + value + ": write full or hdrs");
        }
    }

    void set_envelope_id(std::string value) {
        if (!smtp::decode_envelope_id(value)) {
            refuse(
                "-V: an envelope id is xtext (RFC 3461 4) of 1 to 100 characters: leave out "
                "spaces, '=' and '+'");
        }
        options_.envelope_id = std::move(value);
    }

    void check_body(const std::string& value) {
        if (!equal_no_case(value, "7BIT") && !equal_no_case(value, "8BITMIME")) {
            refuse("-B " + value + ": write 7BIT or 8BITMIME");
        }
    }

    void set_other(const std::string& value) {
        if (value == "i" || equal_no_case(value, "IgnoreDots") ||
            equal_no_case(value, "IgnoreDots=true")) {
            options_.lone_dot = SendmailInput::LoneDot::IsText;
        }
    }

    void check_mode(std::string_view mode) {
        if (mode == "m") {
            return;
        }
        if (mode == "s") {
            refuse("-bs: no SMTP is spoken on standard input: connect to the relay's listener");
        } else if (mode == "p") {
            refuse("-bp: the queue is the relay's: see signet queue list");
        } else if (mode == "d" || mode == "D") {
            refuse("-b" + std::string(mode) + ": the relay runs by itself: see signet serve");
        } else {
            refuse("-b" + std::string(mode) + ": only mail is taken here: write -bm or leave it");
        }
    }

    void unknown(const std::string& option) {
        refuse(option + " is no option of sendmail: see signet sendmail --help");
    }

    void refuse(std::string what) {
        if (problem_.empty()) {
            problem_ = std::move(what);
        }
    }

    std::span<const std::string> rest_;
    SendmailOptions options_;
    std::string problem_;
};

}  // namespace

conf::Result<SendmailOptions> parse_sendmail_options(std::span<const std::string> arguments) {
    return CommandLine(arguments).parse();
}

std::optional<std::vector<std::string>> sendmail_arguments(
    std::span<const std::string> command_line) {
    if (command_line.empty()) {
        return std::nullopt;
    }
    constexpr std::string_view kName = "sendmail";
    const std::string_view program = command_line.front();
    std::vector<std::string> arguments(command_line.begin() + 1, command_line.end());
    if (program.substr(program.rfind('/') + 1) == kName) {
        return arguments;
    }
    // What may stand before the command is the configuration alone, and sendmail takes it, too.
    auto word = arguments.begin();
    while (word != arguments.end() && word->starts_with('-')) {
        const bool alone = *word == "-c" || *word == "--config";
        if (!alone && !word->starts_with("--config=") &&
            (word->starts_with("--") || !word->starts_with("-c"))) {
            return std::nullopt;
        }
        const auto step = std::min<std::ptrdiff_t>(alone ? 2 : 1, arguments.end() - word);
        word += step;
    }
    if (word == arguments.end() || *word != kName) {
        return std::nullopt;
    }
    arguments.erase(word);
    return arguments;
}

std::string sendmail_help() {
    return "usage: sendmail [OPTION...] [RECIPIENT...] < MESSAGE\n"
           "Gives a message to the relay on this host.\n"
           "\n"
           "  -t            recipients from To:, Cc: and Bcc:, too\n"
           "  -i, -oi       a line of one dot is no end of the message\n"
           "  -f, -r ADDR   envelope sender; <> for none\n"
           "  -F NAME       name in a From: that is added\n"
           "  -N WHEN       reports: never, or success,failure,delay\n"
           "  -R PART       what a report returns: full or hdrs\n"
           "  -V ID         envelope id for reports\n"
           "  -C, -c FILE   configuration (also --config)\n"
           "  -v            print the queue id\n"
           "  --            no options behind it\n"
           "  -bm, -B, -G, -m, -n, -o, -O, -U, ... are taken for other programs' sake\n";
}

}  // namespace relay::cli
