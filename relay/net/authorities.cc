#include "relay/net/authorities.h"

#include <algorithm>
#include <cerrno>
#include <functional>
#include <iterator>
#include <memory>
#include <pthread.h>
#include <signal.h>
#include <sstream>
#include <sys/eventfd.h>
#include <system_error>
#include <unistd.h>
#include <utility>

#include <boost/asio/post.hpp>

#include "relay/net/hand_over.h"
#include "relay/net/stub_question.h"

namespace relay::net {
namespace {

/// The servers of one zone, asked at the same time; the worker that ends last hands it over.
struct Round {
    std::vector<StubQuestion> questions;
    std::vector<StubAnswer> answers;
    std::atomic<std::size_t> open{0};
    std::function<void(std::shared_ptr<Round>)> done;
};

/// The workers, and libunbound's threads, which they start, must not take the signals that the
/// relay waits for.
asio::thread_pool without_signals(std::size_t threads) {
    struct Blocked {
        Blocked() {
            sigset_t all;
            sigfillset(&all);
            pthread_sigmask(SIG_BLOCK, &all, &before);
        }
        ~Blocked() { pthread_sigmask(SIG_SETMASK, &before, nullptr); }
        sigset_t before{};
    };
    const Blocked blocked;
    return asio::thread_pool(threads);
}

int open_event() {
    const int descriptor = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (descriptor < 0) {
        throw std::system_error(errno, std::generic_category(), "eventfd");
    }
    return descriptor;
}

/// As Dns and decode_name() write names.
std::string plain(std::string name) {
    if (name.ends_with('.')) {
        name.pop_back();
    }
    std::transform(name.begin(), name.end(), name.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return name;
}

std::string owner_of(const std::string& record) {
    std::istringstream stream(record);
    std::string owner;
    stream >> owner;
    return plain(std::move(owner));
}

std::optional<std::chrono::seconds> negative_ttl(const Answer& soa) {
    if (soa.status != Answer::Status::Found) {
        return std::nullopt;
    }
    const auto record = decode_soa(soa.rdata.front());
    if (!record) {
        return std::nullopt;
    }
    // RFC 2308 5: the TTL of a negative answer is the minimum of the MINIMUM field of the SOA and
    // the TTL of the SOA itself.
    return std::min(soa.ttl, std::chrono::seconds(record->minimum));
}

void add(AuthorityView& view, AuthorityView part) {
    std::move(part.answers.begin(), part.answers.end(), std::back_inserter(view.answers));
    view.negative_ttl = std::max(view.negative_ttl, part.negative_ttl);  // nothing is the least
    if (view.why.empty()) {
        view.why = std::move(part.why);
        view.temporary = part.temporary;
    }
}

AuthorityView nobody(std::string why, bool temporary) {
    AuthorityView view;
    view.why = std::move(why);
    view.temporary = temporary;
    return view;
}

}  // namespace

AuthorityServers::AuthorityServers(Dns& dns, conf::Dns settings, std::uint16_t port)
    : zones_(dns),
      settings_(std::move(settings)),
      port_(port),
      stop_descriptor_(open_event()),
      workers_(without_signals(kMaxContexts)) {
    for (const auto& record : settings_.local_data) {
        local_names_.insert(owner_of(record));
    }
}

AuthorityServers::~AuthorityServers() {
    stop();
    workers_.join();  // not stopped: each question that waits is still told that it ends
    close(stop_descriptor_);
}

void AuthorityServers::stop() {
    if (!stopped_) {
        eventfd_write(stop_descriptor_, 1);
        stopped_ = true;  // last: who finds it so may close the descriptor
    }
}

bool AuthorityServers::is_local(const std::string& name) const {
    return local_names_.contains(name);
}

Task<AuthorityView> AuthorityServers::ask(std::string name, RecordType type) {
    name = plain(std::move(name));
    if (!is_askable(name)) {
        co_return nobody("no question can hold the name \"" + name + "\"", false);
    }
    if (is_local(name)) {
        co_return nobody("[dns] local_data answers " + name, false);
    }
    AuthorityView view;
    std::set<std::string> names{name};
    std::set<std::string> zones;
    while (!stopped_) {
        const Zone zone = co_await zones_.zone_of(name);
        if (zone.name.empty()) {
            add(view, nobody(zone.why, zone.temporary));
            break;
        }
        // The servers of a zone follow aliases within it, and out of it and back.
        if (zones.insert(zone.name).second && !stopped_) {
            AuthorityView part = co_await ask_zone(zone, name, type);
            add(view, std::move(part));
        }
        if (type == RecordType::Cname || names.size() > kMaxAliases) {
            break;
        }
        const Alias alias = co_await zones_.alias_of(name);
        if (!alias.why.empty()) {
            add(view, nobody(alias.why, true));
        }
        if (alias.target.empty() || !names.insert(alias.target).second) {
            break;
        }
        name = alias.target;
    }
    if (stopped_) {
        // Half a view would look like servers that are silent.
        co_return nobody("the relay stops", true);
    }
    co_return view;
}

Task<AuthorityView> AuthorityServers::ask_zone(Zone zone, std::string name, RecordType type) {
    AuthorityView view;
    const NameServers found = co_await zones_.servers_of(zone.name);
    view.why = found.why;
    view.temporary = found.temporary;
    view.negative_ttl = zone.minimum;
    if (found.servers.empty()) {
        co_return view;
    }
    auto round = std::make_shared<Round>();
    for (const auto& server : found.servers) {
        round->questions.push_back(
            StubQuestion{zone.name, conf::Endpoint{server.address, port_, {}}, name, type});
    }
    round->answers.resize(round->questions.size());
    round->open = round->questions.size();
    std::function<void(std::function<void(std::shared_ptr<Round>)>)> start = [this,
                                                                              round](auto done) {
        round->done = std::move(done);
        for (std::size_t i = 0; i < round->questions.size(); ++i) {
            asio::post(workers_, [this, round, i] {
                if (!stopped_) {
                    round->answers[i] =
                        ask_server(settings_, round->questions[i], stop_descriptor_);
                }
                if (round->open.fetch_sub(1) == 1) {
                    const auto last = std::move(round->done);  // it holds the round otherwise
                    last(round);
                }
            });
        }
    };
    const std::shared_ptr<Round> ended =
        co_await hand_over<std::shared_ptr<Round>>(std::move(start));
    std::optional<std::chrono::seconds> told;
    for (std::size_t i = 0; i < found.servers.size(); ++i) {
        told = std::max(told, negative_ttl(ended->answers[i].soa));
        view.answers.push_back(
            ServerAnswer{found.servers[i].text(), std::move(ended->answers[i].answer)});
    }
    // Where no server told the whole TTL, MINIMUM alone: it is never too short.
    if (told) {
        view.negative_ttl = told;
    }
    co_return view;
}

}  // namespace relay::net
