#include "relay/net/unbound_context.h"

#include <array>
#include <mutex>
#include <sstream>
#include <string>
#include <strings.h>
#include <unbound.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace relay::net {
namespace {

using Option = std::pair<const char*, const char*>;

constexpr std::array kOptions{
    // A forwarder may well live on this machine.
    Option{"do-not-query-localhost:", "no"},
    // Private and documentation reverse zones are answered as empty otherwise, and PTR in a split
    // DNS would always fail.
    Option{"unblock-lan-zones:", "yes"},
    // No trust anchor is configured, so nothing is validated here; with a validator loaded,
    // questions would tell a validating
    // forwarder (CD) to hand out what it found bogus.
    Option{"module-config:", "iterator"},
    Option{"edns-buffer-size:", "1232"},
    // Our own cache stands in front; libunbound's serves what lies between: CNAME chains, shared
    // questions.
    Option{"msg-cache-size:", "1m"},
    Option{"rrset-cache-size:", "2m"},
    Option{"key-cache-size:", "64k"},
    Option{"neg-cache-size:", "64k"},
    Option{"cache-max-ttl:", "86400"},
    // The library's 16 sockets would let 16 questions wait for everybody.
    Option{"outgoing-range:", "256"},
    Option{"outgoing-num-tcp:", "16"},
    Option{"num-queries-per-thread:", "2048"},
    // Servers that were down are tried again soon: mail waits for them.
    Option{"infra-host-ttl:", "5"},
    Option{"infra-keep-probing:", "yes"},
};

/// For the context of one question to one server.
constexpr std::array kStubOptions{
    // The server gets the question itself, not its parent names first: some answer those wrongly.
    Option{"qname-minimisation:", "no"},
    // What a zone says of its negative answers is taken as it is.
    Option{"cache-max-negative-ttl:", "86400"},
    Option{"outgoing-range:", "32"},
    Option{"outgoing-num-tcp:", "4"},
    Option{"num-queries-per-thread:", "64"},
};

std::string address_for_unbound(const conf::Endpoint& server) {
    return server.address.text() + "@" + std::to_string(server.port);
}

conf::Error error(DnsErrc code, std::string detail) {
    return conf::Error{make_error_code(code), std::move(detail)};
}

/// libunbound answers an unfollowed alias as "no data", and takes a line without rdata: neither can
/// be meant.
const char* fault_of(const std::string& line) {
    std::istringstream stream(line);
    std::vector<std::string> words;
    for (std::string word; words.size() < 8 && stream >> word;) {
        words.push_back(std::move(word));
    }
    if (words.size() < 3) {
        return "write \"name. TYPE rdata\"";
    }
    for (std::size_t i = 1; i < std::min<std::size_t>(words.size(), 4); ++i) {
        if (strcasecmp(words[i].c_str(), "CNAME") == 0 ||
            strcasecmp(words[i].c_str(), "DNAME") == 0) {
            return "aliases are not followed in local_data: write the records themselves";
        }
    }
    return nullptr;
}

conf::Result<void> add_servers(ub_ctx* context, const conf::Dns& settings) {
    for (const auto& server : settings.servers) {
        const auto text = address_for_unbound(server);
        if (const int failed = ub_ctx_set_fwd(context, text.c_str()); failed != 0) {
            return error(DnsErrc::BadServer, server.text() + ": " + ub_strerror(failed));
        }
    }
    if (!settings.servers.empty()) {
        return {};
    }
    constexpr const char* kResolvConf = "/etc/resolv.conf";
    // resolv.conf(5): without the file the name server of this machine is asked.
    const int failed = access(kResolvConf, F_OK) == 0 ? ub_ctx_resolvconf(context, kResolvConf)
                                                      : ub_ctx_set_fwd(context, "127.0.0.1");
    if (failed != 0) {
        return error(DnsErrc::BadServer, std::string(kResolvConf) + ": " + ub_strerror(failed));
    }
    return {};
}

/// Opens what unblock-lan-zones leaves closed.
conf::Result<void> open_built_in_zones(ub_ctx* context) {
    for (const char* zone : {"127.in-addr.arpa", "test."}) {
        if (const int failed = ub_ctx_zone_remove(context, zone); failed != 0) {
            return error(DnsErrc::Unusable, ub_strerror(failed));
        }
    }
    return {};
}

conf::Result<void> add_local_data(ub_ctx* context, const conf::Dns& settings) {
    for (const auto& line : settings.local_data) {
        if (const char* fault = fault_of(line)) {
            return error(DnsErrc::BadLocalData, "\"" + line + "\": " + fault);
        }
        if (ub_ctx_data_add(context, line.c_str()) != 0) {
            return error(DnsErrc::BadLocalData, "\"" + line + "\" is no record in zone-file form");
        }
    }
    return {};
}

template <std::size_t Count>
conf::Result<void> set_options(ub_ctx* context, const std::array<Option, Count>& options) {
    for (const auto& [key, value] : options) {
        if (const int failed = ub_ctx_set_option(context, key, value); failed != 0) {
            return error(DnsErrc::Unusable, std::string(key) + " " + ub_strerror(failed));
        }
    }
    return {};
}

/// Of what libunbound keeps for the whole process: contexts make and take it away while they are
/// set up and deleted, which several threads must not do at once. One that fails is deleted inside.
std::recursive_mutex& shared_by_contexts() {
    static std::recursive_mutex mutex;
    return mutex;
}

/// In thread mode, with the options that every context has.
conf::Result<UnboundContext> open_empty() {
    UnboundContext context(ub_ctx_create());
    if (!context) {
        return error(DnsErrc::Unusable, "out of memory or file descriptors");
    }
    ub_ctx_debugout(context.get(), nullptr);  // stderr is our log's
    if (auto set = set_options(context.get(), kOptions); !set) {
        return set.error();
    }
    ub_ctx_async(context.get(), 1);
    return context;
}

class Category final : public boost::system::error_category {
public:
    [[nodiscard]] const char* name() const noexcept override { return "dns"; }
    [[nodiscard]] std::string message(int code) const override {
        switch (static_cast<DnsErrc>(code)) {
            case DnsErrc::Unusable:
                return "the resolver does not start";
            case DnsErrc::BadServer:
                return "[dns] servers";
            case DnsErrc::BadLocalData:
                return "[dns] local_data";
        }
        return "unknown";
    }
};

}  // namespace

