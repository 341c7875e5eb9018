// SmallRelay: the parts of a relay that the status server asks, without listeners and deliveries,
// in a folder of its own; Folder: that folder.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "relay/committer.h"
#include "relay/intake.h"
#include "relay/net/worker_pool.h"
#include "relay/status/status_server.h"
#include "tests/support/temporary_folder.h"

namespace relay::status {

/// Goes with all that is in it.
using Folder = support::TemporaryFolder;

class SmallRelay {
public:
    enum class Phase { Starting, Serving };

    explicit SmallRelay(Phase phase = Phase::Serving);
    ~SmallRelay();

    /// Stores a message to `recipient`, waiting for an hour, or held for `reason`.
    queue::MessageId store(const std::string& recipient, const std::string& reason = {});
    void serve();

    /// The whole answer to `octets` on the status port, or on the control socket.
    [[nodiscard]] std::string ask_port(const std::string& octets) const;
    [[nodiscard]] std::string ask_control(const std::string& octets) const;
    /// A connection to the status port that says nothing yet; the caller closes it.
    [[nodiscard]] int connect_port() const;

    [[nodiscard]] std::string control_path() const { return config->status.control_socket.path; }

    std::shared_ptr<const Folder> folder = std::make_shared<Folder>();  // may outlive the relay
    std::shared_ptr<const conf::Config> config;
    std::vector<std::string> reload_problems;
    int checks = 0;
    std::string retired;  // "example.com/2026a"; a selector "last" cannot be

    net::Loops loops{1};
    std::unique_ptr<Current> current;
    Metrics metrics;
    std::unique_ptr<queue::Store> queue_store;
    check::Gate gate{conf::CheckMode::Off};
    net::WorkerPool disk{1};
    std::unique_ptr<history::History> history;
    std::unique_ptr<Committer> committer;
    std::unique_ptr<net::Resolver> resolver;
    std::unique_ptr<Spool> spool;
    std::unique_ptr<Intake> intake;
    std::unique_ptr<StatusServer> server;

private:
    net::Task<conf::Result<void>> taken(std::string domain, std::string selector);

    std::unique_ptr<queue::IdSource> ids_;
};

/// "HTTP/1.1 200 ..." to 200.
int status_of(const std::string& answer);
std::string body_of(const std::string& answer);

}  // namespace relay::status
