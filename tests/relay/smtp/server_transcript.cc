#include "tests/relay/smtp/server_transcript.h"

#include <sstream>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "relay/smtp/dot_stream.h"

namespace tests {
namespace {

using relay::smtp::DotStream;
using relay::smtp::Reply;
using relay::smtp::ServerDialog;
using relay::smtp::ServerRules;
using Next = ServerDialog::Next;
using Judge = std::function<Reply(const Taken&)>;

std::vector<std::string> lines_of(std::string_view text) {
    std::vector<std::string> lines;
    std::istringstream stream{std::string(text)};
    for (std::string line; std::getline(stream, line);) {
        line.erase(0, line.find_first_not_of(' '));
        if (!line.empty()) {
            lines.push_back(line);
        }
    }
    return lines;
}

/// A dialog and the message that it reads.
class Server {
public:
    Server(const ServerRules& rules, const Judge& judge) : dialog_(rules), judge_(judge) {}

    /// What is written for one line of the client.
    std::string hear(const std::string& line) {
        if (next_ == Next::Data) {
            stream_.consume(line + "\r\n", message_.text);
            return stream_.done() ? end_of_data() : "";
        }
        if (next_ == Next::Chunk) {
            return hear_chunk(line);
        }
        if (line == "[tls]") {
            EXPECT_EQ(next_, Next::StartTls);
            dialog_.secured("");
            next_ = Next::Line;
            return "";
        }
        ServerDialog::Step step = next_ == Next::SaslLine && line == "[too long]"
                                      ? dialog_.sasl_line_too_long()
                                  : next_ == Next::SaslLine  ? dialog_.sasl_line(line)
                                  : line == "[too long]"     ? dialog_.line_too_long()
                                  : line == "[bad line end]" ? dialog_.bad_line_end()
                                                             : dialog_.command(line);
        if (step.next == Next::CheckPassword) {
            const auto& login = dialog_.login();
            step = dialog_.password_checked(
                relay::smtp::password_matches(login.verifier(), login.password()));
        }
        next_ = step.next;
        chunk_ = step;
        if (next_ == Next::Data) {
            stream_ = DotStream{};
            message_ = {dialog_.transaction(), ""};
        }
        return step.reply;
    }

    /// The client starts anew, whatever state this is.
    void start_anew() {
        if (next_ == Next::Close) {
            return;
        }
        if (next_ == Next::Data) {
            hear("");
            hear(".");
        } else if (next_ == Next::Chunk) {
            hear("");
        } else if (next_ == Next::SaslLine) {
            hear("*");
        } else if (next_ == Next::StartTls) {
            hear("[tls]");
        }
        const std::string reply = next_ == Next::Close ? "" : hear("EHLO again.example");
        if (next_ == Next::Close) {
            return;
        }
        EXPECT_TRUE(reply.starts_with("250-")) << reply;
        EXPECT_TRUE(dialog_.transaction().sender.is_null());
        EXPECT_TRUE(dialog_.transaction().recipients.empty());
        EXPECT_EQ(dialog_.helo(), "again.example");
        EXPECT_TRUE(hear("RCPT TO:<left@example.net>").starts_with("503 "));
    }

    Next next() const { return next_; }
    const ServerDialog& dialog() const { return dialog_; }
    const std::vector<Taken>& taken() const { return taken_; }

private:
    std::string hear_chunk(const std::string& octets) {
        if (!chunk_.refused && message_.transaction.recipients.empty()) {
            message_ = {dialog_.transaction(), ""};
        }
        if (!chunk_.refused) {
            message_.text += octets;
        }
        if (chunk_.last && !chunk_.refused) {
            return end_of_data();
        }
        ServerDialog::Step step = dialog_.chunk_done(std::nullopt);
        next_ = step.next;
        return step.reply;
    }

    std::string end_of_data() {
        const Reply reply = judge_ ? judge_(message_) : Reply{250, "2.0.0", "queued"};
        ServerDialog::Step step = dialog_.data_done(reply);
        next_ = step.next;
        taken_.push_back(std::exchange(message_, Taken{}));
        return step.reply;
    }

    ServerDialog dialog_;
    const Judge& judge_;
    Next next_ = Next::Line;
    ServerDialog::Step chunk_;
    DotStream stream_;
    Taken message_;
    std::vector<Taken> taken_;
};

}  // namespace

ServerRules open_rules() {
    ServerRules made;
    made.hostname = "mail.example.com";
    made.errors = 10;
    made.may_relay = true;
    return made;
}

std::string ehlo_reply(const std::vector<std::string>& more, int message_size) {
    std::string lines = "S: 250-mail.example.com\nS: 250-PIPELINING\n";
    lines += "S: 250-SIZE " + std::to_string(message_size) + "\n";
    for (const char* const extension :
         {"8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES", "CHUNKING", "DSN"}) {
        lines += "S: 250-" + std::string(extension) + "\n";
    }
    for (const std::string& extension : more) {
        lines += "S: 250-" + extension + "\n";
    }
    return lines + "S: 250 HELP\n";
}

std::string after_ehlo(std::string_view rest,
                       const std::vector<std::string>& more,
                       int message_size) {
    return "S: 220 mail.example.com ESMTP Signet\nC: EHLO client.example\n" +
           ehlo_reply(more, message_size) + std::string(rest);
}

std::vector<Taken> play(const ServerRules& rules, std::string_view script, const Judge& judge) {
    const std::vector<std::string> lines = lines_of(script);
    Server server(rules, judge);
    std::string written = server.dialog().greeting();
    for (std::size_t at = 0; at < lines.size(); ++at) {
        SCOPED_TRACE("line " + std::to_string(at) + ": " + lines[at]);
        if (lines[at].starts_with("S: ")) {
            const std::string line = lines[at].substr(3) + "\r\n";
            EXPECT_EQ(written.substr(0, line.size()), line);
            written.erase(0, line.size());
        } else if (lines[at] == "= close") {
            EXPECT_EQ(server.next(), Next::Close);
        } else {
            EXPECT_EQ(written, "") << "was not expected";
            EXPECT_NE(server.next(), Next::Close) << "nobody reads on";
            if (testing::Test::HasFailure()) {
                break;
            }
            written = server.hear(lines[at].size() > 3 ? lines[at].substr(3) : "");
            Server other(rules, judge);
            for (std::size_t before = 0; before <= at; ++before) {
                if (lines[before].starts_with("C:")) {
                    other.hear(lines[before].size() > 3 ? lines[before].substr(3) : "");
                }
            }
            other.start_anew();
        }
    }
    EXPECT_EQ(written, "") << "was not expected";
    EXPECT_EQ(server.next() == Next::Close, !lines.empty() && lines.back() == "= close");
    return server.taken();
}

}  // namespace tests