boost::system::error_code make_error_code(DnsErrc code) {
    static const Category kCategory;
    return {static_cast<int>(code), kCategory};
}

void UnboundDelete::operator()(ub_ctx* context) const {
    const std::lock_guard lock(shared_by_contexts());
    ub_ctx_delete(context);
}

conf::Result<UnboundContext> open_unbound(const conf::Dns& settings) {
    const std::lock_guard lock(shared_by_contexts());
    auto context = open_empty();
    if (!context) {
        return context.error();
    }
    // From here on the order is fixed: local data freezes all other settings.
    if (auto added = add_servers(context->get(), settings); !added) {
        return added.error();
    }
    if (auto opened = open_built_in_zones(context->get()); !opened) {
        return opened.error();
    }
    if (auto added = add_local_data(context->get(), settings); !added) {
        return added.error();
    }
    return context;
}

conf::Result<UnboundContext> open_stub(const conf::Dns& settings,
                                       const std::string& zone,
                                       const conf::Endpoint& server) {
    const std::lock_guard lock(shared_by_contexts());
    auto context = open_empty();
    if (!context) {
        return context.error();
    }
    if (auto set = set_options(context->get(), kStubOptions); !set) {
        return set.error();
    }
    if (auto added = add_servers(context->get(), settings); !added) {
        return added.error();
    }
    const auto text = address_for_unbound(server);
    if (const int failed = ub_ctx_set_stub(context->get(), zone.c_str(), text.c_str(), 0);
        failed != 0) {
        return error(DnsErrc::BadServer, text + " for " + zone + ": " + ub_strerror(failed));
    }
    if (auto opened = open_built_in_zones(context->get()); !opened) {
        return opened.error();
    }
    return context;
}

}  // namespace relay::net
