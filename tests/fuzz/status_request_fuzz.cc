// The reader says the same of a client's octets in whatever pieces they come, within its bounds.

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "relay/status/directions.h"
#include "relay/status/request_reader.h"

namespace {

using relay::status::Channel;
using relay::status::RequestReader;

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

void read(RequestReader& reader, std::string_view input, std::uint32_t seed, bool whole) {
    for (std::size_t at = 0; at < input.size();) {
        seed = seed * 1664525U + 1013904223U;
        const auto piece = input.substr(at, whole ? input.size() : 1 + (seed >> 24U) % 9);
        at += piece.size();
        reader.feed(piece);
    }
}

void check(const RequestReader& reader) {
    if (reader.state() == RequestReader::State::Refused) {
        require(reader.refusal().status >= 400 && reader.refusal().status < 500);
        return;
    }
    if (reader.state() != RequestReader::State::Complete) {
        return;
    }
    const auto& request = reader.request();
    require(request.path.starts_with('/'));
    require(request.path.size() + request.query.size() < RequestReader::kMaxHeader);
    require(request.body.size() <= RequestReader::kMaxContent);
    for (const char c : request.path + request.query) {
        require(c > ' ' && c <= '~');
    }
    for (const auto channel : {Channel::Port, Channel::Control}) {
        const auto found = relay::status::direct(request, channel, "mail.example.com");
        if (const auto* refusal = std::get_if<relay::status::Response>(&found)) {
            require(refusal->status >= 400 && refusal->status < 500);
            (void)relay::status::wire(*refusal, request.method, "now");
        }
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string input(data, data + size);
    const std::uint32_t seed = size > 0 ? data[0] * 2654435761U : 1;
    for (const auto content : {RequestReader::Content::Read, RequestReader::Content::Ignore}) {
        RequestReader whole(content);
        RequestReader pieces(content);
        read(whole, input, seed, true);
        read(pieces, input, seed, false);
        check(whole);
        require(whole.state() == pieces.state());
        if (whole.state() == RequestReader::State::Complete) {
            require(whole.request().path == pieces.request().path);
            require(whole.request().host == pieces.request().host);
            require(whole.request().body == pieces.request().body);
        } else if (whole.state() == RequestReader::State::Refused) {
            require(whole.refusal().status == pieces.refusal().status);
        }
    }
    return 0;
}
