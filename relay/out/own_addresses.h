// OwnAddresses: where this relay itself takes mail, so that it never delivers to itself (RFC 5321
// 5.1, loops).
//
// Threads: immutable. A listener on all addresses stands for every address that the host had at
//   the start.
#pragma once

#include <set>
#include <utility>
#include <vector>

#include "conf/config.h"

namespace relay::out {

class OwnAddresses {
public:
    explicit OwnAddresses(const std::vector<conf::Endpoint>& listeners);
    [[nodiscard]] bool contain(const conf::IpAddress& address, std::uint16_t port) const {
        return places_.contains({address, port});
    }

private:
    std::set<std::pair<conf::IpAddress, std::uint16_t>> places_;
};

}  // namespace relay::out
