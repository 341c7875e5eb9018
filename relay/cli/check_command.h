// `signet check`: the self-check as a person reads it.
//
// Each finding with its verdict, what was seen, what receivers do with it, and the exact records to
// publish. Exit: 0 pass, info or warn; 1 something blocks (with --strict also: warns), or a DOMAIN
// is no [[domain]]; 3 nothing blocks but something could not be found out.
//
// Threads: called from main only; runs a loop and a resolver of its own.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "conf/config.h"
#include "relay/check/finding.h"

namespace relay::cli {

struct CheckOptions {
    std::vector<std::string> domains;  // all when empty
    bool json = false;
    bool strict = false;
};

int check_command(const CheckOptions& options, std::shared_ptr<const conf::Config> config);

using Findings = std::map<std::string, std::vector<check::Finding>>;  // "" are the source addresses

/// The page for people, and the JSON text; each ends with a line end.
std::string findings_text(const Findings& findings);
std::string findings_json(const Findings& findings);
int exit_status(const Findings& findings, bool strict);

}  // namespace relay::cli
