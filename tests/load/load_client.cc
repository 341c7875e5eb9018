#include "tests/load/load_client.h"

#include <arpa/inet.h>
#include <cerrno>
#include <cstdio>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/load/options.h"

namespace load {
namespace {

constexpr std::size_t kMaxReply = 64 * 1024;

}  // namespace

double Plan::wait(double at) const {
    return rate > 0 ? begin + static_cast<double>(begun) / rate - at : 0;
}

LoadClient::~LoadClient() {
    close();
}

bool LoadClient::wants_write() const {
    if (!tls_) {
        return !output_.empty();
    }
    return tls_->is_open() ? !output_.empty() : !tls_->waits_for_input();
}

bool LoadClient::connect() {
    if (fd_ >= 0 || plan_.left.empty()) {
        return false;
    }
    fd_ = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd_ < 0) {
        fail("socket");
    }
    const int on = 1;
    setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(plan_.port);
    if (inet_pton(AF_INET, plan_.host.c_str(), &to.sin_addr) != 1) {
        std::fprintf(stderr, "--host needs an IPv4 address\n");
        std::exit(2);
    }
    if (::connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0 &&
        errno != EINPROGRESS) {
        drop("connect");
        return false;
    }
    step_ = Step::Banner;
    input_.clear();
    output_.clear();
    written_ = 0;
    sent_here_ = 0;
    ++plan_.connections;
    if (plan_.security == Security::Implicit) {
        secure();
    }
    return true;
}

bool LoadClient::advance() {
    if (!flush()) {
        return drop("write");
    }
    char block[16384];
    for (;;) {
        const ssize_t got =
            tls_ ? tls_->read(block, sizeof block) : recv(fd_, block, sizeof block, 0);
        if (got == 0) {
            return drop("closed by the relay");
        }
        if (got < 0) {
            if (errno == EAGAIN || errno == EINTR) {
                return true;
            }
            return drop("read");
        }
        input_.append(block, static_cast<std::size_t>(got));
        std::size_t begin = 0;
        for (std::size_t end; (end = input_.find("\r\n", begin)) != std::string::npos;
             begin = end + 2) {
            const std::string_view line(input_.data() + begin, end - begin);
            if (line.size() < 3 || line.find_first_not_of("0123456789") < 3) {
                return drop("no SMTP reply");
            }
            const int code = (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
            if ((line.size() == 3 || line[3] != '-') && !on_reply(code, line)) {
                return false;
            }
        }
        input_.erase(0, begin);
        if (input_.size() > kMaxReply) {
            return drop("endless reply");
        }
    }
}

void LoadClient::resume() {
    next_message();
    flush();
}

void LoadClient::secure() {
    tls_ = std::make_unique<TlsSocket>(plan_.tls, fd_);
}

void LoadClient::say(std::string_view text) {
    output_.append(text);
}

bool LoadClient::flush() {
    while (written_ < output_.size()) {
        const std::string_view rest = std::string_view(output_).substr(written_);
        const ssize_t n =
            tls_ ? tls_->write(rest) : send(fd_, rest.data(), rest.size(), MSG_NOSIGNAL);
        if (n < 0) {
            return errno == EAGAIN || errno == EINTR || errno == ENOTCONN;
        }
        written_ += static_cast<std::size_t>(n);
    }
    output_.clear();
    written_ = 0;
    return true;
}

bool LoadClient::on_reply(int code, std::string_view line) {
    const bool good = code < 400;
    if (!good) {
        plan_.last_error = std::string(line);
    }
    switch (step_) {
        case Step::Banner:
            if (!good) {
                return drop(line);
            }
            plan_.secured += tls_ ? 1U : 0U;
            step_ = Step::Ehlo;
            say("EHLO generator.example\r\n");
            break;
        case Step::Ehlo:
            if (!good) {
                return drop(line);
            }
            if (plan_.security == Security::StartTls) {
                step_ = Step::StartTls;
                say("STARTTLS\r\n");
                break;
            }
            next_message();
            break;
        case Step::StartTls:
            if (!good) {
                return drop(line);
            }
            // RFC 3207 4.2: what the server said before is forgotten, EHLO comes again. The
            // handshake begins with it.
            secure();
            step_ = Step::SecureEhlo;
            say("EHLO generator.example\r\n");
            break;
        case Step::SecureEhlo:
            if (!good) {
                return drop(line);
            }
            ++plan_.secured;
            next_message();
            break;
        case Step::Turn:
            return drop(line);  // nothing was asked: 421
        case Step::Mail:
        case Step::Rcpt:
        case Step::Data:
        case Step::Dot:
            if (!good) {
                if (code >= 500) {
                    ++plan_.refused;
                    has_message_ = false;
                }
                return drop(line);
            }
            if (step_ == Step::Mail) {
                step_ = Step::Rcpt;
                say("RCPT TO:<user@d" + std::to_string(number_ % plan_.domains) + "." +
                    plan_.suffix + ">\r\n");
            } else if (step_ == Step::Rcpt) {
                step_ = Step::Data;
                say("DATA\r\n");
            } else if (step_ == Step::Data) {
                step_ = Step::Dot;
                const std::string id = std::to_string(number_);
                const std::string domain = plan_.sender.substr(plan_.sender.find('@') + 1);
                say("From: Load <" + plan_.sender + ">\r\nTo: <user@d" +
                    std::to_string(number_ % plan_.domains) + "." + plan_.suffix +
                    ">\r\nSubject: message " + id +
                    "\r\nDate: Sat, 01 Nov 2025 10:00:00 +0000\r\nMessage-ID: <" + id + ".load@" +
                    domain +
                    ">\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; "
                    "charset=us-ascii\r\nX-Load: " +
                    id + "\r\n\r\n");
                say(plan_.body);
                say(".\r\n");
                dot_begin_ = now();
            } else {
                plan_.last_reply = now();
                plan_.dot_seconds.push_back(plan_.last_reply - dot_begin_);
                ++plan_.accepted;
                has_message_ = false;
                ++sent_here_;
                next_message();
            }
            break;
        case Step::Quit:
            if (tls_) {
                tls_->end();
            }
            close();
            return false;
    }
    return flush() || drop("write");
}

void LoadClient::next_message() {
    if (plan_.left.empty() || sent_here_ == plan_.per_connection) {
        step_ = Step::Quit;
        say("QUIT\r\n");
        return;
    }
    if (plan_.wait(now()) > 0) {
        step_ = Step::Turn;
        return;
    }
    ++plan_.begun;
    number_ = plan_.left.back();
    plan_.left.pop_back();
    has_message_ = true;
    step_ = Step::Mail;
    say("MAIL FROM:<" + plan_.sender + ">\r\n");
}

void LoadClient::put_back() {
    if (has_message_) {
        plan_.left.push_back(number_);
        ++plan_.again;
        has_message_ = false;
    }
}

bool LoadClient::drop(std::string_view why) {
    put_back();
    ++plan_.broken;
    plan_.last_error = std::string(why);
    close();
    return false;
}

void LoadClient::close() {
    tls_.reset();
    if (fd_ >= 0) {
        ::close(fd_);
        fd_ = -1;
    }
}

}  // namespace load
