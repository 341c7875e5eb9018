#include "relay/in/session.h"

#include <utility>

#include "relay/log.h"

namespace relay::in {

smtp::ServerRules make_rules(const conf::Config& config, Intake& intake) {
    smtp::ServerRules rules;
    rules.hostname = config.hostname.text();
    rules.origin = config.intake.origin ? config.intake.origin->text() : "";
    rules.message_size = config.limits.message_size;
    rules.recipients = config.limits.recipients;
    rules.errors = config.limits.errors;
    rules.messages = config.limits.messages_per_connection;
    rules.may_relay = true;
    rules.judge_sender = [&intake](const queue::Address& sender) {
        return intake.judge_sender(sender, nullptr);
    };
    rules.judge_room = [&intake](std::uint64_t size) { return intake.judge_room(size); };
    return rules;
}

Session::Session(net::Loop& loop,
                 Visitor visitor,
                 Setup setup,
                 Intake& intake,
                 Logins& logins,
                 MessageRates& rates,
                 Metrics& metrics)
    : loop_(loop),
      stream_(std::move(visitor.stream)),
      place_(std::move(visitor.place)),
      client_(visitor.address),
      listener_(std::move(visitor.listener)),
      certificate_(std::move(visitor.certificate)),
      config_(std::move(setup.config)),
      intake_(intake),
      logins_(logins),
      rates_(rates),
      metrics_(metrics),
      listed_(listener_->find_client(client_)),
      dialog_(rules()),
      penalty_(loop.executor()),
      is_proxy_(visitor.is_proxy) {
    ++metrics_.connections_in;
}

Session::~Session() {
    --metrics_.connections_in;
}

smtp::ServerRules Session::rules() {
    using conf::Auth;
    using conf::ListenerTls;
    smtp::ServerRules rules = make_rules(*config_, intake_);
    rules.may_relay = listed_ != nullptr;
    rules.on_this_host = client_.is_loopback();
    rules.offers_tls =
        listener_->tls == ListenerTls::StartTls || listener_->tls == ListenerTls::RequiredStartTls;
    rules.requires_tls = listener_->tls == ListenerTls::RequiredStartTls;
    rules.offers_auth = listener_->auth != Auth::Off && !config_->users.empty();
    rules.requires_auth = listener_->auth == Auth::Required;
    rules.find_verifier = [this](std::string_view user) { return logins_.verifier_of(user); };
    rules.make_nonce = [] { return Logins::make_nonce(); };
    rules.judge_login = [this]() -> std::optional<smtp::Reply> {
        if (!logins_.is_locked(client_, Logins::Clock::now())) {
            return std::nullopt;
        }
        return smtp::Reply{454, "4.7.0", "too many failed logins from your address, try later"};
    };
    rules.judge_sender = [this](const queue::Address& sender) {
        return intake_.judge_sender(sender, senders());
    };
    rules.judge_room = [this](std::uint64_t size) -> std::optional<smtp::Reply> {
        if (auto reason = intake_.judge_room(size)) {
            return reason;
        }
        const int limit = config_->limits.messages_per_minute_per_client;
        if (limit > 0 && !rates_.admit(client_, limit, MessageRates::Clock::now())) {
            return smtp::Reply{451, "4.7.1", "too many messages in a minute, send this one later"};
        }
        return std::nullopt;
    };
    return rules;
}

const conf::Senders* Session::senders() const {
    // Who logged in is known better than an address is.
    if (!dialog_.user().empty()) {
        const auto* user = config_->find_user(dialog_.user());
        return user != nullptr ? &user->senders : nullptr;
    }
    return listed_ != nullptr ? &listed_->senders : nullptr;
}

void Session::abort() {
    stream_->close();
    penalty_.cancel();
}

void Session::stop() {
    stopping_ = true;
    stream_->interrupt();
    penalty_.cancel();
}

net::Task<> Session::run() {
    bool open = true;
    if (is_proxy_) {
        open = co_await learn_client();
    }
    if (open && listener_->tls == conf::ListenerTls::Implicit) {
        open = co_await start_tls();
    }
    if (open) {
        co_await greet_and_converse();
    }
    arrival_.reset();
    stream_->limit(std::chrono::seconds(5));
    co_await stream_->end();
}

net::Task<> Session::greet_and_converse() {
    // RFC 5321 4.3.1: a client waits for the greeting; one that does not is no mail client.
    const bool too_soon = !in_.empty() || stream_->has_input();
    out_ = too_soon ? smtp::ServerDialog::talked_too_soon().reply : dialog_.greeting();
    const bool open = co_await flush();
    if (open && !too_soon) {
        (void)co_await converse();
    }
}

net::Task<bool> Session::flush() {
    if (out_.empty()) {
        co_return true;
    }
    stream_->limit(config_->limits.command_timeout);
    status_ = co_await stream_->write(out_);
    out_.clear();
    co_return status_ == net::IoStatus::Ok;
}

net::Task<bool> Session::read_more() {
    const auto result = co_await stream_->read_some(buffer_.data(), buffer_.size());
    status_ = result.status;
    in_.append(buffer_.data(), result.octets);
    co_return status_ == net::IoStatus::Ok;
}

Session::Line Session::next_line(std::string& line) {
    // RFC 5321 2.3.8: CRLF ends a line and nothing else does, or what one side takes for one
    // command the other takes for two.
    const std::size_t most = sasl_ ? kMaxSaslLine : kMaxLine;
    const auto end = in_.find("\r\n", scanned_);
    if (end == std::string::npos) {
        // A CR at the very end may be half of the line's.
        scanned_ = in_.ends_with('\r') ? in_.size() - 1 : in_.size();
        if (scanned_ > most) {
            // The rest of the line is dropped as it comes and answered once.
            discarding_ = true;
            in_.erase(0, scanned_);
            scanned_ = 0;
        }
        return Line::None;
    }
    line.assign(in_, 0, end);
    in_.erase(0, end + 2);
    scanned_ = 0;
    if (std::exchange(discarding_, false) || line.size() > most) {
        return Line::TooLong;
    }
    const bool clean = line.find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos;
    return clean ? Line::Complete : Line::BadEnd;
}

Session::Step Session::show(Line kind, const std::string& line) {
    const bool sasl = std::exchange(sasl_, false);
    switch (kind) {
        case Line::Complete:
            return sasl ? dialog_.sasl_line(line) : dialog_.command(line);
        case Line::TooLong:
            return sasl ? dialog_.sasl_line_too_long() : dialog_.line_too_long();
        case Line::BadEnd:
        case Line::None:
            break;
    }
    // No base64 holds such octets: the dialog ends the exchange.
    return sasl ? dialog_.sasl_line("\n") : dialog_.bad_line_end();
}

/// The replies so far go out, then the client is waited for.
net::Task<bool> Session::wait_for_line() {
    const bool written = co_await flush();
    if (!written) {
        co_return false;
    }
    if (stopping_ && dialog_.transaction().recipients.empty()) {
        out_ = smtp::ServerDialog::shutting_down();
        (void)co_await flush();
        co_return false;
    }
    if (in_.empty() && !discarding_) {
        line_end_ = net::Steady::now() + config_->limits.command_timeout;
    }
    stream_->limit_gently(line_end_);
    const bool more = co_await read_more();
    if (more || status_ == net::IoStatus::Cancelled) {
        const auto step = in_.empty() ? std::nullopt : dialog_.first_octet(in_.front());
        if (step) {
            out_ += step->reply;
            (void)co_await flush();
            co_return false;
        }
        co_return true;
    }
    if (status_ == net::IoStatus::TimedOut) {
        log::Event(log::Level::Info, "client-timed-out").field("client", client_.text());
        out_ = smtp::ServerDialog::timed_out();
        (void)co_await flush();
    }
    co_return false;
}

net::Task<bool> Session::converse() {
    std::string line;
    for (;;) {
        const Line kind = next_line(line);
        if (kind == Line::None) {
            const bool alive = co_await wait_for_line();
            if (!alive) {
                co_return false;
            }
            continue;
        }
        // Each command has its time, whatever it comes with.
        line_end_ = net::Steady::now() + config_->limits.command_timeout;
        Step step = show(kind, line);
        if (arrival_ && !dialog_.in_chunks()) {
            arrival_.reset();  // RSET or EHLO in the middle of a message
        }
        const bool alive = co_await follow(std::move(step));
        if (!alive) {
            co_return false;
        }
        if (stopping_ && dialog_.transaction().recipients.empty()) {
            out_ += smtp::ServerDialog::shutting_down();
            co_return co_await flush();
        }
    }
}

net::Task<bool> Session::follow(Step step) {
    if (step.next == Next::StartTls && !in_.empty()) {
        // RFC 3207 6: what was said in the clear must not be taken for something said under TLS
        // (CVE-2011-0411).
        out_ += smtp::Reply{554, "5.5.1", "you went on in the clear behind STARTTLS"}.wire();
        (void)co_await flush();
        co_return false;
    }
    if (step.logged_in) {
        logins_.succeeded(client_);
    }
    if (step.penalty) {
        const bool alive = co_await pay_penalty();
        if (!alive) {
            co_return false;
        }
    }
    if (step.next == Next::Data) {
        co_return co_await receive_message(std::move(step));
    }
    out_ += step.reply;
    switch (step.next) {
        case Next::Line:
            co_return true;
        case Next::SaslLine:
            sasl_ = true;
            co_return true;
        case Next::Data:
            break;
        case Next::Chunk:
            co_return co_await receive_chunk(std::move(step));
        case Next::StartTls: {
            const bool written = co_await flush();
            if (!written) {
                co_return false;
            }
            co_return co_await start_tls();
        }
        case Next::CheckPassword:
            co_return co_await check_password();
        case Next::Close:
            (void)co_await flush();
            co_return false;
    }
    co_return false;
}

}  // namespace relay::in
