// TableServer: an authoritative name server on a loopback address that answers from a table, over
// UDP, on a thread of its own.
//
// A name that is not in the table does not exist; one that has only other types has no data. An
// alias is answered alone, its target is left to who asks. Negative answers bear the SOA of the
// zone.
//
// Threads: safe; the table may be changed at any time.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/udp.hpp>

#include "conf/config.h"
#include "relay/net/rdata.h"

namespace relay::net {

std::string encode_soa(std::uint32_t minimum);

class TableServer {
public:
    enum class Mood : std::uint8_t { Answers, Silent, Refuses };

    /// Throws boost::system::system_error where it cannot listen; port 0 takes a free one.
    TableServer(const std::string& address, std::uint16_t port);
    ~TableServer();
    TableServer(const TableServer&) = delete;
    TableServer& operator=(const TableServer&) = delete;

    /// Several on 127.0.0.11, .12, ..., all at one port.
    static std::vector<std::unique_ptr<TableServer>> open(std::size_t count);

    [[nodiscard]] conf::Endpoint endpoint() const;

    void zone(const std::string& name, std::uint32_t ttl, std::uint32_t minimum);
    void add(const std::string& name, RecordType type, std::string rdata, std::uint32_t ttl = 300);
    void mood(Mood mood) { mood_ = mood; }
    /// Called on the server's thread with each question; set before the first.
    void on_question(std::function<void()> call) {
        const std::lock_guard lock(mutex_);
        on_question_ = std::move(call);
    }
    [[nodiscard]] int asked(const std::string& name, RecordType type) const;
    [[nodiscard]] int asked() const;

private:
    using Key = std::pair<std::string, std::uint16_t>;
    struct Record {
        std::uint16_t type;
        std::uint32_t ttl;
        std::string rdata;
    };

    void receive();
    std::string reply_to(std::string_view question);

    boost::asio::io_context context_{1};
    boost::asio::ip::udp::socket socket_;
    boost::asio::ip::udp::endpoint peer_;
    std::array<char, 1500> datagram_{};
    std::atomic<Mood> mood_{Mood::Answers};

    mutable std::mutex mutex_;  // guards the rest
    std::function<void()> on_question_;
    std::map<std::string, std::vector<Record>> names_;
    std::string soa_;  // the whole record
    std::map<Key, int> asked_;

    std::thread thread_;
};

}  // namespace relay::net
