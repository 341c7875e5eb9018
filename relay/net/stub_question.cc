#include "relay/net/stub_question.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <climits>
#include <poll.h>
#include <unbound.h>

#include "relay/net/unbound_answer.h"

namespace relay::net {
namespace {

using Clock = std::chrono::steady_clock;

/// One name and type that libunbound works on.
struct Lookup {
    std::string name;
    RecordType type = RecordType::Txt;
    Answer answer;
    bool ended = false;
};

void on_result(void* lookup, int error, ub_result* result) {
    auto& mine = *static_cast<Lookup*>(lookup);
    mine.answer = answer_from(error, result, mine.name, mine.type);
    mine.ended = true;
    ub_resolve_free(result);
}

void end(Lookup& lookup, Answer::Status status, const std::string& why) {
    if (!lookup.ended) {
        lookup.ended = true;
        lookup.answer.status = status;
        lookup.answer.why = why + question_text(lookup.name, lookup.type);
    }
}

void begin(ub_ctx* context, Lookup& lookup) {
    constexpr int kClassInternet = 1;
    int ignored_id = 0;
    if (ub_resolve_async(context,
                         lookup.name.c_str(),
                         static_cast<int>(lookup.type),
                         kClassInternet,
                         &lookup,
                         &on_result,
                         &ignored_id) != 0) {
        end(lookup, Answer::Status::Failed, "libunbound refuses ");
    }
}

int until(Clock::time_point deadline) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
    return static_cast<int>(std::clamp<std::chrono::milliseconds::rep>(left.count(), 0, INT_MAX));
}

}  // namespace

StubAnswer ask_server(const conf::Dns& settings, const StubQuestion& question, int stop) {
    const auto deadline = Clock::now() + settings.timeout;
    Lookup asked{question.name, question.type, {}, false};
    Lookup soa{question.zone, RecordType::Soa, {}, false};
    // Goes before the lookups: its thread may hold their addresses until it ends.
    const auto context = open_stub(settings, question.zone, question.server);
    if (!context) {
        end(asked, Answer::Status::Failed, context.error().message() + " for ");
        end(soa, Answer::Status::Failed, context.error().message() + " for ");
        return {std::move(asked.answer), std::move(soa.answer)};
    }
    begin(context->get(), asked);
    begin(context->get(), soa);
    while (!asked.ended || !soa.ended) {
        std::array<pollfd, 2> waits{pollfd{ub_fd(context->get()), POLLIN, 0},
                                    pollfd{stop, POLLIN, 0}};
        // An interrupted wait is begun again: nothing can be read then.
        const int ready = poll(waits.data(), waits.size(), until(deadline));
        if (ready > 0 && waits[1].revents != 0) {
            end(asked, Answer::Status::Failed, "the relay stops before ");
            end(soa, Answer::Status::Failed, "the relay stops before ");
        } else if (ready > 0 && waits[0].revents != 0) {
            ub_process(context->get());
        } else if (Clock::now() >= deadline) {
            end(asked, Answer::Status::TimedOut, "no answer in time for ");
            end(soa, Answer::Status::TimedOut, "no answer in time for ");
        }
    }
    return {std::move(asked.answer), std::move(soa.answer)};
}

}  // namespace relay::net
