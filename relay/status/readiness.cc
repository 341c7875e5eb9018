#include "relay/status/readiness.h"

#include <array>
#include <utility>

#include "relay/in/session.h"
#include "relay/smtp/server_dialog.h"

namespace relay::status {

std::optional<std::string> walk_dialog(const smtp::ServerRules& rules,
                                       const std::string& postmaster) {
    smtp::ServerDialog dialog(rules);
    const std::array<std::string, 3> commands = {
        "EHLO " + rules.hostname, "MAIL FROM:<" + postmaster + ">", "RCPT TO:<" + postmaster + ">"};
    for (const std::string& command : commands) {
        std::string reply = dialog.command(command).reply;
        if (!reply.starts_with("250")) {
            while (!reply.empty() && (reply.back() == '\n' || reply.back() == '\r')) {
                reply.pop_back();
            }
            return command.substr(0, 4) + " would be answered with: " + reply;
        }
    }
    return std::nullopt;
}

Readiness::Readiness(net::Loop& loop) : loop_(loop), ended_(loop.executor()) {}

net::Task<std::vector<std::string>> Readiness::ask(Current& current, Intake& intake) {
    std::vector<std::string> reasons;
    const auto setup = current.get();
    if (auto refusal =
            walk_dialog(in::make_rules(*setup.config, intake), setup.config->postmaster)) {
        reasons.push_back(std::move(*refusal));
        co_return reasons;
    }
    if (!writing_ && (!written_ || net::Steady::now() - *written_ >= kKept)) {
        writing_ = true;
        ended_.expires_after(kPatience);
        loop_.spawn("readiness", write(shared_from_this(), intake));
    }
    if (writing_) {
        const auto self = shared_from_this();
        auto [ec] = co_await ended_.async_wait(net::kAsTuple);
        (void)ec;  // either way somebody looks at what is known now
        if (writing_) {
            reasons.emplace_back("a test signature and a store write did not end within 5 s");
            co_return reasons;
        }
    }
    if (fault_) {
        reasons.push_back(*fault_);
    }
    co_return reasons;
}

net::Task<> Readiness::write(std::shared_ptr<Readiness> self, Intake& intake) {
    // However it ends, the next question must not wait for it.
    struct Ended {
        Readiness& readiness;
        ~Ended() {
            readiness.writing_ = false;
            readiness.ended_.cancel();
        }
    };
    const Ended ended{*self};
    self->fault_ = "the test write failed";
    std::optional<std::string> fault = co_await intake.probe();
    self->fault_ = std::move(fault);
    self->written_ = net::Steady::now();
}

}  // namespace relay::status
