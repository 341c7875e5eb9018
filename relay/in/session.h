// Session: one client connection: reads lines and messages, shows them to the ServerDialog, hands
// messages to Intake.
//
// Standards: RFC 5321 (3, 4.5.3.2.7), RFC 2920 (replies of a pipelined group are written
//   together).
// Executor: one loop.
// Errors: a lost connection ends the session and what it had not finished.
// Cancellation: stop() lets an open transaction end, then answers 421; nothing is cut between the
//   store's commit and the 250.
#pragma once

#include <array>
#include <memory>
#include <string>

#include "relay/in/admission.h"
#include "relay/intake.h"
#include "relay/net/stream.h"
#include "relay/smtp/server_dialog.h"

namespace relay::in {

/// The rules that a session from a client lives by, also used by the readiness probe.
smtp::ServerRules make_rules(const conf::Config& config, bool may_relay, Intake& intake);

class Session {
public:
    Session(std::unique_ptr<net::Stream> stream,
            Admission::Place place,
            conf::IpAddress client,
            bool may_relay,
            Setup setup,
            Intake& intake,
            Metrics& metrics);
    ~Session();

    net::Task<> run();
    /// On the session's loop.
    void stop();
    /// Ends the connection now; the grace is over.
    void abort();

private:
    enum class Line { Complete, BadEnd, TooLong, None };
    Line next_line(std::string& line);
    net::Task<bool> read_more();
    net::Task<bool> flush();
    net::Task<bool> converse();
    net::Task<bool> receive_message();

    static constexpr std::size_t kMaxLine =
        2048;  // RFC 5321 4.5.3.1.4 asks for 512; long parameters need more

    std::unique_ptr<net::Stream> stream_;
    Admission::Place place_;
    conf::IpAddress client_;
    std::shared_ptr<const conf::Config> config_;
    Intake& intake_;
    Metrics& metrics_;
    smtp::ServerDialog dialog_;
    std::string in_;
    std::size_t scanned_ = 0;  // octets of in_ without a line end
    bool discarding_ = false;  // inside a line that is too long
    std::string out_;
    net::IoStatus status_ = net::IoStatus::Ok;
    bool stopping_ = false;
    std::array<char, 16 * 1024> buffer_;
};

}  // namespace relay::in
