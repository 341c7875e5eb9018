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
inline std::optional<SlowMessage> slow_dot_stream(std::string_view input) {
    using Fault = relay::smtp::DotStream::Fault;
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
        const bool after_line_end = lines[at - 2] == '\r' && lines[at - 1] == '\n';
        if (!(lines[at] == '.' && after_line_end)) {
            message.text += lines[at];
        }
        Fault fault = Fault::None;
        if (lines[at] == '\0') {
            fault = Fault::Nul;
        } else if (lines[at] == '\n' && lines[at - 1] != '\r') {
            fault = Fault::BareLf;
        } else if (lines[at] == '\r' && lines[at + 1] != '\n') {
            fault = Fault::BareCr;
        }
        if (message.fault == Fault::None) {
            message.fault = fault;
        }
    }
    return message;
}

}  // namespace tests
