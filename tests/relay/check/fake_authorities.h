// FakeAuthorities: name servers that say what the FakeDns says, unless a test tells them otherwise.
//
// Threads: not safe; one loop.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "relay/net/authorities.h"
#include "tests/support/fake_dns.h"

namespace relay::check {

class FakeAuthorities : public net::Authorities {
public:
    explicit FakeAuthorities(support::FakeDns& dns) : dns_(dns) {}

    std::optional<std::chrono::seconds> negative_ttl{0};

    /// One more server for `name`: it shows `text`, or no record.
    void serve(const std::string& name, const std::optional<std::string>& text) {
        net::Answer answer;
        answer.status = text ? net::Answer::Status::Found : net::Answer::Status::NoDomain;
        if (text) {
            answer.rdata.push_back(support::encode_txt(*text));
        }
        add(name, std::move(answer));
    }
    /// One more that says nothing.
    void serve_silence(const std::string& name) {
        net::Answer answer;
        answer.status = net::Answer::Status::TimedOut;
        add(name, std::move(answer));
    }
    /// As at first.
    void clear() { servers_.clear(); }
    [[nodiscard]] int asked() const { return asked_; }

    net::Task<net::AuthorityView> ask(std::string name, net::RecordType type) override {
        ++asked_;
        net::AuthorityView view;
        view.negative_ttl = negative_ttl;
        if (const auto own = servers_.find(name); own != servers_.end()) {
            view.answers = own->second;
        } else {
            net::Answer answer = co_await dns_.query(name, type);
            view.answers.push_back({"ns1 (192.0.2.53)", std::move(answer)});
        }
        co_return view;
    }

private:
    void add(const std::string& name, net::Answer answer) {
        auto& servers = servers_[name];
        const auto number = std::to_string(servers.size() + 1);
        servers.push_back({"ns" + number + " (192.0.2.5" + number + ")", std::move(answer)});
    }

    support::FakeDns& dns_;
    std::map<std::string, std::vector<net::ServerAnswer>> servers_;
    int asked_ = 0;
};

}  // namespace relay::check
