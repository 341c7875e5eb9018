// A client's side of AUTH: a user that exists and one that does not are treated alike, nobody gets
// in without a proof, names and passwords stay within their bounds. The first octet chooses the
// mechanism (s, p, l; in capitals the server asks first); each line is one message.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "conf/base64.h"
#include "relay/smtp/sasl.h"

namespace {

using relay::smtp::Mechanism;
using relay::smtp::SaslServer;
using Next = SaslServer::Next;

constexpr std::string_view kNonce = "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

struct Choice {
    Mechanism mechanism = Mechanism::Plain;
    bool asked = false;
};

Choice choice_of(char octet) {
    switch (octet) {
        case 's':
            return {Mechanism::ScramSha256, false};
        case 'S':
            return {Mechanism::ScramSha256, true};
        case 'l':
            return {Mechanism::Login, false};
        case 'L':
            return {Mechanism::Login, true};
        case 'P':
            return {Mechanism::Plain, true};
        default:
            return {Mechanism::Plain, false};
    }
}

std::vector<std::string_view> lines_of(std::string_view text) {
    std::vector<std::string_view> lines;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        lines.push_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return lines;
}

/// Each step with what the server says, against a verifier whose keys nobody has.
std::vector<std::pair<Next, std::string>> run(const Choice& choice,
                                              const std::vector<std::string_view>& lines,
                                              char key) {
    std::vector<std::pair<Next, std::string>> steps;
    SaslServer server(
        choice.mechanism,
        [key](std::string_view user) {
            require(!user.empty() && user.size() <= 255);
            return conf::ScramVerifier{
                4096, std::string(16, 's'), std::string(32, key), std::string(32, key)};
        },
        std::string(kNonce));
    std::size_t line = 0;
    Next next = Next::Challenge;
    if (choice.asked) {
        next = server.begin(std::nullopt);
    } else if (!lines.empty()) {
        next = server.begin(lines[line++]);
    }
    steps.emplace_back(next, server.challenge());
    while (next == Next::Challenge && line < lines.size()) {
        next = server.respond(lines[line++]);
        steps.emplace_back(next, server.challenge());
    }
    if (next == Next::CheckPassword) {
        require(!server.user().empty() && server.user().size() <= 255);
        require(!server.password().empty() && server.password().size() <= 1024);
        next = server.checked(false);
    }
    require(next != Next::Accepted);
    require(next == Next::Challenge || server.password().empty());
    require(steps.size() <= 3);
    return steps;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) {
        return 0;
    }
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const Choice choice = choice_of(text.front());
    const auto lines = lines_of(text.substr(1));
    require(run(choice, lines, 'k') == run(choice, lines, 'x'));
    for (const std::string_view line : lines) {
        if (const auto octets = conf::decode_base64(line)) {
            require(conf::encode_base64(*octets) == line);
        }
    }
    return 0;
}
