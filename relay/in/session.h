// Session: one client connection: reads lines and messages, shows them to the ServerDialog, hands
// messages to Intake.
//
// Standards: RFC 5321 (3, 4.5.3.2.7), RFC 2920 (replies of a pipelined group are written
//   together), RFC 3207, RFC 8314.
// Executor: one loop.
// Errors: a lost connection ends the session and what it had not finished.
// Cancellation: stop() lets an open transaction end, then answers 421; nothing is cut between the
//   store's commit and the 250.
#pragma once

#include <array>
#include <memory>
#include <string>

#include "relay/in/admission.h"
#include "relay/in/certificate.h"
#include "relay/in/logins.h"
#include "relay/in/message_rates.h"
#include "relay/intake.h"
#include "relay/net/stream.h"
#include "relay/smtp/chunk_stream.h"
#include "relay/smtp/server_dialog.h"

namespace relay::in {

/// The rules of every session, for a client that may relay; also used by the readiness probe.
smtp::ServerRules make_rules(const conf::Config& config, Intake& intake);

/// What a connection brings with it.
struct Visitor {
    std::unique_ptr<net::Stream> stream;
    Admission::Place place;
    conf::IpAddress address;
    std::shared_ptr<const conf::Listener> listener;
    std::shared_ptr<Certificate> certificate;  // null without TLS
    bool is_proxy = false;                     // it says first who is behind it
};

class Session {
public:
    Session(net::Loop& loop,
            Visitor visitor,
            Setup setup,
            Intake& intake,
            Logins& logins,
            MessageRates& rates,
            Metrics& metrics);
    ~Session();

    net::Task<> run();
    /// On the session's loop.
    void stop();
    /// Ends the connection now; the grace is over.
    void abort();

private:
    using Step = smtp::ServerDialog::Step;
    using Next = smtp::ServerDialog::Next;
    enum class Line { Complete, BadEnd, TooLong, None };

    [[nodiscard]] smtp::ServerRules rules();
    /// Who this client may write as; null: every [[domain]].
    [[nodiscard]] const conf::Senders* senders() const;
    net::Task<> greet_and_converse();
    Line next_line(std::string& line);
    Step show(Line kind, const std::string& line);
    net::Task<bool> read_more();
    net::Task<bool> flush();
    net::Task<bool> wait_for_line();
    net::Task<bool> converse();
    /// What a step asks for beside its reply; false ends the session.
    net::Task<bool> follow(Step step);

    net::Task<bool> learn_client();
    net::Task<bool> start_tls();
    net::Task<bool> check_password();
    net::Task<bool> pay_penalty();

    net::Task<bool> begin_message();
    net::Task<bool> receive_message(Step step);
    net::Task<bool> receive_chunk(Step chunk);
    net::Task<bool> read_message_octets();
    net::Task<> take(std::string_view octets);
    net::Task<bool> end_message(smtp::LineEnds::Fault fault);

    // RFC 5321 4.5.3.1.4 asks for 512; long parameters need more. RFC 4954 4: 12,288 for AUTH.
    static constexpr std::size_t kMaxLine = 2048;
    static constexpr std::size_t kMaxSaslLine = 12'288;

    net::Loop& loop_;
    std::unique_ptr<net::Stream> stream_;  // TLS takes its place when it begins
    Admission::Place place_;
    conf::IpAddress client_;
    std::shared_ptr<const conf::Listener> listener_;
    std::shared_ptr<Certificate> certificate_;
    std::shared_ptr<const conf::Config> config_;
    Intake& intake_;
    Logins& logins_;
    MessageRates& rates_;
    Metrics& metrics_;
    const conf::Client* listed_;  // in *listener_; null for a client that no entry names
    smtp::ServerDialog dialog_;
    net::TlsSession tls_;
    net::Timer penalty_;
    int failed_logins_ = 0;
    std::string in_;
    std::size_t scanned_ = 0;  // octets of in_ without a line end
    bool discarding_ = false;  // inside a line that is too long
    bool sasl_ = false;        // the next line answers a 334
    std::string out_;
    net::IoStatus status_ = net::IoStatus::Ok;
    bool stopping_ = false;
    bool is_proxy_;
    std::unique_ptr<Arrival> arrival_;  // the message that is being received
    conf::Result<void> spilt_;          // whether its rows could be written
    smtp::ChunkStream chunks_;
    net::Steady::time_point line_end_;
    net::Steady::time_point message_end_;
    std::array<char, 16 * 1024> buffer_;
};

}  // namespace relay::in
