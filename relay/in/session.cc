#include "relay/in/session.h"

#include <algorithm>
#include <utility>

#include "relay/log.h"
#include "relay/smtp/dot_stream.h"

namespace relay::in {

using Next = smtp::ServerDialog::Next;

namespace {

constexpr conf::Duration kBlockTimeout =
    std::chrono::minutes(3);  // between two reads of a message (RFC 5321 4.5.3.2.5)

smtp::Reply fault_reply(smtp::DotStream::Fault fault) {
    switch (fault) {
        case smtp::DotStream::Fault::BareCr:
            return {
                550, "5.5.2", "bare <CR> in the message: lines end with <CR><LF> (RFC 5321 2.3.8)"};
        case smtp::DotStream::Fault::BareLf:
            return {
                550, "5.5.2", "bare <LF> in the message: lines end with <CR><LF> (RFC 5321 2.3.8)"};
        case smtp::DotStream::Fault::Nul:
            return {550, "5.6.0", "NUL in the message"};
        case smtp::DotStream::Fault::None:
            break;
    }
    return {};
}

}  // namespace

smtp::ServerRules make_rules(const conf::Config& config, bool may_relay, Intake& intake) {
    smtp::ServerRules rules;
    rules.hostname = config.hostname.text();
    rules.message_size = config.limits.message_size;
    rules.recipients = config.limits.recipients;
    rules.errors = config.limits.errors;
    rules.messages = config.limits.messages_per_connection;
    rules.may_relay = may_relay;
    rules.judge_sender = [&intake](const queue::Address& sender) {
        return intake.judge_sender(sender);
    };
    rules.judge_room = [&intake](std::uint64_t size) { return intake.judge_room(size); };
    return rules;
}

Session::Session(std::unique_ptr<net::Stream> stream,
                 Admission::Place place,
                 conf::IpAddress client,
                 bool may_relay,
                 Setup setup,
                 Intake& intake,
                 Metrics& metrics)
    : stream_(std::move(stream)),
      place_(std::move(place)),
      client_(client),
      config_(std::move(setup.config)),
      intake_(intake),
      metrics_(metrics),
      dialog_(make_rules(*config_, may_relay, intake)) {
    ++metrics_.connections_in;
}

Session::~Session() {
    --metrics_.connections_in;
}

void Session::abort() {
    stream_->close();
}

void Session::stop() {
    stopping_ = true;
    stream_->interrupt();
}

net::Task<> Session::run() {
    // RFC 5321 4.3.1: a client waits for the greeting; one that does not is no mail client.
    const bool too_soon = stream_->has_input();
    out_ = too_soon ? smtp::ServerDialog::talked_too_soon().reply : dialog_.greeting();
    const bool open = co_await flush();
    if (open && !too_soon) {
        (void)co_await converse();
    }
    stream_->close();
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
    for (;;) {
        const auto end = in_.find('\n', scanned_);
        if (end == std::string::npos) {
            scanned_ = in_.size();
            if (in_.size() > kMaxLine) {
                // The rest of the line is dropped as it comes and answered once; its last octet may
                // be the CR of its end.
                discarding_ = true;
                in_.erase(0, in_.size() - 1);
                scanned_ = in_.size();
            }
            return Line::None;
        }
        const bool complete = end > 0 && in_[end - 1] == '\r';
        line.assign(in_, 0, complete ? end - 1 : end);
        in_.erase(0, end + 1);
        scanned_ = 0;
        if (discarding_) {
            if (!complete) {
                continue;  // a bare LF does not end a line
            }
            discarding_ = false;
            return Line::TooLong;
        }
        if (line.size() > kMaxLine) {
            return Line::TooLong;
        }
        const bool clean = complete && line.find('\r') == std::string::npos &&
                           line.find('\0') == std::string::npos;
        return clean ? Line::Complete : Line::BadEnd;
    }
}

net::Task<bool> Session::converse() {
    std::string line;
    for (;;) {
        const Line kind = next_line(line);
        smtp::ServerDialog::Step step;
        switch (kind) {
            case Line::None: {
                const bool written = co_await flush();
                if (!written) {
                    co_return false;
                }
                if (stopping_ && dialog_.transaction().recipients.empty()) {
                    out_ = smtp::ServerDialog::shutting_down();
                    co_return co_await flush();
                }
                stream_->limit(config_->limits.command_timeout);
                const bool more = co_await read_more();
                if (more || status_ == net::IoStatus::Cancelled) {
                    continue;
                }
                if (status_ == net::IoStatus::TimedOut) {
                    log::Event(log::Level::Info, "client-timed-out")
                        .field("client", client_.text());
                }
                co_return false;
            }
            case Line::Complete:
                step = dialog_.command(line);
                break;
            case Line::BadEnd:
                step = dialog_.bad_line_end();
                break;
            case Line::TooLong:
                step = dialog_.line_too_long();
                break;
        }
        out_ += step.reply;
        switch (step.next) {
            case Next::Command:
                break;
            case Next::Data: {
                const bool alive = co_await receive_message();
                if (!alive) {
                    co_return false;
                }
                break;
            }
            case Next::Close:
                co_return co_await flush();
        }
        if (stopping_ && dialog_.transaction().recipients.empty()) {
            out_ += smtp::ServerDialog::shutting_down();
            co_return co_await flush();
        }
    }
}

net::Task<bool> Session::receive_message() {
    const bool asked = co_await flush();
    if (!asked) {
        co_return false;
    }
    auto arrival = intake_.begin();
    smtp::DotStream stream;
    std::string piece;
    conf::Result<void> stored;
    // RFC 5321 4.5.3.2.5 limits each wait; data_timeout limits the whole, so that a trickle does
    // not hold a place for ever.
    const auto end = net::Steady::now() + config_->limits.data_timeout;
    for (;;) {
        const std::size_t taken = stream.consume(in_, piece);
        in_.erase(0, taken);
        scanned_ = 0;
        arrival->append(piece);
        piece.clear();
        if (stored && arrival->wants_spill()) {
            stored = co_await arrival->spill();
        }
        if (stream.done()) {
            break;
        }
        const auto left = std::chrono::duration_cast<conf::Duration>(end - net::Steady::now());
        stream_->limit(std::min(left, kBlockTimeout));
        const bool more = co_await read_more();
        if (!more && status_ != net::IoStatus::Cancelled) {
            log::Event(log::Level::Info, "message-not-finished")
                .field("client", client_.text())
                .field("reason", net::describe(status_));
            co_return false;
        }
    }
    stream_->no_limit();  // the store decides now, and the client waits for its reply
    smtp::Reply reply;
    if (stream.fault() != smtp::DotStream::Fault::None) {
        reply = fault_reply(stream.fault());
        metrics_.messages_rejected.add({std::to_string(reply.code)});
    } else if (!stored) {
        reply = Intake::refusal(stored.error());
        metrics_.messages_rejected.add({std::to_string(reply.code)});
    } else {
        Origin origin{client_.text(), dialog_.helo(), dialog_.extended()};
        smtp::Transaction transaction = dialog_.transaction();
        reply =
            co_await intake_.finish(std::move(arrival), std::move(transaction), std::move(origin));
    }
    const auto step = dialog_.data_done(reply);
    out_ += step.reply;
    if (step.next == Next::Close) {
        (void)co_await flush();
        co_return false;
    }
    co_return true;
}

}  // namespace relay::in
