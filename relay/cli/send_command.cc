#include "relay/cli/send_command.h"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <optional>
#include <thread>
#include <utility>

#include <nlohmann/json.hpp>

#include "conf/parse.h"
#include "relay/cli/control_client.h"
#include "relay/cli/ending.h"
#include "relay/cli/queue_text.h"
#include "relay/cli/submission.h"
#include "relay/cli/submission_server.h"

namespace relay::cli {

namespace {

using nlohmann::ordered_json;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kFirstPause{50};
constexpr std::chrono::milliseconds kLongestPause{500};

void print(const std::string& text) {
    (void)std::fwrite(text.data(), 1, text.size(), stdout);
    (void)std::fflush(stdout);
}

/// What became of the message, as far as the page says.
Ending ending_of(const std::string& page) {
    const auto json = ordered_json::parse(page, nullptr, false);
    if (!json.is_object() || !json.contains("recipients") || !json["recipients"].is_array()) {
        return Ending::Unknown;
    }
    Ending ending = Ending::Done;
    for (const auto& recipient : json["recipients"]) {
        const auto state = recipient.value("state", "");
        if (state == "waiting") {
            return Ending::Unknown;
        }
        if (state != "delivered") {
            ending = Ending::No;
        }
    }
    return ending;
}

int follow(const ControlClient& control, ::queue::MessageId id, const SendOptions& options) {
    const auto until = Clock::now() + options.wait;
    std::chrono::milliseconds pause = kFirstPause;
    std::string page;
    for (;;) {
        auto answer = control.get("/messages/" + id.text());
        if (!answer) {
            return end(Ending::Unknown, answer.error().message());
        }
        if (answer->status != 200) {
            return end(Ending::Unknown, "message " + id.text() + ": " + answer->error());
        }
        page = std::move(answer->body);
        const Ending ending = ending_of(page);
        if (ending != Ending::Unknown || Clock::now() + pause > until) {
            if (options.json) {
                print(page);
            } else if (const auto text = message_text(page)) {
                print(*text);
            }
            return ending == Ending::Unknown
                       ? end(ending,
                             "message " + id.text() +
                                 " still waits: follow it with signet queue show " + id.text())
                       : status_of(ending);
        }
        std::this_thread::sleep_for(pause);
        pause = std::min(pause * 2, kLongestPause);
    }
}

}  // namespace

int send_command(const SendOptions& options, const conf::Config& config) {
    Submission submission;
    const auto from = ::queue::Address::parse(options.from, ::queue::Characters::Utf8);
    const auto to = ::queue::Address::parse(options.to, ::queue::Characters::Utf8);
    if (!from || !to) {
        return end(Ending::Usage,
                   (from ? "--to: " + to.error().message() : "--from: " + from.error().message()) +
                       ": write user@domain");
    }
    submission.from = *from;
    submission.to = {*to};
    std::string body =
        "This message shows that mail from " + from->text() + " reaches " + to->text() + ".\n";
    if (!options.body_file.empty()) {
        std::ifstream file(options.body_file, std::ios::binary);
        body.assign(std::istreambuf_iterator<char>(file), {});
        if (!file.is_open() || file.bad()) {
            return end(Ending::Usage, "--body-file: " + options.body_file + " cannot be read");
        }
    }
    auto message = compose(*from, *to, options.subject, body);
    if (!message) {
        return end(Ending::Usage, "--subject: " + message.error().message());
    }
    submission.message = std::move(*message);
    submission.helo = config.hostname.text();
    const ControlClient control(control_path(config));
    const auto server = submission_server(config, control);
    if (!server) {
        return end(Ending::Unknown, server.error().message());
    }
    submission.server = *server;

    const auto answer = submit(submission);
    if (!answer) {
        return end(Ending::Unknown, answer.error().message());
    }
    if (!answer->accepted()) {
        return end(Ending::No, "refused: " + answer->reply.text());
    }
    const auto id = queue_id_of(answer->reply);
    if (!id) {
        return end(Ending::Unknown,
                   "accepted, but what answers at " + submission.server.text() +
                       " gave no queue id: " + answer->reply.text());
    }
    if (!options.json) {
        print("queued as " + id->text() + "\n");
    }
    return follow(control, *id, options);
}

}  // namespace relay::cli
