#include "relay/cli/hash_password.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <string>
#include <string_view>
#include <system_error>
#include <termios.h>
#include <unistd.h>

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include "relay/cli/ending.h"
#include "relay/smtp/sasl.h"

namespace relay::cli {

namespace {

constexpr std::size_t kLongest = 1024;  // octets; what AUTH takes
constexpr std::size_t kSaltLength = 16;
constexpr int kIterations = 10'000;

volatile std::sig_atomic_t interruption = 0;

void note_interruption(int signal) {
    interruption = signal;
}

/// A terminal that does not show what is typed, until this goes.
class Unechoed {
public:
    explicit Unechoed(int terminal) : terminal_(terminal) {
        interruption = 0;
        // Without SA_RESTART: the read in progress ends, and the terminal gets its echo back.
        struct sigaction noted {};
        noted.sa_handler = note_interruption;
        for (std::size_t i = 0; i < kSignals.size(); ++i) {
            (void)::sigaction(kSignals[i], &noted, &handlers_[i]);
        }
        known_ = ::tcgetattr(terminal_, &settings_) == 0;
        termios quiet = settings_;
        quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
        quiet.c_lflag |= static_cast<tcflag_t>(ECHONL);
        // TCSAFLUSH: what was typed before the question is no answer.
        quiet_ = known_ && ::tcsetattr(terminal_, TCSAFLUSH, &quiet) == 0;
    }
    ~Unechoed() {
        if (known_) {
            (void)::tcsetattr(terminal_, TCSADRAIN, &settings_);
        }
        for (std::size_t i = 0; i < kSignals.size(); ++i) {
            (void)::sigaction(kSignals[i], &handlers_[i], nullptr);
        }
    }
    Unechoed(const Unechoed&) = delete;
    Unechoed& operator=(const Unechoed&) = delete;

    [[nodiscard]] bool quiet() const { return quiet_; }

private:
    static constexpr std::array<int, 5> kSignals = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP};

    int terminal_;
    bool known_ = false;
    bool quiet_ = false;
    termios settings_{};
    std::array<struct sigaction, kSignals.size()> handlers_{};
};

/// One line, wiped when it goes. Octets behind the longest password are counted, not kept.
class Line {
public:
    enum class End { Line, Input, Error };

    Line() { text_.reserve(kLongest + 2); }
    ~Line() { OPENSSL_cleanse(text_.data(), text_.capacity()); }
    Line(const Line&) = delete;
    Line& operator=(const Line&) = delete;

    End read(int input);
    [[nodiscard]] std::string_view text() const { return text_; }

private:
    std::string text_;
};

Line::End Line::read(int input) {
    for (;;) {
        if (interruption != 0) {
            errno = EINTR;
            return End::Error;
        }
        char octet = 0;
        const ssize_t count = ::read(input, &octet, 1);
        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count < 0) {
            return End::Error;
        }
        if (count == 0 || octet == '\n') {
            if (text_.ends_with('\r')) {
                text_.pop_back();
            }
            return count == 0 ? End::Input : End::Line;
        }
        // Room for one octet too many, and for the CR of a line end.
        if (text_.size() < kLongest + 2) {
            text_ += octet;
        }
    }
}

int cannot_read(int reason) {
    return end(Ending::Unknown,
               "the password cannot be read: " + std::generic_category().message(reason));
}

/// What is wrong with `password`, or nothing.
std::string fault_of(std::string_view password) {
    if (password.empty()) {
        return "there is no password: write one line to standard input";
    }
    if (password.size() > kLongest) {
        return "the password is longer than 1024 octets: take a shorter one";
    }
    if (password.find('\0') != std::string_view::npos) {
        return "the password holds a NUL octet, which no client can send: take another";
    }
    return {};
}

int print_verifier(std::string_view password) {
    std::array<unsigned char, kSaltLength> salt{};
    if (RAND_bytes(salt.data(), static_cast<int>(salt.size())) != 1) {
        return end(Ending::Unknown, "the system gives no random octets for the salt: try again");
    }
    const auto verifier =
        smtp::make_verifier(password, std::string(salt.begin(), salt.end()), kIterations);
    if (std::printf("%s\n", verifier.text().c_str()) < 0 || std::fflush(stdout) != 0) {
        return end(Ending::Unknown,
                   "the verifier cannot be written: " + std::generic_category().message(errno));
    }
    return status_of(Ending::Done);
}

/// Asks for one line; the exit status where there is none.
int ask(const char* question, int terminal, Line& into) {
    (void)std::fputs(question, stderr);
    (void)std::fflush(stderr);
    return into.read(terminal) == Line::End::Error ? cannot_read(errno) : status_of(Ending::Done);
}

int ask_twice(int terminal, Line& password) {
    const Unechoed unechoed(terminal);
    if (!unechoed.quiet()) {
        return cannot_read(errno);
    }
    if (const int status = ask("Password: ", terminal, password); status != 0) {
        return status;
    }
    if (const std::string fault = fault_of(password.text()); !fault.empty()) {
        return end(Ending::No, fault);
    }
    Line again;
    if (const int status = ask("The same again: ", terminal, again); status != 0) {
        return status;
    }
    return password.text() == again.text() ? status_of(Ending::Done)
                                           : end(Ending::No, "the two passwords differ: try again");
}

}  // namespace

int hash_password(int input) {
    Line password;
    if (::isatty(input) == 1) {
        const int status = ask_twice(input, password);
        if (const int signal = interruption; signal != 0) {
            interruption = 0;
            (void)std::raise(signal);
        }
        if (status != 0) {
            return status;
        }
    } else if (password.read(input) == Line::End::Error) {
        return cannot_read(errno);
    }
    if (const std::string fault = fault_of(password.text()); !fault.empty()) {
        return end(Ending::No, fault);
    }
    return print_verifier(password.text());
}

}  // namespace relay::cli
