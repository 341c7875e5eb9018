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

#include "dkim/base64.h"

namespace relay::cli {

namespace {

bool is_ascii(std::string_view text) {
    return std::all_of(
        text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

/// RFC 2047: encoded words of at most 75 octets, each of whole UTF-8 characters, folded.
std::string encoded_words(std::string_view text) {
    // 52 in base64 and 12 around them: even the line of "Subject: " has at most 76.
    constexpr std::size_t kMaxOctets = 39;
    std::string result;
    while (!text.empty()) {
        std::size_t length = std::min(kMaxOctets, text.size());
        while (length < text.size() && length > 1 &&
               (static_cast<unsigned char>(text[length]) & 0xC0U) == 0x80) {
            --length;
        }
        result += (result.empty() ? "=?utf-8?B?" : "\r\n =?utf-8?B?") +
                  dkim::encode_base64(text.substr(0, length)) + "?=";
        text.remove_prefix(length);
    }
    return result;
}

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

bool offers_eight_bit(const smtp::ServerReply& reply) {
    return std::any_of(reply.lines.begin(), reply.lines.end(), [](std::string line) {
        std::transform(line.begin(), line.end(), line.begin(), [](char c) {
            return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
        });
        return line == "8BITMIME";
    });
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
                          (is_ascii(subject) ? subject : encoded_words(subject)) +
                          "\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
                          "Content-Transfer-Encoding: " +
                          (is_ascii(body) ? "7bit" : "8bit") + "\r\n\r\n";
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

conf::Result<smtp::ServerReply> submit(const Submission& submission) {
    Connection connection(submission.server);
    if (const auto opened = connection.open(submission.server); !opened) {
        return opened.error();
    }
    auto reply = connection.read();
    if (!reply || reply->klass() != 2) {
        return reply;
    }
    // Says one thing and hears the answer.
    const auto exchange = [&connection](const std::string& octets) {
        const auto written = connection.write(octets);
        return written ? connection.read() : conf::Result<smtp::ServerReply>(written.error());
    };
    reply = exchange("EHLO " + submission.helo + "\r\n");
    if (!reply || reply->klass() != 2) {
        return reply;
    }
    const bool eight_bit = !is_ascii(submission.message) && offers_eight_bit(*reply);
    reply = exchange("MAIL FROM:<" + submission.from.text() + ">" +
                     (eight_bit ? " BODY=8BITMIME" : "") + "\r\n");
    if (!reply || reply->klass() != 2) {
        return reply;
    }
    reply = exchange("RCPT TO:<" + submission.to.text() + ">\r\n");
    if (!reply || reply->klass() != 2) {
        return reply;
    }
    reply = exchange("DATA\r\n");
    if (!reply || reply->klass() != 3) {
        return reply;
    }
    reply = exchange(dot_stuffed(submission.message));
    if (reply) {
        (void)connection.write("QUIT\r\n");  // its answer changes nothing
    }
    return reply;
}

}  // namespace relay::cli
