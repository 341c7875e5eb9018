#include "relay/cli/hash_password.h"

#include <csignal>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <string>
#include <termios.h>
#include <thread>
#include <unistd.h>

#include <gtest/gtest.h>

#include "relay/smtp/sasl.h"

namespace relay::cli {
namespace {

struct Said {
    int status = 0;
    std::string out;
    std::string err;
};

Said hash_of(int input) {
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    Said said;
    said.status = hash_password(input);
    said.out = testing::internal::GetCapturedStdout();
    said.err = testing::internal::GetCapturedStderr();
    return said;
}

/// With `text` on standard input, which is no terminal.
Said hash_of_text(const std::string& text) {
    int ends[2] = {-1, -1};
    EXPECT_EQ(::pipe(ends), 0);
    EXPECT_EQ(::write(ends[1], text.data(), text.size()), static_cast<ssize_t>(text.size()));
    ::close(ends[1]);
    const Said said = hash_of(ends[0]);
    ::close(ends[0]);
    return said;
}

conf::ScramVerifier verifier_in(const Said& said) {
    EXPECT_TRUE(said.out.ends_with('\n')) << said.out;
    return conf::ScramVerifier::parse(said.out.substr(0, said.out.size() - 1)).value();
}

class Terminal {
public:
    Terminal() { EXPECT_EQ(::openpty(&ours_, &theirs_, nullptr, nullptr, nullptr), 0); }
    ~Terminal() {
        ::close(ours_);
        ::close(theirs_);
    }
    Terminal(const Terminal&) = delete;
    Terminal& operator=(const Terminal&) = delete;

    [[nodiscard]] int descriptor() const { return theirs_; }
    [[nodiscard]] bool echoes() const {
        termios settings{};
        EXPECT_EQ(::tcgetattr(theirs_, &settings), 0);
        return (settings.c_lflag & ECHO) != 0;
    }
    /// As a person types it who waits for the question.
    void type(const std::string& text) const {
        while (echoes()) {
            std::this_thread::yield();
        }
        press(text);
    }
    void press(const std::string& text) const {
        EXPECT_EQ(::write(ours_, text.data(), text.size()), static_cast<ssize_t>(text.size()));
    }
    /// What stands on its screen.
    [[nodiscard]] std::string screen() const {
        std::string text;
        pollfd ready{ours_, POLLIN, 0};
        while (::poll(&ready, 1, 0) == 1 && (ready.revents & POLLIN) != 0) {
            char octet = 0;
            if (::read(ours_, &octet, 1) != 1) {
                break;
            }
            text += octet;
        }
        return text;
    }

private:
    int ours_ = -1;
    int theirs_ = -1;
};

Said hash_of_typed(const Terminal& terminal, const std::string& text) {
    std::thread person([&] { terminal.type(text); });
    const Said said = hash_of(terminal.descriptor());
    person.join();
    return said;
}

TEST(HashPassword, PrintsAVerifierAndNothingElse) {
    for (const auto* line : {"pencil\n", "pencil", "pencil\r\n", "pencil\nsomething else\n"}) {
        const Said said = hash_of_text(line);
        EXPECT_EQ(said.status, 0);
        EXPECT_EQ(said.err, "");
        const auto verifier = verifier_in(said);
        EXPECT_EQ(verifier.iterations, 10'000);
        EXPECT_EQ(verifier.salt.size(), 16U);
        EXPECT_TRUE(smtp::password_matches(verifier, "pencil"));
    }
}

TEST(HashPassword, SaltsEachOneAnew) {
    EXPECT_NE(hash_of_text("pencil\n").out, hash_of_text("pencil\n").out);
}

TEST(HashPassword, TakesPasswordsUpToTheirBound) {
    const std::string longest(1024, 'p');
    const Said said = hash_of_text(longest + "\r\n");
    EXPECT_EQ(said.status, 0) << said.err;
    EXPECT_TRUE(smtp::password_matches(verifier_in(said), longest));
    EXPECT_TRUE(
        smtp::password_matches(verifier_in(hash_of_text(" p \xC3\xBC\t\n")), " p \xC3\xBC\t"));
    for (const std::size_t length : {1025U, 1026U, 5000U}) {
        const Said refused = hash_of_text(std::string(length, 'p') + "\n");
        EXPECT_EQ(refused.status, 1);
        EXPECT_EQ(refused.out, "");
        EXPECT_EQ(refused.err,
                  "signet: the password is longer than 1024 octets: take a shorter one\n");
    }
}

TEST(HashPassword, RefusesWhatIsNoPassword) {
    for (const auto* line : {"", "\n", "\r\n", "\npencil\n"}) {
        const Said said = hash_of_text(line);
        EXPECT_EQ(said.status, 1);
        EXPECT_EQ(said.out, "");
        EXPECT_EQ(said.err, "signet: there is no password: write one line to standard input\n");
    }
    EXPECT_EQ(hash_of_text(std::string("p\0p\n", 4)).status, 1);
}

TEST(HashPassword, SaysThatItCouldNotRead) {
    const int folder = ::open("/", O_RDONLY | O_DIRECTORY);
    const Said said = hash_of(folder);
    ::close(folder);
    EXPECT_EQ(said.status, 3);
    EXPECT_EQ(said.out, "");
    EXPECT_EQ(said.err, "signet: the password cannot be read: Is a directory\n");
}

TEST(HashPassword, AsksATerminalTwiceWithoutEcho) {
    const Terminal terminal;
    const Said said = hash_of_typed(terminal, "pencil\npencil\n");
    EXPECT_EQ(said.status, 0) << said.err;
    EXPECT_EQ(said.err, "Password: The same again: ");
    EXPECT_TRUE(smtp::password_matches(verifier_in(said), "pencil"));
    EXPECT_EQ(terminal.screen().find("pencil"), std::string::npos);
    EXPECT_TRUE(terminal.echoes());
}

TEST(HashPassword, WantsTheSamePasswordTwice) {
    const Terminal terminal;
    const Said said = hash_of_typed(terminal, "pencil\nPencil\n");
    EXPECT_EQ(said.status, 1);
    EXPECT_EQ(said.out, "");
    EXPECT_TRUE(said.err.ends_with("signet: the two passwords differ: try again\n")) << said.err;
    EXPECT_TRUE(terminal.echoes());
}

TEST(HashPassword, AsksOnceWhereThereIsNone) {
    const Terminal terminal;
    const Said said = hash_of_typed(terminal, "\n");
    EXPECT_EQ(said.status, 1);
    EXPECT_EQ(said.err,
              "Password: signet: there is no password: write one line to standard input\n");
    EXPECT_TRUE(terminal.echoes());
}

TEST(HashPassword, GivesTheEchoBackBeforeASignalEndsIt) {
    const Terminal terminal;
    const pthread_t reader = ::pthread_self();
    static bool echoed = false;
    static const Terminal* watched = nullptr;
    watched = &terminal;
    echoed = false;
    struct sigaction seen {};
    struct sigaction before {};
    seen.sa_handler = [](int) { echoed = watched->echoes(); };
    ::sigaction(SIGTERM, &seen, &before);
    std::thread person([&] {
        while (terminal.echoes()) {
            std::this_thread::yield();
        }
        ::pthread_kill(reader, SIGTERM);
        terminal.press("\n");  // where the signal came before the read began
    });
    const Said said = hash_of(terminal.descriptor());
    person.join();
    ::sigaction(SIGTERM, &before, nullptr);
    EXPECT_NE(said.status, 0);
    EXPECT_EQ(said.out, "");
    EXPECT_TRUE(echoed);
}

}  // namespace
}  // namespace relay::cli
