#include "tests/relay/smtp/client_transcript.h"

#include <optional>
#include <sstream>

#include <gtest/gtest.h>

namespace tests {
namespace {

using relay::smtp::ClientDialog;
using relay::smtp::Delivery;
using relay::smtp::Loss;
using relay::smtp::Protection;
using relay::smtp::ReplyParser;
using Do = ClientDialog::Do;
using Kind = queue::Outcome::Kind;

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

class Player {
public:
    Player(const std::vector<Delivery>& deliveries, std::string_view script, Protection protection)
        : deliveries_(deliveries),
          script_(lines_of(script)),
          dialog_("mail.example.com", protection) {}

    /// Plays up to the end, or loses the connection at step `lose_at`. True when the script ended
    /// before.
    bool play(std::optional<int> lose_at, Loss loss) {
        for (int step = 0;; ++step) {
            const ClientDialog::Step now = dialog_.next();
            if (now.action == Do::SendMessage) {
                sent_ = true;
            }
            if (lose_at == step) {
                lose(loss);
                return false;
            }
            if (testing::Test::HasFailure() || !act(now)) {
                return true;
            }
        }
    }
    ClientDialog& dialog() { return dialog_; }

private:
    std::string line() const {
        return at_ < script_.size() ? script_[at_] : "(the end of the script)";
    }

    void expect(std::string_view wanted) {
        if (line() != wanted) {
            ADD_FAILURE() << "step " << at_ << ": the dialog does \"" << wanted
                          << "\" where the script has \"" << line() << '"';
        }
        ++at_;
    }

    /// False at the end.
    bool act(const ClientDialog::Step& now) {
        switch (now.action) {
            case Do::Write:
                EXPECT_TRUE(now.octets.ends_with("\r\n"));
                write(now.octets);
                return true;
            case Do::ReadReply:
                read();
                return true;
            case Do::SendMessage:
                if (line().starts_with("S: ")) {  // the server speaks before the message is out
                    read();
                    return true;
                }
                expect("C: [message]");
                dialog_.message_sent();
                return true;
            case Do::SendNothing:
                expect("C: [nothing]");
                return true;
            case Do::Ready:
                return ready();
            case Do::Close:
                EXPECT_TRUE(dialog_.closed());
                expect("= close");
                EXPECT_EQ(at_, script_.size());
                return false;
        }
        return false;
    }

    void write(const std::string& octets) {
        for (std::size_t from = 0; from < octets.size();) {
            const std::size_t end = octets.find("\r\n", from);
            expect("C: " + octets.substr(from, end - from));
            from = end + 2;
        }
        EXPECT_FALSE(line().starts_with("C: ")) << "should be in the same write: " << line();
    }

    void read() {
        if (!line().starts_with("S: ")) {
            ADD_FAILURE() << "step " << at_
                          << ": the dialog waits for a reply where the script has " << line();
            return;
        }
        const std::string word = line().substr(3);
        if (word.starts_with('[')) {
            ++at_;
            if (word == "[unexpected]") {
                dialog_.unexpected_input();
            } else {
                dialog_.lost(word == "[closed]"      ? Loss::Closed
                             : word == "[timed out]" ? Loss::TimedOut
                             : word == "[garbage]"   ? Loss::Garbage
                                                     : Loss::TooLong);
            }
            return;
        }
        ReplyParser parser;
        ReplyParser::State state = ReplyParser::State::NeedMore;
        while (state == ReplyParser::State::NeedMore && line().starts_with("S: ")) {
            std::string octets = line().substr(3) + "\r\n";
            state = parser.consume(octets);
            ++at_;
        }
        if (state != ReplyParser::State::Complete) {
            ADD_FAILURE() << "step " << at_ << ": no whole reply in the script";
            return;
        }
        dialog_.replied(parser.take());
    }

    bool ready() {
        EXPECT_TRUE(dialog_.greeted());
        if (line() == "S: [unexpected]" || line() == "S: [closed]") {
            read();
            return true;
        }
        if (line() == "= begin" && begun_ < deliveries_.size()) {
            ++at_;
            sent_ = false;
            dialog_.begin(deliveries_[begun_++]);
            return true;
        }
        if (line() == "= quit") {
            ++at_;
            dialog_.quit();
            return true;
        }
        expect("= ready");
        EXPECT_EQ(at_, script_.size());
        return false;
    }

