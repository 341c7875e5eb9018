// Config: everything that the configuration file says, as plain values, with every default.
//
// One struct per TOML table, named like it. A key exists here from the day it works. The sentence
// for people stands in reference.toml; a test keeps the two alike. A loaded Config has passed
// validate(): whoever reads it checks nothing.
//
// Threads: immutable once loaded; shared as std::shared_ptr<const Config> and swapped whole on
//   reload.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "conf/domain_name.h"
#include "conf/ip_address.h"
#include "conf/mailbox.h"
#include "conf/scram_verifier.h"

namespace conf {

using Duration = std::chrono::milliseconds;
using Instant = std::chrono::sys_time<std::chrono::milliseconds>;  // wall clock, UTC

/// Where to listen or connect: an address with a port, or a Unix socket when `path` is not empty.
struct Endpoint {
    IpAddress address;
    std::uint16_t port = 0;
    std::string path;

    [[nodiscard]] bool is_unix() const { return !path.empty(); }
    [[nodiscard]] std::string text() const;  // as it is written in the file
    bool operator==(const Endpoint&) const = default;
};

/// Which senders somebody may use, in MAIL FROM and in the From: field alike.
struct Senders {
    bool any = true;                  // no `senders` key: every [[domain]]
    std::vector<DomainName> domains;  // each with exactly this name
    std::vector<Mailbox> mailboxes;   // local parts compared as they are, domains without case

    /// `domain` as text, so that a literal is simply not among them.
    [[nodiscard]] bool allow(std::string_view local_part, std::string_view domain) const;
    bool operator==(const Senders&) const = default;
};

/// A network whose members may relay without logging in.
struct Client {
    IpNetwork network;
    Senders senders;
    bool operator==(const Client&) const = default;
};

enum class ListenerTls : std::uint8_t { None, StartTls, RequiredStartTls, Implicit };
enum class Auth : std::uint8_t { Off, Optional, Required };
enum class BareNewline : std::uint8_t { Reject, Normalize };

struct Listener {
    Endpoint address{
        IpAddress::v4({127, 0, 0, 1}), 2525, {}};  // port 0 takes a free one, which the log names
    ListenerTls tls = ListenerTls::None;
    std::string certificate;  // path of a PEM chain, leaf first; set exactly when tls is not None
    std::string key;          // path of its PEM key
    std::string client_ca;    // path of PEM CAs whose certificates authenticate a client; or empty
    Auth auth = Auth::Optional;
    std::vector<Client> clients{
        {IpNetwork(IpAddress::v4({127, 0, 0, 0}), 8), {}},
        {IpNetwork(IpAddress::v6({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}), 128), {}}};

    std::vector<IpNetwork> proxy_protocol;  // peers that say who is behind them
    BareNewline bare_newline = BareNewline::Reject;

    /// The entry with the longest prefix that contains `client`, or nothing.
    [[nodiscard]] const Client* find_client(const IpAddress& client) const;
    bool operator==(const Listener&) const = default;
};

/// Somebody who may log in.
struct User {
    std::string name;
    ScramVerifier password;
    Senders senders;
    bool operator==(const User&) const = default;
};

enum class Tls : std::uint8_t { None };

struct Limits {
    std::uint64_t message_size = std::uint64_t{25} * 1024 * 1024;  // octets
    int recipients = 1000;  // RFC 5321 4.5.3.1.8 asks for 100 at least
    int connections = 1000;
    int connections_per_client = 100;
    int messages_per_connection = 1000;
    int errors = 10;
    Duration command_timeout = std::chrono::minutes(5);       // RFC 5321 4.5.3.2.7
    Duration data_timeout = std::chrono::minutes(10);         // the whole of DATA
    std::uint64_t memory = std::uint64_t{512} * 1024 * 1024;  // octets
    int messages_per_minute_per_client = 0;                   // 0 is without limit
    int queue_messages = 0;                      // waiting and held; 0 is without limit
    std::optional<std::uint64_t> min_free_disk;  // octets; unset is "auto"

    /// Of `memory`, what keeps contents for their first attempt: a quarter, 64 MiB at most. The
    /// rest is for receiving.
    [[nodiscard]] std::size_t memory_for_contents() const;
    [[nodiscard]] std::size_t memory_for_receiving() const;

