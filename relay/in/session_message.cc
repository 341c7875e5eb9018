// How a session receives a message: behind DATA or in chunks.
#include <algorithm>
#include <utility>

#include "relay/in/session.h"
#include "relay/log.h"
#include "relay/smtp/dot_stream.h"
#include "relay/store_refusal.h"

namespace relay::in {

namespace {

using Fault = smtp::LineEnds::Fault;

constexpr conf::Duration kBlockTimeout =
    std::chrono::minutes(3);  // between two reads of a message (RFC 5321 4.5.3.2.5)

// Others end in less, or are slow; then the client had better come back.
constexpr conf::Duration kMemoryPatience = std::chrono::seconds(30);

smtp::Reply no_memory() {
    return {452, "4.3.1", "no memory for another message now, try again later"};
}

smtp::Reply fault_reply(Fault fault) {
    switch (fault) {
        case Fault::BareCr:
            return {
                550, "5.5.2", "bare <CR> in the message: lines end with <CR><LF> (RFC 5321 2.3.8)"};
        case Fault::BareLf:
            return {
                550, "5.5.2", "bare <LF> in the message: lines end with <CR><LF> (RFC 5321 2.3.8)"};
        case Fault::Nul:
            return {550, "5.6.0", "NUL in the message"};
        case Fault::None:
            break;
    }
    return {};
}

}  // namespace

/// False where there is no memory for another message.
net::Task<bool> Session::begin_message() {
    MemoryBudget& memory = intake_.memory();
    auto reserved = memory.try_reserve(Arrival::kReserved);
    if (!reserved) {
        stream_->no_limit();  // the client waits for us
        reserved = co_await memory.reserve(loop_, Arrival::kReserved, kMemoryPatience);
    }
    if (!reserved) {
        metrics_.messages_rejected.add({"452"});
        co_return false;
    }
    arrival_ = intake_.begin(std::move(reserved));
    spilt_ = {};
    chunks_ = smtp::ChunkStream(listener_->bare_newline);
    // RFC 5321 4.5.3.2.5 limits each wait; data_timeout limits the whole, so that a trickle does
    // not hold a place for ever.
    message_end_ = net::Steady::now() + config_->limits.data_timeout;
    co_return true;
}

net::Task<bool> Session::read_message_octets() {
    stream_->limit_gently(std::min(message_end_, net::Steady::now() + kBlockTimeout));
    const bool more = co_await read_more();
    if (more || status_ == net::IoStatus::Cancelled) {
        co_return true;
    }
    log::Event(log::Level::Info, "message-not-finished")
        .field("client", client_.text())
        .field("reason", net::describe(status_));
    if (status_ == net::IoStatus::TimedOut) {
        out_ = smtp::ServerDialog::timed_out();
        (void)co_await flush();
    }
    co_return false;
}

/// To the arrival, and from there to the store when it is long.
net::Task<> Session::take(std::string_view octets) {
    arrival_->append(octets);
    if (spilt_ && arrival_->wants_spill()) {
        spilt_ = co_await arrival_->spill();
    }
}

net::Task<bool> Session::receive_message(Step step) {
    const bool begun = co_await begin_message();
    if (!begun) {
        co_return co_await follow(dialog_.data_done(no_memory()));
    }
    out_ += step.reply;
    const bool asked = co_await flush();
    if (!asked) {
        co_return false;
    }
    smtp::DotStream stream(listener_->bare_newline);
    std::string piece;
    for (;;) {
        const std::size_t taken = stream.consume(in_, piece);
        in_.erase(0, taken);
        scanned_ = 0;
        co_await take(piece);
        piece.clear();
        if (stream.done()) {
            break;
        }
        const bool alive = co_await read_message_octets();
        if (!alive) {
            co_return false;
        }
    }
    co_return co_await end_message(stream.fault());
}

net::Task<bool> Session::receive_chunk(Step chunk) {
    std::optional<smtp::Reply> fault;
    if (chunk.refused) {
        message_end_ = net::Steady::now() + config_->limits.data_timeout;
    } else if (!arrival_) {
        const bool begun = co_await begin_message();
        if (!begun) {
            fault = no_memory();
            message_end_ = net::Steady::now() + config_->limits.data_timeout;
        }
    }
    const bool thrown_away = chunk.refused || fault.has_value();
    std::uint64_t left = chunk.chunk;
    std::string piece;
    while (left > 0) {
        if (in_.empty()) {
            const bool written = co_await flush();
            if (!written) {
                co_return false;
            }
            const bool alive = co_await read_message_octets();
            if (!alive) {
                co_return false;
            }
            continue;
        }
        const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(left, in_.size()));
        if (!thrown_away) {
            chunks_.consume(std::string_view(in_).substr(0, count), piece);
            co_await take(piece);
            piece.clear();
        }
        in_.erase(0, count);
        scanned_ = 0;
        left -= count;
    }
    if (!thrown_away && chunk.last) {
        chunks_.end(piece);
        co_await take(piece);
        co_return co_await end_message(chunks_.fault());
    }
    if (!thrown_away) {
        if (chunks_.fault() != Fault::None) {
            fault = fault_reply(chunks_.fault());
        } else if (!spilt_) {
            fault = store_refusal(spilt_.error());
        } else {
            fault = Intake::objection(*arrival_);
        }
        if (fault) {
            metrics_.messages_rejected.add({std::to_string(fault->code)});
            arrival_.reset();
        }
    }
    co_return co_await follow(dialog_.chunk_done(fault));
}

net::Task<bool> Session::end_message(Fault fault) {
    stream_->no_limit();  // the store decides now, and the client waits for its reply
    auto arrival = std::move(arrival_);
    smtp::Reply reply;
    if (fault != Fault::None) {
        reply = fault_reply(fault);
        metrics_.messages_rejected.add({std::to_string(reply.code)});
    } else if (!spilt_) {
        reply = store_refusal(spilt_.error());
        metrics_.messages_rejected.add({std::to_string(reply.code)});
    } else {
        Origin origin;
        origin.client = client_.text();
        origin.helo = dialog_.helo();
        origin.extended = dialog_.extended();
        origin.tls = tls_.version;
        origin.user = dialog_.user();
        origin.senders = senders();
        smtp::Transaction transaction = dialog_.transaction();
        reply =
            co_await intake_.finish(std::move(arrival), std::move(transaction), std::move(origin));
    }
    co_return co_await follow(dialog_.data_done(reply));
}

}  // namespace relay::in