    void lose(Loss loss) {
        const bool greeted = dialog_.greeted();
        const bool was_closed = dialog_.closed();
        const std::vector<queue::Outcome> before = dialog_.outcomes();
        dialog_.lost(loss);

        EXPECT_TRUE(dialog_.closed());
        EXPECT_EQ(dialog_.next().action, Do::Close);
        EXPECT_EQ(dialog_.greeted(), greeted);
        EXPECT_EQ(dialog_.nothing_sent(), !sent_);
        if (!greeted) {
            EXPECT_EQ(dialog_.host_failure().kind, Kind::Deferred);
            EXPECT_EQ(dialog_.host_failure().status.klass, 4);
            EXPECT_NE(dialog_.host_failure().text, "");
        }
        const std::size_t recipients = begun_ > 0 ? deliveries_[begun_ - 1].recipients.size() : 0;
        ASSERT_EQ(dialog_.outcomes().size(), recipients);
        for (std::size_t number = 0; number < recipients; ++number) {
            const queue::Outcome& after = dialog_.outcomes()[number];
            if (!before[number].text.empty()) {
                EXPECT_EQ(after, before[number]) << "a decided recipient changed";
                continue;
            }
            EXPECT_FALSE(was_closed);
            EXPECT_EQ(after.kind, Kind::Deferred);
            const queue::EnhancedStatus status = loss == Loss::Garbage
                                                     ? queue::EnhancedStatus{4, 5, 0}
                                                     : queue::EnhancedStatus{4, 4, 2};
            EXPECT_EQ(after.status, status);
            EXPECT_NE(after.text, "");
            EXPECT_FALSE(after.remote);
        }
    }

    const std::vector<Delivery>& deliveries_;
    std::vector<std::string> script_;
    std::size_t at_ = 0;
    ClientDialog dialog_;
    std::size_t begun_ = 0;
    bool sent_ = false;
};

}  // namespace

ClientDialog play(const std::vector<Delivery>& deliveries,
                  std::string_view script,
                  Protection protection) {
    Player whole(deliveries, script, protection);
    whole.play(std::nullopt, Loss::Closed);
    for (const Loss loss : {Loss::Closed, Loss::TimedOut, Loss::Garbage, Loss::TooLong}) {
        for (int step = 0; !testing::Test::HasFailure(); ++step) {
            SCOPED_TRACE("connection lost at step " + std::to_string(step));
            Player player(deliveries, script, protection);
            if (player.play(step, loss)) {
                break;
            }
        }
    }
    return whole.dialog();
}

std::string greeted(const Offered& offered, std::string_view rest) {
    std::string script = "S: 220 mx.example.net ESMTP\nC: EHLO mail.example.com\n";
    std::string_view line = "mx.example.net";
    for (const std::string& extension : offered) {
        script += "S: 250-" + std::string(line) + "\n";
        line = extension;
    }
    return script + "S: 250 " + std::string(line) + "\n" + std::string(rest);
}

Delivery delivery(const std::vector<std::string>& recipients) {
    Delivery made;
    made.sender = queue::Address::parse("a@example.com").value();
    for (const std::string& recipient : recipients) {
        made.recipients.push_back({queue::Address::parse(recipient).value(), {}});
    }
    made.size = 1000;
    return made;
}

std::string show(const queue::Outcome& outcome) {
    const char* kind = "?";
    switch (outcome.kind) {
        case Kind::Delivered:
            kind = "Delivered";
            break;
        case Kind::Deferred:
            kind = "Deferred";
            break;
        case Kind::Failed:
            kind = "Failed";
            break;
    }
    return std::string(kind) + " " + outcome.status.text() + ": " + outcome.text;
}

std::vector<std::string> show(const std::vector<queue::Outcome>& outcomes) {
    std::vector<std::string> shown;
    for (const queue::Outcome& outcome : outcomes) {
        shown.push_back(show(outcome));
    }
    return shown;
}

}  // namespace tests
