#include "relay/check/departures.h"

#include <algorithm>
#include <string_view>
#include <utility>

namespace relay::check {

namespace {

// Between its signature and its place in the store, a message takes that long at most.
constexpr std::chrono::minutes kOnItsWay{1};

bool is_signed_by(const queue::EnvelopeHead& envelope, std::string_view signer) {
    std::string_view list = envelope.signed_by;
    while (!list.empty()) {
        const auto comma = std::min(list.find(','), list.size());
        if (list.substr(0, comma) == signer) {
            return true;
        }
        list.remove_prefix(std::min(comma + 1, list.size()));
    }
    return false;
}

}  // namespace

net::Task<bool> still_waits(queue::Store& store,
                            net::WorkerPool& disk,
                            std::string signer,
                            conf::Instant until) {
    queue::Filter filter;
    filter.accepted_before = until + kOnItsWay;
    queue::MessageId from(0);
    for (;;) {
        std::function<conf::Result<queue::Page>()> read = [&store, &filter, from] {
            return store.query(filter, from);
        };
        const auto page = co_await disk.run<conf::Result<queue::Page>>(std::move(read));
        if (!page) {
            co_return true;
        }
        for (const auto& [envelope, due] : page->messages) {
            if (envelope.hold.reason.empty() && is_signed_by(envelope, signer)) {
                co_return true;
            }
        }
        if (!page->next) {
            co_return false;
        }
        from = *page->next;
    }
}

}  // namespace relay::check
