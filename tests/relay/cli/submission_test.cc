#include "relay/cli/submission.h"

#include <arpa/inet.h>
#include <array>
#include <netinet/in.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

#include <gtest/gtest.h>

#include "tests/relay/status/made_up.h"

namespace relay::cli {
namespace {

using status::address;

std::string composed(const std::string& subject, std::string_view body) {
    const auto message = compose(address("a@example.com"), address("b@example.net"), subject, body);
    return message ? *message : message.error().message();
}

TEST(Compose, MakesAMessageWithCrlf) {
    EXPECT_EQ(composed("Hello", "one\ntwo"),
              "From: <a@example.com>\r\nTo: <b@example.net>\r\nSubject: Hello\r\n"
              "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
              "Content-Transfer-Encoding: 7bit\r\n\r\none\r\ntwo\r\n");
}

TEST(Compose, MakesEveryLineEndCrlf) {
    for (const char* body : {"a\nb\n", "a\r\nb\r\n", "a\rb\r", "a\nb"}) {
        EXPECT_TRUE(composed("x", body).ends_with("\r\n\r\na\r\nb\r\n")) << body;
    }
    EXPECT_TRUE(composed("x", "a\r\r\nb").ends_with("a\r\n\r\nb\r\n"));
    EXPECT_TRUE(composed("x", "").ends_with("\r\n\r\n\r\n"));
}

TEST(Compose, RefusesASubjectOfTwoLines) {
    EXPECT_EQ(composed("x\r\nBcc: <c@example.net>", ""),
              "a subject is one line without control characters");
    EXPECT_FALSE(composed("x\ny", "").starts_with("From:"));
}

TEST(Compose, EncodesWhatIsNotAscii) {
    const std::string message = composed(
        "Gr\xc3\xbc\xc3\x9f"
        "e",
        "\xc3\xa4\n");
    EXPECT_NE(message.find("\r\nSubject: =?utf-8?B?R3LDvMOfZQ==?=\r\n"), std::string::npos);
    EXPECT_NE(message.find("\r\nContent-Transfer-Encoding: 8bit\r\n"), std::string::npos);
    std::string long_subject;
    for (int i = 0; i < 100; ++i) {
        long_subject += "\xc3\xa4";
    }
    const std::string folded = composed(long_subject, "");
    for (std::size_t at = 0; at < folded.size();) {
        const auto end = folded.find("\r\n", at);
        EXPECT_LE(end - at, 78U);
        at = end + 2;
    }
}

TEST(DotStuffed, DoublesDotsAtLineStarts) {
    EXPECT_EQ(dot_stuffed(".a\r\nb.c\r\n..\r\n"), "..a\r\nb.c\r\n...\r\n.\r\n");
    EXPECT_EQ(dot_stuffed("a"), "a\r\n.\r\n");
    EXPECT_EQ(dot_stuffed(""), ".\r\n");
}

TEST(QueueId, IsTakenFromTheReply) {
    smtp::ServerReply reply;
    reply.code = 250;
    reply.lines = {"2.0.0 queued as 0000000000001"};
    EXPECT_EQ(queue_id_of(reply), ::queue::MessageId(1));
    reply.lines = {"2.0.0 OK"};
    EXPECT_FALSE(queue_id_of(reply));
    reply.lines = {"queued as 12"};
    EXPECT_FALSE(queue_id_of(reply));
    reply.lines = {"queued as 0000000000001"};
    reply.code = 550;
    EXPECT_FALSE(queue_id_of(reply));
}

/// A server of one connection that says `replies` one after another, the first one unasked; the
/// last one ends it.
class ScriptedServer {
public:
    explicit ScriptedServer(std::vector<std::string> replies) : replies_(std::move(replies)) {
        listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in bound{};
        bound.sin_family = AF_INET;
        bound.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t length = sizeof bound;
        if (::bind(listener_, reinterpret_cast<const sockaddr*>(&bound), length) != 0 ||
            ::listen(listener_, 1) != 0 ||
            ::getsockname(listener_, reinterpret_cast<sockaddr*>(&bound), &length) != 0) {
            throw std::runtime_error("listener");
        }
        endpoint_ = conf::Endpoint{*conf::IpAddress::parse("127.0.0.1"), ntohs(bound.sin_port), {}};
        thread_ = std::thread([this] { serve(); });
    }
    ~ScriptedServer() {
        join();
        ::close(listener_);
    }
    [[nodiscard]] const conf::Endpoint& endpoint() const { return endpoint_; }
    /// Everything that the client said, once it is gone.
    std::string heard() {
        join();
        return heard_;
    }

private:
    void serve() {
        const int connection = ::accept(listener_, nullptr, nullptr);
        bool in_message = false;
        std::array<char, 4096> buffer{};
        for (std::size_t i = 0; i < replies_.size(); ++i) {
            if (i > 0) {
                const char* end = in_message ? "\r\n.\r\n" : "\r\n";
                std::string said;
                while (!said.ends_with(end)) {
                    const auto got = ::recv(connection, buffer.data(), buffer.size(), 0);
                    if (got <= 0) {
                        break;
                    }
                    said.append(buffer.data(), static_cast<std::size_t>(got));
                }
                heard_ += said;
            }
            in_message = replies_[i].starts_with("354");
            (void)::send(connection, replies_[i].data(), replies_[i].size(), MSG_NOSIGNAL);
        }
        ::shutdown(connection, SHUT_WR);
        for (;;) {
            const auto got = ::recv(connection, buffer.data(), buffer.size(), 0);
            if (got <= 0) {
                break;
            }
            heard_.append(buffer.data(), static_cast<std::size_t>(got));
        }
        ::close(connection);
    }
    void join() {
        if (thread_.joinable()) {
            thread_.join();
        }
    }

