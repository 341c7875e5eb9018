// Slow dot stream: mail data taken apart whole and in the most obvious way, to compare DotStream
// with.
//
// Standards: RFC 5321 4.5.2.     Threads: pure functions.     Errors: Fault, as DotStream has it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "relay/smtp/dot_stream.h"

namespace tests {

struct SlowMessage {
    std::string text;
    std::size_t taken = 0;  // octets of the input, the end of data included
    relay::smtp::DotStream::Fault fault = relay::smtp::DotStream::Fault::None;
};

/// Nothing when `input` has no end of data.
inline std::optional<SlowMessage> slow_dot_stream(
    std::string_view input, conf::BareNewline choice = conf::BareNewline::Reject) {
    using Fault = relay::smtp::DotStream::Fault;
    const bool normalize = choice == conf::BareNewline::Normalize;
    // The command line before the data ended with a CRLF too.
    const std::string whole = "\r\n" + std::string(input);
    const std::size_t end = whole.find("\r\n.\r\n");
    if (end == std::string::npos) {
        return std::nullopt;
    }
    SlowMessage message;
    message.taken = end + 5 - 2;
    const std::string lines = whole.substr(0, end + 2);
    for (std::size_t at = 2; at < lines.size(); ++at) {
        const auto is_bare = [&lines](std::size_t place) {
            return (lines[place] == '\n' && lines[place - 1] != '\r') ||
                   (lines[place] == '\r' && lines[place + 1] != '\n');
        };
        const bool after_line_end = lines[at - 2] == '\r' && lines[at - 1] == '\n';
        const bool alone = normalize && is_bare(at + 1);
        if (lines[at] == '.' && after_line_end && !alone) {
            continue;
        }
        Fault fault = Fault::None;
        if (lines[at] == '\0') {
            fault = Fault::Nul;
        } else if (is_bare(at) && !normalize) {
            fault = lines[at] == '\n' ? Fault::BareLf : Fault::BareCr;
        }
        message.text += is_bare(at) && normalize ? "\r\n" : std::string(1, lines[at]);
        if (message.fault == Fault::None) {
            message.fault = fault;
        }
    }
    return message;
}

}  // namespace tests
