// `signet dkim verify`: judges every signature of a message as a receiver would, one line each.
//
// Exit: 0 a signature by the author's domain passes; 1 none does; 3 the message cannot be read, or
// the key of such a signature could not be looked up now.
//
// Threads: called from main only; runs a loop and a resolver of its own.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "conf/config.h"
#include "dkim/verify.h"
#include "relay/net/dns.h"

namespace relay::cli {

/// `file`: "" and "-" are standard input.
int dkim_verify(const std::string& file, const conf::Config& config, bool json);

/// One for each of `names`, asked side by side; an empty name is not asked. Runs `context`, which
/// has nothing left to do once `ended` was called.
std::vector<dkim::KeyLookup> find_keys(net::Dns& dns,
                                       net::asio::io_context& context,
                                       const std::vector<std::string>& names,
                                       const std::function<void()>& ended);

}  // namespace relay::cli
