#include "relay/cli/move_commands.h"

#include <cstdio>
#include <filesystem>

#include "relay/cli/ending.h"
#include "relay/cli/queue_access.h"
#include "relay/clock.h"
#include "relay/status/moves_json.h"

namespace relay::cli {

namespace {

void print(const std::string& text) {
    (void)std::fwrite(text.data(), 1, text.size(), stdout);
}

std::string messages(std::size_t count) {
    return std::to_string(count) + (count == 1 ? " message" : " messages");
}

/// The relay has another working folder.
std::string whole_path(const std::string& folder) {
    std::error_code failed;
    auto path = std::filesystem::absolute(folder, failed).lexically_normal().string();
    if (failed || folder.empty()) {
        return folder;
    }
    while (path.size() > 1 && path.ends_with('/')) {
        path.pop_back();
    }
    return path;
}

}  // namespace

int queue_export(const conf::Config& config,
                 const status::Selection& selection,
                 const std::string& folder,
                 bool json) {
    if (selection.is_empty() && !selection.all) {
        return end(Ending::Usage,
                   "no message is selected: give --id, --sender, --recipient, --domain, --state or "
                   "--older-than, or --all");
    }
    if (const auto filter = status::filter_of(selection, wall_clock()); !filter) {
        return end(Ending::Usage, "--" + filter.error().message());
    }
    const auto queue = open_queue(config);
    if (!queue) {
        return end(Ending::Unknown, queue.error().message());
    }
    const auto exported = (*queue)->export_to({selection, whole_path(folder)});
    if (!exported) {
        return end(Ending::Unknown, exported.error().message());
    }
    if (json) {
        print(status::as_json(*exported).dump() + "\n");
    } else if (exported->exported > 0) {
        print("exported " + messages(exported->exported) + "\n");
    }
    const std::string left = messages(exported->left) +
                             (exported->left == 1 ? " is left" : " are left") +
                             ": export again to the same folder";
    if (!exported->error.empty()) {
        return end(Ending::Unknown,
                   exported->error + (exported->left > 0 ? "; " + left : std::string()));
    }
    if (exported->left > 0) {
        return end(Ending::No, left + " when their attempts have ended");
    }
    if (exported->exported == 0) {
        return end(Ending::No, "no message matches: see signet queue list");
    }
    return status_of(Ending::Done);
}

int queue_import(const conf::Config& config, const std::string& folder, bool json) {
    const auto queue = open_queue(config);
    if (!queue) {
        return end(Ending::Unknown, queue.error().message());
    }
    const auto imported = (*queue)->import_from(whole_path(folder));
    if (!imported) {
        return end(Ending::Unknown, imported.error().message());
    }
    if (json) {
        print(status::as_json(*imported).dump() + "\n");
    } else {
        if (imported->imported > 0) {
            print("imported " + messages(imported->imported) + "\n");
        }
        if (imported->known > 0) {
            print("removed the files of " + messages(imported->known) +
                  " that had been imported before\n");
        }
    }
    for (const auto& refused : imported->refused) {
        complain(refused.error);
    }
    if (!imported->error.empty()) {
        return end(Ending::Unknown, imported->error);
    }
    if (!imported->refused.empty()) {
        return end(Ending::No,
                   std::to_string(imported->refused.size()) +
                       (imported->refused.size() == 1 ? " file is" : " files are") +
                       " refused and left in the folder");
    }
    if (imported->imported + imported->known == 0) {
        return end(Ending::No, "the folder has no file that ends in .mail");
    }
    return status_of(Ending::Done);
}

}  // namespace relay::cli
