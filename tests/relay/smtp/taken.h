// Taken: what a DotStream makes of octets that are given in pieces.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "relay/smtp/dot_stream.h"

namespace tests {

struct Taken {
    std::string text;
    std::string rest;  // what the stream left for the next commands
    bool done = false;
    relay::smtp::DotStream::Fault fault = relay::smtp::DotStream::Fault::None;
    bool operator==(const Taken&) const = default;
};

/// `piece`: octets given at once.
inline Taken take_apart(std::string_view input, std::size_t piece, conf::BareNewline choice) {
    relay::smtp::DotStream stream(choice);
    Taken taken;
    std::size_t at = 0;
    while (at < input.size() && !stream.done()) {
        const std::string_view part = input.substr(at, piece);
        const std::size_t count = stream.consume(part, taken.text);
        EXPECT_TRUE(count == part.size() || stream.done());
        at += count;
    }
    taken.rest = input.substr(at);
    taken.done = stream.done();
    taken.fault = stream.fault();
    return taken;
}

}  // namespace tests