    /// "auto": room for the largest message and its journal, 128 MiB at least.
    [[nodiscard]] std::uint64_t effective_min_free_disk() const;
    bool operator==(const Limits&) const = default;
};

enum class ReceivedClient : std::uint8_t { Full, Hidden };
enum class LongLines : std::uint8_t { Encode, Refuse };
enum class EightBit : std::uint8_t { Keep, Encode };

struct Intake {
    std::optional<DomainName> origin;  // completes bare addresses; unset refuses them
    ReceivedClient received_client = ReceivedClient::Full;
    LongLines long_lines = LongLines::Encode;  // over the 998 octets of RFC 5322 2.1.1
    EightBit eight_bit = EightBit::Keep;
    bool operator==(const Intake&) const = default;
};

struct Selector {
    std::string name;  // one or more labels
    std::string key;   // path of a PEM file
    std::optional<Instant> sign_from;
    std::optional<Instant> sign_until;
    bool operator==(const Selector&) const = default;
};

struct Domain {
    DomainName name;
    bool envelope_only = false;  // used in MAIL FROM alone; needs no selector
    std::vector<Selector> selectors;
    bool subdomains = false;           // authors in names below it are its own
    bool sign = true;                  // false: its mail leaves unsigned, and is counted
    std::vector<std::string> headers;  // signed and oversigned, lower case; empty is "default"
    bool operator==(const Domain&) const = default;
};

enum class Canonicalization : std::uint8_t { Simple, Relaxed };
enum class Prove : std::uint8_t { Required, Warn, Off };

struct Dkim {
    Prove prove = Prove::Required;
    Duration retire_after = std::chrono::hours(24 * 7);  // since the last message signed has left
    Duration signature_expiry{0};                        // 0: signatures carry no x=
    Canonicalization header_canonicalization = Canonicalization::Relaxed;
    Canonicalization body_canonicalization = Canonicalization::Relaxed;
    bool allow_world_readable_keys = false;
    bool operator==(const Dkim&) const = default;
};

enum class StoreKind : std::uint8_t { Sqlite };

struct Queue {
    StoreKind store = StoreKind::Sqlite;
    std::vector<Duration> retry{std::chrono::minutes(1),
                                std::chrono::minutes(5),
                                std::chrono::minutes(15),
                                std::chrono::minutes(30),
                                std::chrono::hours(1),
                                std::chrono::hours(2),
                                std::chrono::hours(4)};  // the last repeats
    Duration expire_after = std::chrono::hours(24 * 4);
    Duration delay_warning = std::chrono::hours(4);                  // 0: never
    Duration history = std::chrono::hours(24 * 3);                   // after a message is done
    std::uint64_t history_size = std::uint64_t{1024} * 1024 * 1024;  // octets
    int active_messages = 20000;  // held in memory at once; the rest waits in the store
    bool operator==(const Queue&) const = default;
};

enum class AddressFamilies : std::uint8_t { Both, Ipv4, Ipv6 };

struct Delivery {
    std::uint16_t port = 25;
    AddressFamilies addresses = AddressFamilies::Both;
    int connections = 500;
    int connections_per_site = 20;
    int messages_per_connection = 100;
    int recipients_per_transaction = 100;
    int connection_attempts_per_message = 5;
    Duration idle_timeout = std::chrono::seconds(5);
    Duration connect_timeout = std::chrono::seconds(30);
    Duration greeting_timeout = std::chrono::minutes(5);  // RFC 5321 4.5.3.2.1; EHLO and HELO too
    Duration mail_timeout = std::chrono::minutes(5);      // 4.5.3.2.2; RSET too
    Duration rcpt_timeout = std::chrono::minutes(5);      // 4.5.3.2.3
    Duration data_timeout = std::chrono::minutes(2);      // 4.5.3.2.4
    Duration block_timeout = std::chrono::minutes(3);     // 4.5.3.2.5
    Duration dot_timeout = std::chrono::minutes(10);      // 4.5.3.2.6
    Tls tls = Tls::None;
    bool allow_all_private_addresses = false;
    std::vector<IpNetwork> allowed_private_addresses;

    /// Loopback and private targets are skipped unless allowed.
    [[nodiscard]] bool allows(const IpAddress& address) const;
    bool operator==(const Delivery&) const = default;
};

struct Dns {
    std::vector<Endpoint> servers;        // empty is "system": resolv.conf
    std::vector<std::string> local_data;  // "name. TYPE rdata", answered before any server is asked
    Duration timeout = std::chrono::seconds(5);
    std::uint64_t cache_size = std::uint64_t{4} * 1024 * 1024;  // octets
    bool operator==(const Dns&) const = default;
};

enum class CheckMode : std::uint8_t { Enforce, Warn, Off };

struct SelfCheck {
    CheckMode mode = CheckMode::Enforce;
    Duration interval = std::chrono::minutes(15);
    bool operator==(const SelfCheck&) const = default;
};

struct Status {
    Endpoint address{
        IpAddress::v4({127, 0, 0, 1}), 8025, {}};  // port 0 takes a free one, which the log names
    Endpoint control_socket;  // default unix:DATA_DIR/control.sock; always a Unix socket
    bool operator==(const Status&) const = default;
};

enum class LogLevel : std::uint8_t { Debug, Info, Warning, Error };
enum class LogFormat : std::uint8_t { Text, Json };

struct Log {
    LogLevel level = LogLevel::Info;
    LogFormat format = LogFormat::Text;
    bool operator==(const Log&) const = default;
};

struct Config {
    DomainName hostname;
    std::string postmaster;  // a mailbox; its domain signs
    DomainName postmaster_domain;
    std::string data_dir = "/var/lib/signet";
    std::string user;
    std::string node;
    Duration shutdown_grace = std::chrono::seconds(8);
    std::vector<Listener> listeners;
    std::vector<User> users;
    Limits limits;
    Intake intake;
    std::vector<Domain> domains;
    Dkim dkim;
    Queue queue;
    Delivery delivery;
    Dns dns;
    SelfCheck self_check;
    Status status;
    Log log;

    /// The [[user]] of exactly this name, or nothing.
    [[nodiscard]] const User* find_user(std::string_view name) const;
    /// The [[domain]] of exactly this name, or nothing.
    [[nodiscard]] const Domain* find_domain(const DomainName& name) const;
    /// The one that speaks for `name`: of exactly this name, or else the nearest parent with
    /// `subdomains`.
    [[nodiscard]] const Domain* domain_of(const DomainName& name) const;
    bool operator==(const Config&) const = default;
};

}  // namespace conf
