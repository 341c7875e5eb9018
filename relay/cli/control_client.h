// ControlClient: asks a running relay over its control socket; waits for the answer.
//
// Standards: RFC 9112, one request a connection.
// Threads:   not safe; blocks.
// Errors:    system errors with the path and what to do; is_no_relay() tells the one that means
// that
//            none runs. An answer that is cut short is an error, too.
#pragma once

#include <string>

#include "conf/config.h"
#include "conf/result.h"

namespace relay::cli {

class ControlClient {
public:
    struct Answer {
        int status = 0;
        std::string body;

        /// What the relay says is wrong: "error" of its JSON, or the status.
        [[nodiscard]] std::string error() const;
    };

    explicit ControlClient(std::string path);

    [[nodiscard]] conf::Result<Answer> get(const std::string& target) const;
    /// Waits as long as the command takes.
    [[nodiscard]] conf::Result<Answer> post(const std::string& target,
                                            const std::string& body) const;
    [[nodiscard]] const std::string& path() const { return path_; }

private:
    [[nodiscard]] conf::Result<Answer> ask(const std::string& request,
                                           std::chrono::seconds patience) const;

    std::string path_;
};

/// Nobody answers at the control socket's path.
bool is_no_relay(const conf::Error& error);

/// The control socket that the configuration names.
std::string control_path(const conf::Config& config);

}  // namespace relay::cli
