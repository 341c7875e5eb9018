#include "relay/restart_keys.h"

#include <algorithm>

namespace relay {

std::vector<std::string> keys_that_need_a_restart(const conf::Config& running,
                                                  const conf::Config& fresh) {
    std::vector<std::string> keys;
    const auto compare = [&keys](bool same, const char* key) {
        if (!same) {
            keys.emplace_back(key);
        }
    };
    compare(running.data_dir == fresh.data_dir, "data_dir");
    compare(running.user == fresh.user, "user");
    compare(running.node == fresh.node, "node");
    const bool same_listeners = std::equal(
        running.listeners.begin(),
        running.listeners.end(),
        fresh.listeners.begin(),
        fresh.listeners.end(),
        [](const conf::Listener& a, const conf::Listener& b) { return a.address == b.address; });
    compare(same_listeners, "listener.address");
    compare(running.dns == fresh.dns, "dns");
    compare(running.status.address == fresh.status.address, "status.address");
    compare(running.status.control_socket == fresh.status.control_socket, "status.control_socket");
    return keys;
}

}  // namespace relay
