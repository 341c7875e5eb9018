#include "relay/out/exchange.h"

#include <utility>

#include "relay/body_digest.h"
#include "relay/out/failure.h"
#include "relay/smtp/dot_stream.h"

namespace relay::out {

using Do = smtp::ClientDialog::Do;

namespace {

constexpr conf::Duration kQuitTimeout = std::chrono::seconds(5);  // nothing depends on its answer

}  // namespace

Exchange::Exchange(std::unique_ptr<net::Stream> stream,
                   std::string helo,
                   std::shared_ptr<const conf::Config> config,
                   Spool& spool,
                   smtp::Transcript& transcript)
    : stream_(std::move(stream)),
      dialog_(std::move(helo)),
      config_(std::move(config)),
      spool_(spool),
      transcript_(transcript) {}

conf::Duration Exchange::limit_of(smtp::Wait wait) const {
    const auto& delivery = config_->delivery;
    switch (wait) {
        case smtp::Wait::Greeting:
        case smtp::Wait::Ehlo:
            return delivery.greeting_timeout;
        case smtp::Wait::Mail:
        case smtp::Wait::Rset:
            return delivery.mail_timeout;
        case smtp::Wait::Rcpt:
            return delivery.rcpt_timeout;
        case smtp::Wait::Data:
            return delivery.data_timeout;
        case smtp::Wait::Dot:
            return delivery.dot_timeout;
        case smtp::Wait::Quit:
            return kQuitTimeout;
    }
    return delivery.mail_timeout;
}

net::Task<> Exchange::advance(queue::MessageId id, std::shared_ptr<const queue::Content> content) {
    for (;;) {
        const auto step = dialog_.next();
        if (step.action != Do::ReadReply && !in_.empty()) {
            in_.clear();
            transcript_.note("more replies than commands");
            dialog_.unexpected_input();
            continue;
        }
        switch (step.action) {
            case Do::Write:
                transcript_.said(step.octets);
                co_await write(step.octets, limit_of(smtp::Wait::Mail));
                break;
            case Do::ReadReply:
                co_await read_reply(step.wait);
                break;
            case Do::SendMessage: {
                const bool sent = co_await send_message(id, content);
                if (sent) {
                    dialog_.message_sent();
                }
                break;
            }
            case Do::SendNothing:
                transcript_.said_octets(0);
                co_await write(smtp::end_of_data(true), config_->delivery.block_timeout);
                break;
            case Do::Ready:
            case Do::Close:
                co_return;
        }
    }
}

net::Task<> Exchange::deliver(const smtp::Delivery& delivery,
                              queue::MessageId id,
                              std::shared_ptr<const queue::Content> content) {
    content_error_.clear();
    dialog_.begin(delivery);
    co_await advance(id, std::move(content));
}

net::Task<> Exchange::quit() {
    dialog_.quit();
    co_await advance(queue::MessageId(0), nullptr);
    stream_->close();
}

net::Task<> Exchange::write(std::string_view octets, conf::Duration limit) {
    stream_->limit(limit);
    const auto status = co_await stream_->write(octets);
    if (status != net::IoStatus::Ok) {
        lost(loss_of(status));
    }
}

void Exchange::lost(smtp::Loss loss) {
    switch (loss) {
        case smtp::Loss::Closed:
            transcript_.note("the connection was closed");
            break;
        case smtp::Loss::TimedOut:
            transcript_.note("nothing came in time");
            break;
        case smtp::Loss::Garbage:
            transcript_.note("what came is no reply");
            break;
        case smtp::Loss::TooLong:
            transcript_.note("a reply without end came");
            break;
    }
    dialog_.lost(loss);
}

net::Task<> Exchange::read_reply(smtp::Wait wait) {
    // The limit is for the whole reply: a server that sends an octet a minute gains nothing.
    stream_->limit(limit_of(wait));
    smtp::ServerReply reply;
    for (;;) {
        switch (parser_.consume(in_)) {
            case smtp::ReplyParser::State::Complete:
                reply = parser_.take();
                transcript_.heard(reply);
                dialog_.replied(reply);
                co_return;
            case smtp::ReplyParser::State::Garbage:
                lost(smtp::Loss::Garbage);
                co_return;
            case smtp::ReplyParser::State::TooLong:
                lost(smtp::Loss::TooLong);
                co_return;
            case smtp::ReplyParser::State::NeedMore:
                break;
        }
        const auto result = co_await stream_->read_some(buffer_.data(), buffer_.size());
        if (result.status == net::IoStatus::Cancelled) {
            continue;  // a shutdown lets the transaction end
        }
        if (result.status != net::IoStatus::Ok) {
            lost(loss_of(result.status));
            co_return;
        }
        in_.append(buffer_.data(), result.octets);
    }
}

net::Task<bool> Exchange::send_message(queue::MessageId id,
                                       std::shared_ptr<const queue::Content> content) {
    bool at_line_start = true;
    transcript_.said_octets(content->signatures.size() + content->header.size() + 2 +
                            content->body_size);
    out_.clear();
    smtp::dot_stuff(content->signatures, at_line_start, out_);
    smtp::dot_stuff(content->header, at_line_start, out_);
    out_ += "\r\n";
    smtp::dot_stuff(content->body, at_line_start, out_);
    BodyCheck check(content->body_hash);
    for (int number = 0; number < content->chunks; ++number) {
        const auto row = co_await spool_.fetch_chunk(id, number);
        if (!row) {
            content_error_ = row.error().message();
            break;
        }
        check.update(*row);
        smtp::dot_stuff(*row, at_line_start, out_);
        stream_->limit(config_->delivery.block_timeout);
        const auto status = co_await stream_->write(out_);
        out_.clear();
        if (status != net::IoStatus::Ok) {
            lost(loss_of(status));
            co_return false;
        }
    }
    if (content_error_.empty() && content->chunks > 0 && !check.matches()) {
        content_error_ = "its body is not what was stored";
    }
    if (!content_error_.empty()) {
        // Without the final dot the server keeps nothing of it.
        transcript_.note("broken off: " + content_error_);
        stream_->close();
        lost(smtp::Loss::Closed);
        co_return false;
    }
    out_ += smtp::end_of_data(at_line_start);
    stream_->limit(config_->delivery.block_timeout);
    const auto status = co_await stream_->write(out_);
    if (out_.capacity() > 256 * 1024) {
        out_ = std::string();
    } else {
        out_.clear();
    }
    if (status != net::IoStatus::Ok) {
        lost(loss_of(status));
        co_return false;
    }
    co_return true;
}

}  // namespace relay::out
