// SinkSession: the receiving side of one SMTP connection: takes everything, counts it, keeps
// nothing but a sample.
//
// Standards: RFC 5321, RFC 2920 (pipelining).     Threads: one epoll loop owns all sessions.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace load {

/// What arrived, over all sessions. A message is told by the number in its X-Load field.
struct Tally {
    std::uint64_t connections = 0, messages = 0, unique = 0, doubled = 0, unnumbered = 0,
                  unsigned_messages = 0;
    double first = 0, last = 0;
    std::vector<bool> seen;
    std::string keep_folder;  // a sample of whole messages goes there; empty keeps none
    std::uint64_t keep = 0;

    void count(const std::string& header, const std::string& raw);
    void reset();
};

class SinkSession {
public:
    SinkSession(int fd, Tally& tally) : fd_(fd), tally_(tally) {}
    SinkSession(const SinkSession&) = delete;
    SinkSession& operator=(const SinkSession&) = delete;
    ~SinkSession();

    /// Says the banner.
    void greet();
    /// Goes on after readiness. False when the connection is gone.
    bool advance();
    [[nodiscard]] int fd() const { return fd_; }

private:
    bool take_lines();
    void take_data();
    bool flush();

    int fd_;
    Tally& tally_;
    std::string input_, output_;
    std::string data_;  // the message so far
    bool in_data_ = false, quit_ = false;
};

}  // namespace load
