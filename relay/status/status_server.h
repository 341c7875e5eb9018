// StatusServer: HTTP on the status port and on the control socket.
//
// One request a connection. Bounds: 32 connections on the port, 16 on the control socket, further
// ones are closed at once; 10 s to send a request, 30 s to take an answer. Until serve() every page
// answers "starting", but /healthz, which tells the truth.
//
// Standards: RFC 9110, RFC 9112.
// Executor:  the first loop.
// Errors:    open() names the address or path and what to do.
// Stopping:  stop() takes no new connection; what is being answered is. abort() closes the rest.
#pragma once

#include <memory>
#include <string>

#include "conf/config.h"
#include "conf/result.h"
#include "relay/net/loop.h"
#include "relay/status/facts.h"

namespace relay::status {

class StatusServer {
public:
    static constexpr int kMaxConnections = 32;
    static constexpr int kMaxControlConnections = 16;

    explicit StatusServer(net::Loops& loops);
    ~StatusServer();
    StatusServer(const StatusServer&) = delete;
    StatusServer& operator=(const StatusServer&) = delete;

    /// Makes `data_dir` (0700) when the control socket lies in it and it is missing.
    conf::Result<void> open(const conf::Status& settings, const std::string& data_dir);
    /// The status port's address with the port that was really taken.
    [[nodiscard]] conf::Endpoint endpoint() const;
    void start();
    /// From now on the full pages. Any thread.
    void serve(std::shared_ptr<const Facts> facts);
    /// /readyz answers 503 "shutting down" from now on. Any thread.
    void stopping();
    /// Any thread. The control socket's file goes.
    void stop();
    void abort();
    [[nodiscard]] int open_connections() const;

private:
    class Server;
    std::shared_ptr<Server> server_;
};

}  // namespace relay::status
