// FakeDns: a Dns that answers from a table, inline, and counts what it is asked.
//
// A name that is not in the table does not exist; one that has only other types has no data.
//
// Threads: not safe; one loop.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>

#include "conf/ip_address.h"
#include "relay/net/dns.h"

namespace support {

// Wire forms, the reverse of relay/net/rdata.h.

inline std::string encode_name(std::string_view name) {
    std::string wire;
    while (!name.empty()) {
        const auto dot = name.find('.');
        const auto label = name.substr(0, dot);
        wire.push_back(static_cast<char>(label.size()));
        wire += label;
        name.remove_prefix(dot == std::string_view::npos ? name.size() : dot + 1);
    }
    wire.push_back('\0');
    return wire;
}

inline std::string encode_mx(unsigned preference, std::string_view host) {
    return std::string{static_cast<char>(preference >> 8), static_cast<char>(preference & 0xff)} +
           encode_name(host);
}

inline std::string encode_txt(std::string_view text) {
    std::string wire;
    do {
        const auto part = text.substr(0, 255);
        wire.push_back(static_cast<char>(part.size()));
        wire += part;
        text.remove_prefix(part.size());
    } while (!text.empty());
    return wire;
}

class FakeDns : public relay::net::Dns {
public:
    using Answer = relay::net::Answer;
    using Type = relay::net::RecordType;

    std::chrono::seconds ttl{300};           // of what is added from now on
    std::chrono::seconds negative_ttl{300};  // of every negative answer

    void address(const std::string& name, const std::string& text) {
        const auto address = conf::IpAddress::parse(text).value();
        add(name, address.is_v4() ? Type::A : Type::Aaaa, std::string(address.octets()));
    }
    void mx(const std::string& name, unsigned preference, const std::string& host) {
        add(name, Type::Mx, encode_mx(preference, host));
    }
    void txt(const std::string& name, const std::string& text) {
        add(name, Type::Txt, encode_txt(text));
    }
    void ptr(const std::string& address, const std::string& host) {
        add(conf::IpAddress::parse(address).value().reverse_name(), Type::Ptr, encode_name(host));
    }
    void add(const std::string& name, Type type, std::string rdata) {
        auto& answer = table_[lower(name)][type];
        answer.status = Answer::Status::Found;
        answer.ttl = ttl;
        answer.rdata.push_back(std::move(rdata));
    }
    /// The name exists, perhaps without any data.
    void exists(const std::string& name) { table_[lower(name)]; }
    void fail(const std::string& name, Type type, Answer::Status status = Answer::Status::Failed) {
        Answer answer;
        answer.status = status;
        answer.why = "SERVFAIL for " + std::string(relay::net::name(type)) + " of " + name;
        table_[lower(name)][type] = answer;
    }
    /// The same for every type that the name has not.
    void fail_others(const std::string& name, Answer::Status status) {
        for (const auto type : {Type::A, Type::Aaaa, Type::Mx, Type::Txt, Type::Ptr}) {
            if (!table_[lower(name)].contains(type)) {
                fail(name, type, status);
            }
        }
    }
    void remove(const std::string& name, Type type) { table_[lower(name)].erase(type); }
    void remove(const std::string& name) { table_.erase(lower(name)); }
    void clear() { table_.clear(); }

    /// From now on questions wait until release().
    void hold() { held_ = true; }
    void release() {
        held_ = false;
        for (const auto& timer : waiting_) {
            timer->cancel();
        }
        waiting_.clear();
    }

    [[nodiscard]] int asked() const { return asked_; }
    [[nodiscard]] int asked(const std::string& name, Type type) const {
        const auto found = counts_.find({lower(name), type});
        return found == counts_.end() ? 0 : found->second;
    }
    [[nodiscard]] int asked_fresh() const { return asked_fresh_; }

    relay::net::Task<Answer> query(std::string name, Type type) override {
        ++asked_;
        ++counts_[{lower(name), type}];
        if (held_) {
            auto executor = co_await boost::asio::this_coro::executor;
            auto timer = std::make_shared<boost::asio::steady_timer>(executor);
            timer->expires_at(boost::asio::steady_timer::time_point::max());
            waiting_.push_back(timer);
            co_await timer->async_wait(relay::net::kAsTuple);
        }
        co_return look_up(lower(name), type);
    }
    relay::net::Task<Answer> query_fresh(std::string name, Type type) override {
        ++asked_fresh_;
        return query(std::move(name), type);
    }

private:
    static std::string lower(std::string text) {
        for (char& c : text) {
            c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
        }
        return text;
    }
    [[nodiscard]] Answer look_up(const std::string& name, Type type) const {
        Answer negative;
        negative.ttl = negative_ttl;
        const auto found = table_.find(name);
        if (found == table_.end() || !relay::net::is_askable(name)) {
            negative.status = Answer::Status::NoDomain;
            return negative;
        }
        const auto answer = found->second.find(type);
        if (answer == found->second.end()) {
            negative.status = Answer::Status::NoData;
            return negative;
        }
        return answer->second;
    }

    std::map<std::string, std::map<Type, Answer>> table_;
    std::map<std::pair<std::string, Type>, int> counts_;
    std::vector<std::shared_ptr<boost::asio::steady_timer>> waiting_;
    int asked_ = 0;
    int asked_fresh_ = 0;
    bool held_ = false;
};

}  // namespace support
