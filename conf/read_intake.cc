#include "conf/read_tables.h"
#include "conf/units.h"

namespace conf {

namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t kKiB = 1024;
constexpr std::uint64_t kGiB = kKiB * 1024 * 1024;

}  // namespace

void read_limits(TableReader& root, Config& config) {
    root.table("limits", [&](TableReader& table) {
        Limits& limits = config.limits;
        // NB: RFC 5321 4.5.3.1.7 and .8 ask for 64 KiB and 100 recipients at least; less is for
        // those who send less.
        table.size("message_size", limits.message_size, kKiB, kGiB);
        table.integer("recipients", limits.recipients, 1, 100'000);
        table.integer("connections", limits.connections, 1, 100'000);
        table.integer("connections_per_client", limits.connections_per_client, 1, 100'000);
        table.integer("messages_per_connection", limits.messages_per_connection, 1, 1'000'000);
        table.integer("errors", limits.errors, 1, 1'000);
        table.size("memory", limits.memory, 4 * kKiB * kKiB, 1024 * kGiB);
        table.integer(
            "messages_per_minute_per_client", limits.messages_per_minute_per_client, 0, 1'000'000);
        table.integer("queue_messages", limits.queue_messages, 0, 1'000'000'000);
        table.duration("command_timeout", limits.command_timeout, 100ms, 1h);
        table.duration("data_timeout", limits.data_timeout, 100ms, 24h);
        table.text("min_free_disk",
                   "\"auto\" or a size like \"1GiB\"",
                   [&](const std::string& value) -> std::string {
                       if (value == "auto") {
                           return {};
                       }
                       const auto octets = parse_size(value);
                       if (!octets) {
                           return octets.error().message() + ", or \"auto\"";
                       }
                       limits.min_free_disk = *octets;
                       return {};
                   });
    });
}

void read_intake(TableReader& root, Config& config) {
    root.table("intake", [&](TableReader& table) {
        Intake& intake = config.intake;
        table.text("origin",
                   "a domain like \"example.com\", or \"\"",
                   [&](const std::string& value) -> std::string {
                       if (value.empty()) {
                           return {};
                       }
                       auto domain = DomainName::parse(value);
                       if (!domain) {
                           return domain.error().message();
                       }
                       if (std::string fault = host_fault(*domain); !fault.empty()) {
                           return fault;
                       }
                       intake.origin = std::move(*domain);
                       return {};
                   });
        table.choice("received_client", intake.received_client, kReceivedClientNames);
        table.choice("long_lines", intake.long_lines, kLongLinesNames);
        table.choice("eight_bit", intake.eight_bit, kEightBitNames);
    });
}

}  // namespace conf
