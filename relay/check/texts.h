// Texts: what TXT records say, from an answer of the DNS.
//
// Threads: no state.
#pragma once

#include <string>
#include <vector>

#include "relay/net/dns.h"

namespace relay::check {

/// The strings of each record joined; a record that cannot be decoded counts as an empty one.
inline std::vector<std::string> texts_of(const net::Answer& answer) {
    std::vector<std::string> texts;
    for (const auto& octets : answer.rdata) {
        texts.push_back(net::decode_txt(octets).value_or(""));
    }
    return texts;
}

}  // namespace relay::check
