// Exchange: lets a ClientDialog talk over a Stream: writes what it says, reads replies within
// their limits, sends the message. Both sides' lines go into the transcript.
//
// Standards: RFC 5321 4.5.3.2 (time limits, each named by smtp::Wait), 4.5.2 (dot-stuffing).
// Executor: the stream's loop.
#pragma once

#include <memory>
#include <string>

#include "conf/config.h"
#include "queue/message.h"
#include "relay/net/stream.h"
#include "relay/smtp/client_dialog.h"
#include "relay/smtp/transcript.h"
#include "relay/spool.h"

namespace relay::out {

class Exchange {
public:
    Exchange(std::unique_ptr<net::Stream> stream,
             std::string helo,
             std::shared_ptr<const conf::Config> config,
             Spool& spool,
             smtp::Transcript& transcript);

    /// Until the dialog is Ready or Close. `content` is what SendMessage sends; may be empty while
    /// only greeting or quitting.
    net::Task<> advance(queue::MessageId id, std::shared_ptr<const queue::Content> content);
    /// Transaction, whole: begin and advance.
    net::Task<> deliver(const smtp::Delivery& delivery,
                        queue::MessageId id,
                        std::shared_ptr<const queue::Content> content);
    net::Task<> quit();
    /// Octets or the end of the connection arrived while nobody asked.
    [[nodiscard]] bool disturbed() const { return stream_->has_input(); }
    void close() { stream_->close(); }

    [[nodiscard]] const smtp::ClientDialog& dialog() const { return dialog_; }
    /// Why the stored body could not be sent, or empty.
    [[nodiscard]] const std::string& content_error() const { return content_error_; }

private:
    [[nodiscard]] conf::Duration limit_of(smtp::Wait wait) const;
    net::Task<> read_reply(smtp::Wait wait);
    net::Task<> write(std::string_view octets, conf::Duration limit);
    net::Task<bool> send_message(queue::MessageId id,
                                 std::shared_ptr<const queue::Content> content);
    void lost(smtp::Loss loss);

    std::unique_ptr<net::Stream> stream_;
    smtp::ClientDialog dialog_;
    smtp::ReplyParser parser_;
    std::shared_ptr<const conf::Config> config_;
    Spool& spool_;
    smtp::Transcript& transcript_;
    std::string in_;
    std::string out_;
    std::string content_error_;
    std::array<char, 4096> buffer_;
};

}  // namespace relay::out