    std::vector<std::string> replies_;
    int listener_ = -1;
    conf::Endpoint endpoint_;
    std::string heard_;
    std::thread thread_;
};

Submission submission_to(const ScriptedServer& server, std::string message = "a\r\n.b\r\n") {
    return {server.endpoint(),
            "mail.example.com",
            address("a@example.com"),
            address("b@example.net"),
            std::move(message)};
}

TEST(Submission, SaysEachCommandAfterItsReply) {
    ScriptedServer server({"220 hello\r\n",
                           "250-mail\r\n250 PIPELINING\r\n",
                           "250 2.1.0 ok\r\n",
                           "250 2.1.5 ok\r\n",
                           "354 go\r\n",
                           "250 2.0.0 queued as 0000000000001\r\n"});
    const auto reply = submit(submission_to(server));
    ASSERT_TRUE(reply) << reply.error().message();
    EXPECT_EQ(queue_id_of(*reply), ::queue::MessageId(1));
    EXPECT_EQ(server.heard(),
              "EHLO mail.example.com\r\nMAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.net>\r\n"
              "DATA\r\na\r\n..b\r\n.\r\nQUIT\r\n");
}

TEST(Submission, AsksForEightBitWhereItIsOffered) {
    for (const bool offered : {true, false}) {
        ScriptedServer server(
            {"220 hello\r\n",
             offered ? "250-mail\r\n250-8BITMIME\r\n250 SIZE\r\n" : "250 mail\r\n",
             "550 5.7.1 no\r\n"});
        ASSERT_TRUE(submit(submission_to(server, "\xc3\xa4\r\n")));
        EXPECT_EQ(server.heard().find("BODY=8BITMIME") != std::string::npos, offered);
    }
}

TEST(Submission, EndsWithTheFirstRefusal) {
    std::vector<std::string> script = {
        "220 hello\r\n", "250 mail\r\n", "250 ok\r\n", "250 ok\r\n", "354 go\r\n", "250 ok\r\n"};
    for (std::size_t step = 0; step < script.size(); ++step) {
        auto replies = script;
        replies[step] = "451 4.3.0 step " + std::to_string(step) + "\r\n";
        replies.resize(step + 1);
        ScriptedServer server(replies);
        const auto reply = submit(submission_to(server));
        ASSERT_TRUE(reply) << step;
        EXPECT_EQ(reply->text(), "451 4.3.0 step " + std::to_string(step));
    }
}

TEST(Submission, FailsWhenTheConnectionIsLost) {
    const std::vector<std::string> script = {
        "220 hello\r\n", "250 mail\r\n", "250 ok\r\n", "250 ok\r\n", "354 go\r\n"};
    for (std::size_t length = 0; length <= script.size(); ++length) {
        const auto end = script.begin() + static_cast<std::ptrdiff_t>(length);
        ScriptedServer server({script.begin(), end});
        EXPECT_FALSE(submit(submission_to(server))) << length;
    }
}

TEST(Submission, FailsWhereNobodySpeaksSmtp) {
    ScriptedServer server({"HTTP/1.1 400 Bad Request\r\n"});
    const auto reply = submit(submission_to(server));
    ASSERT_FALSE(reply);
    EXPECT_NE(reply.error().message().find("does not speak SMTP"), std::string::npos);
}

}  // namespace
}  // namespace relay::cli
