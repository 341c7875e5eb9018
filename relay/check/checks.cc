#include "relay/check/checks.h"

#include <algorithm>
#include <exception>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>

#include "relay/check/dkim_key.h"
#include "relay/check/helo.h"
#include "relay/check/ptr.h"
#include "relay/check/spf_finding.h"
#include "relay/clock.h"

namespace relay::check {
namespace {

namespace asio = boost::asio;

constexpr std::size_t kSideBySide = 16;

Finding without_source(std::string_view check, std::string subject, const Sources& sources) {
    Finding finding;
    finding.check = check;
    finding.subject = std::move(subject);
    finding.seen = sources.why;
    finding.effect =
        "nobody here can tell what receivers make of the address that mail leaves from";
    finding.publish = sources.publish;
    finding.ttl = sources.ttl;
    return finding;
}

/// What one round shares among the coroutines that look at its parts.
struct Round {
    net::Dns& dns;
    std::shared_ptr<const conf::Config> config;
    std::shared_ptr<const dkim::KeyRing> keys;
    Sources sources;
    std::vector<std::string> domains;
    std::size_t next = 0;
    std::size_t running = 0;
    std::map<std::string, std::vector<Finding>> findings;
    std::exception_ptr failed;
    asio::steady_timer done;
};

net::Task<> look_at_domains(std::shared_ptr<Round> round) {
    while (round->next < round->domains.size()) {
        auto domain = round->domains[round->next++];
        std::vector<Finding> found = co_await check_domain(
            round->dns, round->config, round->keys, domain, round->sources, wall_clock());
        round->findings[std::move(domain)] = std::move(found);
    }
}

}  // namespace

net::Task<std::vector<Finding>> check_sources(net::Dns& dns,
                                              std::shared_ptr<const conf::Config> config,
                                              Sources sources) {
    const auto& hostname = config->hostname.text();
    std::vector<Finding> findings;
    if (sources.addresses.empty()) {
        for (const auto check : {kPtr, kHelo, kSpf}) {
            findings.push_back(without_source(check, hostname, sources));
        }
    }
    for (const auto& address : sources.addresses) {
        PtrCheck ptr = co_await check_ptr(dns, address, hostname);
        findings.push_back(ptr.finding);
        Finding helo = co_await check_helo(dns, address, hostname, std::move(ptr));
        findings.push_back(std::move(helo));
        // The null sender has no domain: RFC 7208 2.4 takes HELO for it.
        Finding spf =
            co_await check_spf(dns, hostname, SpfIdentity::Helo, address, sources.addresses);
        findings.push_back(std::move(spf));
    }
    co_return findings;
}

net::Task<std::vector<Finding>> check_domain(net::Dns& dns,
                                             std::shared_ptr<const conf::Config> config,
                                             std::shared_ptr<const dkim::KeyRing> keys,
                                             std::string domain,
                                             Sources sources,
                                             conf::Instant now) {
    std::vector<Finding> findings;
    if (sources.addresses.empty()) {
        findings.push_back(without_source(kSpf, domain, sources));
    }
    for (const auto& address : sources.addresses) {
        Finding spf =
            co_await check_spf(dns, domain, SpfIdentity::MailFrom, address, sources.addresses);
        findings.push_back(std::move(spf));
    }
    if (auto name = conf::DomainName::parse(domain)) {
        std::vector<Finding> of_keys =
            co_await check_dkim_keys(dns, keys, config->dkim.prove, *name, now);
        for (auto& finding : of_keys) {
            findings.push_back(std::move(finding));
        }
    }
    co_return findings;
}

net::Task<std::map<std::string, std::vector<Finding>>> run_checks(
    net::Dns& dns,
    std::shared_ptr<const conf::Config> config,
    std::shared_ptr<const dkim::KeyRing> keys,
    std::vector<std::string> domains,
    RoutedAddresses routed) {
    if (domains.empty()) {
        for (const auto& domain : config->domains) {
            domains.push_back(domain.name.text());
        }
    }
    auto executor = co_await asio::this_coro::executor;
    Sources sources = co_await find_sources(dns, config, routed);
    auto round = std::make_shared<Round>(Round{dns,
                                               config,
                                               std::move(keys),
                                               sources,
                                               std::move(domains),
                                               0,
                                               0,
                                               {},
                                               nullptr,
                                               asio::steady_timer(executor)});
    round->done.expires_at(asio::steady_timer::time_point::max());
    while (round->running < std::min(kSideBySide, round->domains.size())) {
        ++round->running;
        asio::co_spawn(executor, look_at_domains(round), [round](std::exception_ptr failed) {
            round->failed = failed ? failed : round->failed;
            if (--round->running == 0) {
                round->done.cancel();
            }
        });
    }
    std::vector<Finding> of_sources = co_await check_sources(dns, config, std::move(sources));
    round->findings[""] = std::move(of_sources);
    if (round->running > 0) {
        co_await round->done.async_wait(net::kAsTuple);
    }
    if (round->failed) {
        std::rethrow_exception(round->failed);
    }
    co_return std::move(round->findings);
}

}  // namespace relay::check
