// validate: the rules between the values of a configuration, which no key can judge by itself.
//
// A value that could not be read is passed over, so that one fault makes one problem.
//
// Threads: no state.
// Errors: go to the Reading, at the value that should change.
#pragma once

#include <string>
#include <string_view>

#include "conf/config.h"
#include "conf/reading.h"

namespace conf {

void validate(const Config& config, Reading& reading);

/// Its part about who may send: TLS, AUTH, users, clients, senders.
void validate_access(const Config& config, Reading& reading);

/// "listener[2]": how a Reading names the tables of a list.
std::string indexed(std::string_view table, std::size_t index);

}  // namespace conf
