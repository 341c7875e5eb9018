#include "relay/cli/queue_commands.h"

#include <cstdio>
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

using Change = conf::Result<std::size_t> (QueueAccess::*)(const status::Selection&);

int change(const conf::Config& config,
           const status::Selection& selection,
           bool json,
           Change how,
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
    const auto count = ((**queue).*how)(selection);
    if (!count) {
        return end(Ending::Unknown, count.error().message());
    }
    if (json) {
        print("{\"" + done + "\":" + std::to_string(*count) + "}\n");
    } else if (*count > 0) {
        print(done + " " + std::to_string(*count) + (*count == 1 ? " message\n" : " messages\n"));
    }
    if (*count == 0) {
        return end(Ending::No, "no message matches: see signet queue list");
    }
    return status_of(Ending::Done);
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
        return end(Ending::Usage,
                   "only waiting messages are retried: held ones are released by themselves when "
                   "the check passes");
    }
    return change(config, selection, json, &QueueAccess::retry, "retried");
}

int queue_delete(const conf::Config& config, const status::Selection& selection, bool json) {
    return change(config, selection, json, &QueueAccess::remove, "deleted");
}

}  // namespace relay::cli
