#include "relay/cli/pause_commands.h"

#include <cstdio>
#include <variant>

#include "relay/cli/ending.h"
#include "relay/cli/queue_access.h"

namespace relay::cli {

namespace {

void print(const std::string& text) {
    (void)std::fwrite(text.data(), 1, text.size(), stdout);
}

/// What is meant, or the exit status.
std::variant<Pause, int> pause_of(const PauseOptions& options) {
    const int given =
        (options.all ? 1 : 0) + (options.domain.empty() ? 0 : 1) + (options.sender.empty() ? 0 : 1);
    if (given != 1) {
        return end(Ending::Usage, "say what: --all, or --domain DOMAIN, or --sender ADDRESS");
    }
    if (options.all) {
        return Pause::all();
    }
    const auto pause = options.domain.empty() ? Pause::of_sender(options.sender)
                                              : Pause::of_domain(options.domain);
    if (!pause) {
        return end(Ending::Usage, "--" + pause.error().message());
    }
    return *pause;
}

using Order = conf::Result<bool> (QueueAccess::*)(const Pause&);

/// True when it changed something, or the exit status.
std::variant<bool, int> give(const conf::Config& config, const Pause& pause, Order order) {
    const auto queue = open_queue(config);
    if (!queue) {
        return end(Ending::Unknown, queue.error().message());
    }
    const auto changed = ((**queue).*order)(pause);
    if (!changed) {
        return end(Ending::Unknown, changed.error().message());
    }
    return *changed;
}

}  // namespace

int pause_command(const conf::Config& config, const PauseOptions& options) {
    const auto pause = pause_of(options);
    if (const int* status = std::get_if<int>(&pause)) {
        return *status;
    }
    const auto given = give(config, std::get<Pause>(pause), &QueueAccess::pause);
    if (const int* status = std::get_if<int>(&given)) {
        return *status;
    }
    const bool fresh = std::get<bool>(given);
    if (options.json) {
        print(fresh ? "{\"paused\":true}\n" : "{\"paused\":false}\n");
    } else {
        print("sending " + std::get<Pause>(pause).text() +
              (fresh ? " is paused\n" : " was paused before\n"));
    }
    return status_of(Ending::Done);
}

int resume_command(const conf::Config& config, const PauseOptions& options) {
    const auto pause = pause_of(options);
    if (const int* status = std::get_if<int>(&pause)) {
        return *status;
    }
    const auto given = give(config, std::get<Pause>(pause), &QueueAccess::resume);
    if (const int* status = std::get_if<int>(&given)) {
        return *status;
    }
    const bool ended = std::get<bool>(given);
    if (options.json) {
        print(ended ? "{\"resumed\":true}\n" : "{\"resumed\":false}\n");
    }
    if (!ended) {
        return end(Ending::No, "there is no such pause: see signet queue summary");
    }
    if (!options.json) {
        print("sending " + std::get<Pause>(pause).text() + " goes on\n");
    }
    return status_of(Ending::Done);
}

}  // namespace relay::cli
