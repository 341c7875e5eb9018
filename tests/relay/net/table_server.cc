#include "tests/relay/net/table_server.h"

#include <algorithm>

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/address.hpp>

#include "tests/support/fake_dns.h"

namespace relay::net {
namespace {

namespace asio = boost::asio;
using asio::ip::udp;

constexpr std::size_t kHeader = 12;

std::string two(std::size_t value) {
    return {static_cast<char>(value >> 8 & 0xff), static_cast<char>(value & 0xff)};
}

std::string four(std::uint32_t value) {
    return two(value >> 16) + two(value & 0xffff);
}

std::string record(const std::string& owner,
                   std::uint16_t type,
                   std::uint32_t ttl,
                   const std::string& rdata) {
    return owner + two(type) + two(1) + four(ttl) + two(rdata.size()) + rdata;
}

}  // namespace

std::string encode_soa(std::uint32_t minimum) {
    return support::encode_name("ns.example.net") +
           std::string(
               "\x08"
               "john.doe",
               9) +
           support::encode_name("example.net") + four(1) + four(2) + four(3) + four(4) +
           four(minimum);
}

TableServer::TableServer(const std::string& address, std::uint16_t port)
    : socket_(context_, udp::endpoint(asio::ip::make_address(address), port)) {
    receive();
    thread_ = std::thread([this] { context_.run(); });
}

TableServer::~TableServer() {
    context_.stop();
    thread_.join();
}

std::vector<std::unique_ptr<TableServer>> TableServer::open(std::size_t count) {
    // The port that the first one gets may be taken at another address.
    for (int tries = 0;; ++tries) {
        try {
            std::vector<std::unique_ptr<TableServer>> servers;
            for (std::size_t i = 0; i < count; ++i) {
                const auto port = servers.empty() ? 0 : servers.front()->endpoint().port;
                servers.push_back(std::make_unique<TableServer>("127.0.0." + std::to_string(11 + i),
                                                                static_cast<std::uint16_t>(port)));
            }
            return servers;
        } catch (const boost::system::system_error&) {
            if (tries == 20) {
                throw;
            }
        }
    }
}

conf::Endpoint TableServer::endpoint() const {
    const auto local = socket_.local_endpoint();
    return {conf::IpAddress::parse(local.address().to_string()).value(), local.port(), {}};
}

void TableServer::zone(const std::string& name, std::uint32_t ttl, std::uint32_t minimum) {
    add(name, RecordType::Soa, encode_soa(minimum), ttl);
    const std::lock_guard lock(mutex_);
    soa_ = record(support::encode_name(name),
                  static_cast<std::uint16_t>(RecordType::Soa),
                  ttl,
                  encode_soa(minimum));
}

void TableServer::add(const std::string& name,
                      RecordType type,
                      std::string rdata,
                      std::uint32_t ttl) {
    const std::lock_guard lock(mutex_);
    names_[name].push_back(Record{static_cast<std::uint16_t>(type), ttl, std::move(rdata)});
}

int TableServer::asked(const std::string& name, RecordType type) const {
    const std::lock_guard lock(mutex_);
    const auto found = asked_.find({name, static_cast<std::uint16_t>(type)});
    return found == asked_.end() ? 0 : found->second;
}

int TableServer::asked() const {
    const std::lock_guard lock(mutex_);
    int all = 0;
    for (const auto& [key, count] : asked_) {
        all += count;
    }
    return all;
}

void TableServer::receive() {
    socket_.async_receive_from(
        asio::buffer(datagram_), peer_, [this](boost::system::error_code failed, std::size_t n) {
            if (failed) {
                return;
            }
            std::unique_lock lock(mutex_);
            const auto call = on_question_;
            lock.unlock();
            if (call) {
                call();
            }
            const auto reply = reply_to(std::string_view(datagram_.data(), n));
            boost::system::error_code ignored;
            if (!reply.empty()) {
                socket_.send_to(asio::buffer(reply), peer_, 0, ignored);
            }
            receive();
        });
}

std::string TableServer::reply_to(std::string_view question) {
    const auto end = question.size() < kHeader ? question.npos : question.find('\0', kHeader);
    if (end == question.npos || end + 5 > question.size()) {
        return {};
    }
    const auto wire_name = question.substr(kHeader, end + 1 - kHeader);
    const auto name = decode_name(wire_name).value_or("");
    const auto type =
        static_cast<std::uint16_t>(static_cast<unsigned char>(question[end + 1]) * 256 +
                                   static_cast<unsigned char>(question[end + 2]));
    const std::lock_guard lock(mutex_);
    ++asked_[{name, type}];
    constexpr unsigned kResponse = 0x8400;  // authoritative
    const auto asks_recursion = static_cast<unsigned char>(question[2]) & 1U;
    const unsigned recursion = asks_recursion != 0 ? 0x0180U : 0U;
    unsigned rcode = 0;
    std::string answers;
    std::size_t count = 0;
    std::string authority;
    const auto found = names_.find(name);
    switch (mood_) {
        case Mood::Silent:
            return {};
        case Mood::Refuses:
            rcode = 5;
            break;
        case Mood::Answers:
            if (found == names_.end()) {
                rcode = 3;
            } else {
                for (const auto& [its_type, ttl, rdata] : found->second) {
                    if (its_type == type || its_type == 5) {
                        answers += record("\xc0\x0c", its_type, ttl, rdata);
                        ++count;
                    }
                }
            }
            authority = count == 0 ? soa_ : "";
            break;
    }
    return std::string(question.substr(0, 2)) + two(kResponse | recursion | rcode) + two(1) +
           two(count) + two(authority.empty() ? 0 : 1) + two(0) +
           std::string(question.substr(kHeader, end + 5 - kHeader)) + answers + authority;
}

}  // namespace relay::net
