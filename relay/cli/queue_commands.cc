#include "relay/cli/queue_commands.h"

#include <cstdio>
#include <functional>
#include <optional>

#include "relay/cli/ending.h"
#include "relay/cli/queue_access.h"
#include "relay/cli/queue_text.h"
#include "relay/clock.h"

namespace relay::cli {

namespace {

void print(const std::string& text) {
    (void)std::fwrite(text.data(), 1, text.size(), stdout);
}

int strange_answer() {
    return end(Ending::Unknown, "the relay's answer is not understood: is it of this version?");
}

/// What is wrong with the selection, as an exit status.
std::optional<int> objection(const status::Selection& selection) {
    const auto filter = status::filter_of(selection, wall_clock());
    if (!filter) {
        return end(Ending::Usage, "--" + filter.error().message());
    }
    return std::nullopt;
}

/// What was done to how many, and what a person should know when it was nothing.
struct Done {
    std::size_t count = 0;
    std::string hint = "no message matches: see signet queue list";
};
using Change = std::function<conf::Result<Done>(QueueAccess&)>;

int change(const conf::Config& config,
           const status::Selection& selection,
           bool json,
           const Change& how,
           const std::string& done) {
    if (selection.is_empty() && !selection.all) {
        return end(Ending::Usage,
                   "no message is selected: give --id, --sender, --recipient, --domain, --state or "
                   "--older-than, or --all");
    }
    if (const auto wrong = objection(selection)) {
        return *wrong;
    }
    const auto queue = open_queue(config);
    if (!queue) {
        return end(Ending::Unknown, queue.error().message());
    }
    const auto changed = how(**queue);
    if (!changed) {
        return end(Ending::Unknown, changed.error().message());
    }
    const std::string count = std::to_string(changed->count);
    if (json) {
        print("{\"" + done + "\":" + count + "}\n");
    } else if (changed->count > 0) {
        print(done + " " + count + (changed->count == 1 ? " message\n" : " messages\n"));
    }
    return changed->count == 0 ? end(Ending::No, changed->hint) : status_of(Ending::Done);
}

/// As a Change where the count says everything.
template <class Request>
Change counted(conf::Result<std::size_t> (QueueAccess::*call)(const Request&),
               const Request& request) {
    return [call, &request](QueueAccess& queue) -> conf::Result<Done> {
        const auto count = (queue.*call)(request);
        if (!count) {
            return count.error();
        }
        return Done{*count};
    };
}

std::string messages(std::size_t count) {
    return std::to_string(count) + (count == 1 ? " message" : " messages");
}

}  // namespace

int queue_summary(const conf::Config& config, bool json) {
    const auto queue = open_queue(config);
    if (!queue) {
        return end(Ending::Unknown, queue.error().message());
    }
    const auto page = (*queue)->summary();
    if (!page) {
        return end(Ending::Unknown, page.error().message());
    }
    const auto text = summary_text(*page);
    if (!text) {
        return strange_answer();
    }
    print(json ? *page : *text);
    return status_of(Ending::Done);
}

int queue_list(const conf::Config& config, const status::Selection& selection, bool json) {
    if (const auto wrong = objection(selection)) {
        return *wrong;
    }
    const auto queue = open_queue(config);
    if (!queue) {
        return end(Ending::Unknown, queue.error().message());
    }
    // Page by page: a queue of millions is printed in the memory of one page.
    std::size_t count = 0;
    int status = status_of(Ending::Done);
    std::string bracket = "[";
    for (std::optional<::queue::MessageId> from = ::queue::MessageId(0); from;) {
        const auto page = (*queue)->list(selection, from);
        if (!page) {
            status = end(Ending::Unknown, page.error().message());
            break;
        }
        const auto text = list_text(*page, count == 0 ? Heading::With : Heading::Without);
        if (!text) {
            status = strange_answer();
            break;
        }
        if (!text->damaged.empty()) {
            status = end(Ending::Unknown,
                         "these messages cannot be read from the store: " + text->damaged);
        }
        if (!json) {
            print(text->table);
        } else if (text->messages > 0) {
            print(bracket + text->json);
            bracket = ",\n";
        }
        count += text->messages;
        from = text->next;
    }
    if (json) {
        print(count == 0 ? "[]\n" : "]\n");
    }
    if (count == 0 && status == status_of(Ending::Done)) {
        return end(Ending::No,
                   selection.is_empty() ? "the queue is empty"
                                        : "no message matches: see signet queue list");
    }
    return status;
}

int queue_show(const conf::Config& config, const std::string& id, bool json) {
    const auto parsed = ::queue::MessageId::parse(id);
    if (!parsed) {
        return end(Ending::Usage, "\"" + id + "\" is no queue id: one has 13 letters and digits");
    }
    const auto queue = open_queue(config);
    if (!queue) {
        return end(Ending::Unknown, queue.error().message());
    }
    const auto page = (*queue)->show(*parsed);
    if (!page) {
        return end(Ending::Unknown, page.error().message());
    }
    if (!*page) {
        return end(Ending::No,
                   "no message " + parsed->text() +
                       " is in the queue or among the last finished ones: look in the log");
    }
    const auto text = message_text(**page);
    if (!text) {
        return strange_answer();
    }
    print(json ? **page : *text);
    return status_of(Ending::Done);
}

int queue_retry(const conf::Config& config, const status::Selection& selection, bool json) {
    if (!selection.state.empty() && selection.state != "waiting") {
        return end(Ending::Usage, status::kOnlyWaitingRetried);
    }
    return change(config, selection, json, counted(&QueueAccess::retry, selection), "retried");
}

int queue_delete(const conf::Config& config, const status::Selection& selection, bool json) {
    return change(config, selection, json, counted(&QueueAccess::remove, selection), "deleted");
}

int queue_hold(const conf::Config& config, const status::HoldRequest& request, bool json) {
    if (const auto reason = status::hold_reason(request); !reason) {
        return end(Ending::Usage, "--" + reason.error().message());
    }
    return change(config, request.selection, json, counted(&QueueAccess::hold, request), "held");
}

int queue_release(const conf::Config& config, const status::Selection& selection, bool json) {
    if (!selection.state.empty() && selection.state != "held") {
        return end(Ending::Usage, status::kOnlyHeldReleased);
    }
    const auto release = [&selection](QueueAccess& queue) -> conf::Result<Done> {
        const auto released = queue.release(selection);
        if (!released) {
            return released.error();
        }
        Done done{released->released};
        if (released->held_otherwise > 0) {
            done.hint = "nobody holds " + messages(released->held_otherwise) +
                        " of those: what else holds them is in signet queue list, and they are "
                        "released by themselves when that is mended or resumed";
        }
        return done;
    };
    return change(config, selection, json, release, "released");
}

int queue_check(const conf::Config& config, bool json) {
    const auto queue = open_queue(config);
    if (!queue) {
        return end(Ending::Unknown, queue.error().message());
    }
    const auto page = (*queue)->check();
    if (!page) {
        return end(Ending::Unknown, page.error().message());
    }
    const auto text = check_text(*page);
    if (!text) {
        return strange_answer();
    }
    print(json ? *page : text->text);
    if (text->damaged == 0) {
        return status_of(Ending::Done);
    }
    return end(Ending::No,
               messages(text->damaged) + (text->damaged == 1 ? " is" : " are") +
                   " damaged: what cannot be read is never sent; look at the disk, and delete what "
                   "is lost with signet queue delete");
}

}  // namespace relay::cli
