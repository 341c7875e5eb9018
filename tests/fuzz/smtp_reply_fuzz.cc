// The parser says the same of a server's octets in whatever pieces they come, within its bounds.

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "relay/smtp/client_outcome.h"
#include "relay/smtp/extensions.h"
#include "relay/smtp/reply.h"

namespace {

using relay::smtp::ReplyParser;
using relay::smtp::ServerReply;

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

struct Run {
    std::vector<ServerReply> replies;
    ReplyParser::State state = ReplyParser::State::NeedMore;
};

void check(const ServerReply& reply) {
    require(reply.code >= 200 && reply.code <= 599);
    require(!reply.lines.empty() && reply.lines.size() <= 100);
    const std::string text = reply.text();
    require(text.size() <= 1000);
    for (const char octet : text) {
        require(octet >= ' ' && octet <= '~');
    }
    require(!reply.enhanced || reply.enhanced->klass == reply.klass());
    relay::smtp::Extensions::parse(reply);
    if (reply.klass() != 3) {
        const queue::Outcome outcome = relay::smtp::rcpt_outcome_of(reply);
        require((outcome.kind == queue::Outcome::Kind::Delivered) == (reply.klass() == 2));
    }
    require(relay::smtp::refused_host(reply).kind == queue::Outcome::Kind::Deferred);
}

Run run(std::string_view input, std::uint32_t seed, bool whole) {
    Run result;
    ReplyParser parser;
    std::string buffer;
    for (std::size_t at = 0; at < input.size();) {
        seed = seed * 1664525U + 1013904223U;
        const std::string_view piece =
            input.substr(at, whole ? input.size() : 1 + (seed >> 24U) % 9);
        at += piece.size();
        buffer += piece;
        while ((result.state = parser.consume(buffer)) == ReplyParser::State::Complete) {
            result.replies.push_back(parser.take());
            check(result.replies.back());
        }
        if (result.state != ReplyParser::State::NeedMore) {
            break;
        }
        require(buffer.empty());
    }
    return result;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string input(data, data + size);
    const std::uint32_t seed = size > 0 ? data[0] * 2654435761U : 1;
    const Run whole = run(input, seed, true);
    const Run pieces = run(input, seed, false);
    require(whole.state == pieces.state && whole.replies.size() == pieces.replies.size());
    for (std::size_t number = 0; number < whole.replies.size(); ++number) {
        require(whole.replies[number].code == pieces.replies[number].code);
        require(whole.replies[number].lines == pieces.replies[number].lines);
        require(whole.replies[number].enhanced == pieces.replies[number].enhanced);
    }
    return 0;
}
