#include "relay/cli/submission.h"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <cstring>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>
#include <utility>

#include "conf/utf8.h"
#include "relay/cli/encoded_words.h"
#include "relay/smtp/extensions.h"

namespace relay::cli {

namespace {

class Connection {
public:
    explicit Connection(const conf::Endpoint& server) : name_(server.text()) {}
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;
    ~Connection() {
        if (socket_ >= 0) {
            ::close(socket_);
        }
    }

    conf::Result<void> open(const conf::Endpoint& server);
    conf::Result<void> write(std::string_view octets);
    conf::Result<smtp::ServerReply> read();

private:
    [[nodiscard]] conf::Error failed(int reason) const {
        return conf::Error{{reason, boost::system::system_category()},
                           "listener " + name_ + ": is the relay running?"};
    }

    std::string name_;
    int socket_ = -1;
    smtp::ReplyParser parser_;
    std::string input_;
};

conf::Result<void> Connection::open(const conf::Endpoint& server) {
    sockaddr_storage address{};
    socklen_t length = 0;
    const auto octets = server.address.octets();
    if (server.address.is_v4()) {
        auto* v4 = reinterpret_cast<sockaddr_in*>(&address);
        v4->sin_family = AF_INET;
        v4->sin_port = htons(server.port);
        std::memcpy(&v4->sin_addr, octets.data(), octets.size());
        length = sizeof *v4;
    } else {
        auto* v6 = reinterpret_cast<sockaddr_in6*>(&address);
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons(server.port);
        std::memcpy(&v6->sin6_addr, octets.data(), octets.size());
        length = sizeof *v6;
    }
    socket_ = ::socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const timeval limit{kSubmissionPatience.count(), 0};
    if (socket_ < 0 || ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) != 0 ||
        ::setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) != 0 ||
        ::connect(socket_, reinterpret_cast<const sockaddr*>(&address), length) != 0) {
        return failed(errno);
    }
    return {};
}

conf::Result<void> Connection::write(std::string_view octets) {
    while (!octets.empty()) {
        const auto sent = ::send(socket_, octets.data(), octets.size(), MSG_NOSIGNAL);
        if (sent < 0 && errno != EINTR) {
            return failed(errno);
        }
        octets.remove_prefix(sent > 0 ? static_cast<std::size_t>(sent) : 0);
    }
    return {};
}

conf::Result<smtp::ServerReply> Connection::read() {
    std::array<char, 4096> buffer{};
    for (;;) {
        switch (parser_.consume(input_)) {
            case smtp::ReplyParser::State::Complete:
                return parser_.take();
            case smtp::ReplyParser::State::Garbage:
            case smtp::ReplyParser::State::TooLong:
                return conf::Error{{}, "what answers at " + name_ + " does not speak SMTP"};
            case smtp::ReplyParser::State::NeedMore:
                break;
        }
        const auto got = ::recv(socket_, buffer.data(), buffer.size(), 0);
        if (got == 0) {
            return failed(ECONNRESET);
        }
        if (got < 0) {
            if (errno == EINTR) {
                continue;
            }
            return failed(errno);
        }
        input_.append(buffer.data(), static_cast<std::size_t>(got));
    }
}

/// The dialog up to its first refusal.
class Conversation {
public:
    explicit Conversation(Connection& connection) : connection_(connection) {}

    /// Says one thing and hears the answer; false where that is the end of it.
    bool say(SubmissionAnswer::To to, const std::string& octets, std::string recipient = {}) {
        answer_.to = to;
        answer_.recipient = std::move(recipient);
        const auto written = octets.empty() ? conf::Result<void>() : connection_.write(octets);
        auto reply = connection_.read();
        // A relay that hangs up in the middle of a message has often said why.
        if (!written && (!reply || reply->klass() < 4)) {
            problem_ = written.error();
        } else if (!reply) {
            problem_ = reply.error();
        } else {
            answer_.reply = std::move(*reply);
        }
        return !problem_ && answer_.reply.klass() == (to == SubmissionAnswer::To::Data ? 3 : 2);
    }

    [[nodiscard]] const smtp::ServerReply& reply() const { return answer_.reply; }
    [[nodiscard]] conf::Result<SubmissionAnswer> end() const {
        return problem_ ? conf::Result<SubmissionAnswer>(*problem_)
                        : conf::Result<SubmissionAnswer>(answer_);
    }

private:
    Connection& connection_;
    SubmissionAnswer answer_;
    std::optional<conf::Error> problem_;
};

