// submission_server: where on this host mail can be handed to the relay by a program that has
// neither a login nor a certificate to check.
//
// The first [[listener]] that takes mail from here in the clear: tls none or starttls, auth not
// required, and the address that a connection from here comes from is among its clients and none of
// its proxies. "Every address" is reached through loopback; a port 0 is asked of the running relay.
//
// Threads: no state; may ask over the control socket.
// Errors:  no such listener, in words.
#pragma once

#include "conf/config.h"
#include "conf/result.h"
#include "relay/cli/control_client.h"

namespace relay::cli {

conf::Result<conf::Endpoint> submission_server(const conf::Config& config,
                                               const ControlClient& control);

}  // namespace relay::cli
