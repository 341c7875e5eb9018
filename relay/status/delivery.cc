#include "relay/status/delivery.h"

#include <algorithm>
#include <set>
#include <utility>

namespace relay::status {

namespace {

/// Collects reasons, each once, and the worst state that one of them means.
class Judgement {
public:
    void add(Delivery::State state, std::string reason) {
        delivery_.state = std::max(delivery_.state, state);
        if (!seen_.insert(reason).second) {
            return;
        }
        if (delivery_.reasons.size() < Delivery::kMaxReasons) {
            delivery_.reasons.push_back(std::move(reason));
        } else {
            ++more_;
        }
    }
    Delivery take() {
        if (more_ > 0) {
            delivery_.reasons.push_back("and " + std::to_string(more_) + " more");
        }
        return std::move(delivery_);
    }

private:
    Delivery delivery_;
    std::set<std::string> seen_;
    std::size_t more_ = 0;
};

}  // namespace

std::string_view name_of(Delivery::State state) {
    switch (state) {
        case Delivery::State::Ok:
            return "ok";
        case Delivery::State::Degraded:
            return "degraded";
        case Delivery::State::Holding:
            return "holding";
    }
    return {};
}

Delivery judge_delivery(const Snapshot& snapshot) {
    using State = Delivery::State;
    Judgement judgement;
    if (!snapshot.latched.empty()) {
        judgement.add(State::Holding, "the store has stopped: " + snapshot.latched);
    }
    for (const Paused& paused : snapshot.paused) {
        judgement.add(State::Holding, paused.pause.reason());
    }
    for (const auto& [reason, count] : snapshot.queue.held) {
        judgement.add(State::Holding, reason);
    }
    if (snapshot.queue.totals.held > 0 && snapshot.queue.held.empty()) {
        judgement.add(State::Holding,
                      std::to_string(snapshot.queue.totals.held) + " messages are held");
    }
    for (const std::string& reason : snapshot.unproven) {
        judgement.add(State::Holding, reason);
    }
    if (snapshot.check_mode != conf::CheckMode::Off) {
        const auto state =
            snapshot.check_mode == conf::CheckMode::Enforce ? State::Holding : State::Degraded;
        for (const auto& [domain, findings] : snapshot.findings) {
            for (const check::Finding& finding : findings) {
                if (finding.verdict == check::Verdict::Block) {
                    judgement.add(state, finding.reason());
                }
            }
        }
    }
    for (const dkim::SelectorReport& report : snapshot.selectors) {
        if (report.state == dkim::SelectorState::Unusable ||
            report.state == dkim::SelectorState::Withdrawn) {
            judgement.add(State::Degraded,
                          "selector " + report.selector + " of " + report.domain.text() + " is " +
                              report.text());
        }
    }
    if (snapshot.free_octets && *snapshot.free_octets < snapshot.min_free_disk) {
        judgement.add(State::Degraded, "the disk is nearly full: no mail is accepted");
    }
    return judgement.take();
}

}  // namespace relay::status
