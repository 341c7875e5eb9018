// The stream agrees with the slow, obvious one, whatever the pieces, where bare newlines are
// refused and where they are normalized; what was normalized has none left, also of a message in
// chunks; and what is stuffed comes back.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "relay/smtp/chunk_stream.h"
#include "relay/smtp/dot_stream.h"
#include "tests/relay/smtp/slow_dot_stream.h"

namespace {

using conf::BareNewline;
using relay::smtp::ChunkStream;
using relay::smtp::DotStream;

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

struct Run {
    std::string text;
    std::size_t taken = 0;
    bool done = false;
    DotStream::Fault fault = DotStream::Fault::None;
};

/// `seed` chooses the pieces.
Run run(std::string_view input, std::uint32_t seed, BareNewline choice) {
    DotStream stream(choice);
    Run result;
    while (result.taken < input.size() && !stream.done()) {
        seed = seed * 1664525U + 1013904223U;
        const std::string_view piece = input.substr(result.taken, 1 + (seed >> 24U) % 9);
        const std::size_t taken = stream.consume(piece, result.text);
        require(taken == piece.size() || stream.done());
        result.taken += taken;
    }
    result.done = stream.done();
    result.fault = stream.fault();
    return result;
}

void check(std::string_view input, std::uint32_t seed, BareNewline choice) {
    const auto slow = tests::slow_dot_stream(input, choice);
    const Run pieces = run(input, seed, choice);
    DotStream stream(choice);
    std::string text;
    const std::size_t taken = stream.consume(input, text);
    require(pieces.done == slow.has_value() && stream.done() == slow.has_value());
    require(pieces.text == text && pieces.taken == taken && pieces.fault == stream.fault());
    if (slow) {
        require(text == slow->text && taken == slow->taken && stream.fault() == slow->fault);
    }
}

/// A message in chunks: pieces make no difference, and what is kept has no fault any more.
void check_chunks(std::string_view input, std::uint32_t seed, BareNewline choice) {
    ChunkStream stream(choice);
    ChunkStream in_pieces(choice);
    std::string text;
    std::string text_of_pieces;
    stream.consume(input, text);
    stream.end(text);
    for (std::size_t at = 0; at < input.size();) {
        seed = seed * 1664525U + 1013904223U;
        const std::string_view piece = input.substr(at, 1 + (seed >> 24U) % 9);
        in_pieces.consume(piece, text_of_pieces);
        at += piece.size();
    }
    in_pieces.end(text_of_pieces);
    require(text == text_of_pieces && stream.fault() == in_pieces.fault());
    require(text.empty() || text.ends_with("\r\n"));
    if (stream.fault() == DotStream::Fault::None) {
        ChunkStream strict;
        std::string again;
        strict.consume(text, again);
        strict.end(again);
        require(again == text && strict.fault() == DotStream::Fault::None);
    }
}

void check_stuffing(std::string_view message, std::uint32_t seed) {
    bool at_line_start = true;
    std::string wire;
    for (std::size_t at = 0; at < message.size();) {
        seed = seed * 1664525U + 1013904223U;
        const std::string_view piece = message.substr(at, 1 + (seed >> 24U) % 9);
        relay::smtp::dot_stuff(piece, at_line_start, wire);
        at += piece.size();
    }
    wire += relay::smtp::end_of_data(at_line_start);
    const Run back = run(wire, seed, BareNewline::Reject);
    require(back.done && back.taken == wire.size() && back.fault == DotStream::Fault::None);
    require(back.text == std::string(message) + (at_line_start ? "" : "\r\n"));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string input(data, data + size);
    const std::uint32_t seed = size > 0 ? data[0] * 2654435761U : 1;
    for (const BareNewline choice : {BareNewline::Reject, BareNewline::Normalize}) {
        check(input, seed, choice);
        check(input + "\r\n.\r\nQUIT\r\n", seed, choice);
        check_chunks(input, seed, choice);
    }

    // A message that may be stored has no line ends but CRLF.
    std::string message;
    for (const char octet : input) {
        if (octet == '\n') {
            message += "\r\n";
        } else if (octet != '\r' && octet != '\0') {
            message += octet;
        }
    }
    check_stuffing(message, seed);
    return 0;
}
