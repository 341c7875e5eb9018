// Readiness: would mail that is submitted now be accepted, signed and stored?
//
// Every question walks a dialog from EHLO to RCPT and looks for room. A test signature by each key
// and a real store write go with it; their result is kept for kKept, and one write at a time is
// under way. No network and no gate are in it.
//
// Executor: the first loop.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "relay/current.h"
#include "relay/intake.h"
#include "relay/net/loop.h"

namespace relay::status {

class Readiness : public std::enable_shared_from_this<Readiness> {
public:
    static constexpr std::chrono::seconds kKept{5};
    static constexpr std::chrono::seconds kPatience{5};

    explicit Readiness(net::Loop& loop);

    /// What stands in the way; empty when ready.
    net::Task<std::vector<std::string>> ask(Current& current, Intake& intake);

private:
    static net::Task<> write(std::shared_ptr<Readiness> self, Intake& intake);

    net::Loop& loop_;
    net::Timer ended_;  // fires when patience with the write under way is over, or when it ended
    bool writing_ = false;
    std::optional<net::Steady::time_point> written_;
    std::optional<std::string> fault_;  // of the last write
};

/// What a client would be told that submits from `postmaster` to `postmaster`; nothing when all is
/// well.
std::optional<std::string> walk_dialog(const smtp::ServerRules& rules,
                                       const std::string& postmaster);

}  // namespace relay::status