std::string mail_command(const Submission& submission, const smtp::Extensions& offered) {
    std::string line = "MAIL FROM:<" + submission.from.text() + ">";
    if (offered.size) {
        line += " SIZE=" + std::to_string(submission.message.size());
    }
    if (offered.eight_bit && !conf::is_ascii(submission.message)) {
        line += " BODY=8BITMIME";
    }
    // RFC 6531 3.4: for an address beyond ASCII. NB: not for a header alone: scripts write what is
    // no UTF-8 either, and the relay takes both.
    const bool utf8 = !submission.from.is_ascii() ||
                      std::any_of(submission.to.begin(),
                                  submission.to.end(),
                                  [](const ::queue::Address& to) { return !to.is_ascii(); });
    if (offered.utf8 && utf8) {
        line += " SMTPUTF8";
    }
    if (offered.dsn && submission.ret != ::queue::ReturnedPart::Unset) {
        line += submission.ret == ::queue::ReturnedPart::Full ? " RET=FULL" : " RET=HDRS";
    }
    if (offered.dsn && !submission.envelope_id.empty()) {
        line += " ENVID=" + submission.envelope_id;
    }
    return line + "\r\n";
}

std::string rcpt_command(const ::queue::Address& to,
                         const ::queue::Notify& notify,
                         const smtp::Extensions& offered) {
    std::string line = "RCPT TO:<" + to.text() + ">";
    if (offered.dsn && !notify.is_unset()) {
        std::string words = notify.never ? "NEVER" : "";
        for (const auto& [wanted, word] : {std::pair(notify.success, "SUCCESS"),
                                           std::pair(notify.failure, "FAILURE"),
                                           std::pair(notify.delay, "DELAY")}) {
            if (wanted) {
                words += (words.empty() ? "" : ",") + std::string(word);
            }
        }
        line += " NOTIFY=" + words;
    }
    return line + "\r\n";
}

}  // namespace

std::string dot_stuffed(std::string_view message) {
    std::string result;
    result.reserve(message.size() + 16);
    bool line_start = true;
    for (const char c : message) {
        if (c == '.' && line_start) {
            result += '.';
        }
        result += c;
        line_start = c == '\n';
    }
    return result + (line_start ? ".\r\n" : "\r\n.\r\n");
}

conf::Result<std::string> compose(const ::queue::Address& from,
                                  const ::queue::Address& to,
                                  const std::string& subject,
                                  std::string_view body) {
    if (std::any_of(subject.begin(), subject.end(), [](char c) {
            return static_cast<unsigned char>(c) < ' ' || c == '\x7f';
        })) {
        return conf::Error{{}, "a subject is one line without control characters"};
    }
    // Date and Message-ID are the relay's to add.
    std::string message = "From: <" + from.text() + ">\r\nTo: <" + to.text() + ">\r\nSubject: " +
                          (conf::is_ascii(subject) ? subject : encoded_words(subject)) +
                          "\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
                          "Content-Transfer-Encoding: " +
                          (conf::is_ascii(body) ? "7bit" : "8bit") + "\r\n\r\n";
    char before = '\0';
    for (const char c : body) {
        if (before == '\r' && c != '\n') {
            message += '\n';  // a bare CR ends a line, too
        } else if (c == '\n' && before != '\r') {
            message += '\r';
        }
        message += c;
        before = c;
    }
    if (before == '\r') {
        message += '\n';
    } else if (before != '\n') {
        message += "\r\n";
    }
    return message;
}

std::optional<::queue::MessageId> queue_id_of(const smtp::ServerReply& reply) {
    constexpr std::string_view kQueued = "queued as ";
    if (reply.klass() != 2 || reply.lines.empty()) {
        return std::nullopt;
    }
    const std::string& line = reply.lines.back();
    const auto at = line.find(kQueued);
    if (at == std::string::npos) {
        return std::nullopt;
    }
    return ::queue::MessageId::parse(std::string_view(line).substr(at + kQueued.size(), 13));
}

conf::Result<SubmissionAnswer> submit(const Submission& submission) {
    using To = SubmissionAnswer::To;
    Connection connection(submission.server);
    if (const auto opened = connection.open(submission.server); !opened) {
        return opened.error();
    }
    Conversation conversation(connection);
    if (!conversation.say(To::Greeting, {}) ||
        !conversation.say(To::Ehlo, "EHLO " + submission.helo + "\r\n")) {
        return conversation.end();
    }
    const auto offered = smtp::Extensions::parse(conversation.reply());
    if (!conversation.say(To::Mail, mail_command(submission, offered))) {
        return conversation.end();
    }
    for (const ::queue::Address& to : submission.to) {
        if (!conversation.say(To::Rcpt, rcpt_command(to, submission.notify, offered), to.text())) {
            return conversation.end();
        }
    }
    if (conversation.say(To::Data, "DATA\r\n") &&
        conversation.say(To::Message, dot_stuffed(submission.message))) {
        (void)connection.write("QUIT\r\n");  // its answer changes nothing
    }
    return conversation.end();
}

}  // namespace relay::cli
