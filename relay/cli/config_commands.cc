#include "relay/cli/config_commands.h"

#include <cstdio>
#include <variant>
#include <vector>

#include "conf/parse.h"
#include "dkim/key_ring.h"
#include "relay/cli/ending.h"

namespace relay::cli {

std::shared_ptr<const conf::Config> load_config(const std::string& file) {
    const conf::Loaded loaded = conf::load(file);
    if (const auto* config = std::get_if<std::shared_ptr<const conf::Config>>(&loaded)) {
        return *config;
    }
    for (const conf::Problem& problem : std::get<std::vector<conf::Problem>>(loaded)) {
        (void)std::fprintf(stderr, "%s\n", problem.message().c_str());
    }
    return nullptr;
}

int config_check(const std::string& file) {
    const auto config = load_config(file);
    if (!config) {
        return status_of(Ending::No);
    }
    int status = status_of(Ending::Done);
    for (const std::string& problem : dkim::KeyRing::load(*config)->problems()) {
        status = end(Ending::No, problem);
    }
    if (status == status_of(Ending::Done)) {
        std::printf("%s is right\n", file.c_str());
    }
    return status;
}

int config_show(const conf::Config& config) {
    const std::string text = conf::show(config);
    (void)std::fwrite(text.data(), 1, text.size(), stdout);
    return status_of(Ending::Done);
}

}  // namespace relay::cli
