#include "conf/endpoint.h"
#include "conf/read_tables.h"

namespace conf {

using namespace std::chrono_literals;

void read_self_check(TableReader& root, Config& config) {
    root.table("self_check", [&](TableReader& table) {
        table.choice("mode", config.self_check.mode, kCheckModeNames);
        table.duration("interval", config.self_check.interval, 1s, 24h);
    });
}

void read_status(TableReader& root, Config& config) {
    config.status.control_socket.path = config.data_dir + "/control.sock";
    root.table("status", [&](TableReader& table) {
        table.text(
            "address",
            "an address like \"127.0.0.1:8025\"",
            [&](const std::string& value) -> std::string {
                const auto endpoint = parse_endpoint(value);
                if (!endpoint) {
                    return endpoint.error().message();
                }
                if (endpoint->is_unix()) {
                    return "write an address and a port; the Unix socket is control_socket's";
                }
                config.status.address = *endpoint;
                return {};
            });
        table.text(
            "control_socket",
            "a socket like \"unix:/run/signet/control.sock\"",
            [&](const std::string& value) -> std::string {
                const auto endpoint = parse_endpoint(value);
                if (!endpoint || !endpoint->is_unix()) {
                    return "write \"unix:\" and a path, like \"unix:/run/signet/control.sock\"";
                }
                config.status.control_socket.path = table.reading().absolute(endpoint->path);
                return {};
            });
    });
}

void read_log(TableReader& root, Config& config) {
    root.table("log", [&](TableReader& table) {
        table.choice("level", config.log.level, kLogLevelNames);
        table.choice("format", config.log.format, kLogFormatNames);
    });
}

}  // namespace conf
