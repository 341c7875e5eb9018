// recode: both passes over a message that is held whole, cut as a test wishes.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "relay/mime/recoder.h"
#include "relay/mime/survey.h"

namespace tests {

struct Message {
    std::string header;
    std::string body;
    bool operator==(const Message&) const = default;
};

struct Recoded {
    Message message;
    bool changed = false;
};

/// The size of the next piece, at least 1.
using NextCut = std::function<std::size_t()>;

inline std::size_t uncut() {
    return std::string::npos;
}

inline conf::Result<Recoded> recode(const Message& message,
                                    relay::mime::Wishes wishes,
                                    const NextCut& next_cut = uncut) {
    const auto each_piece = [&](auto take) {
        for (std::size_t at = 0; at < message.body.size();) {
            // A copy, so that reading beyond the piece is an error.
            const std::string piece = message.body.substr(at, next_cut());
            take(piece);
            at += piece.size();
        }
    };
    auto survey = relay::mime::Survey::begin(message.header, wishes);
    if (!survey) {
        return survey.error();
    }
    each_piece([&survey](std::string_view piece) { survey->read(piece); });
    auto plan = survey->finish();
    if (!plan) {
        return plan.error();
    }
    Recoded result;
    result.changed = plan->changes();
    relay::mime::Recoder recoder(std::move(*plan));
    result.message.header = recoder.header(message.header);
    each_piece([&](std::string_view piece) { recoder.write(piece, result.message.body); });
    recoder.finish(result.message.body);
    return result;
}

/// Octets of the longest line, its CRLF not counted.
inline std::size_t longest_line(std::string_view text) {
    std::size_t longest = 0;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = text.find("\r\n", at);
        const std::size_t size = (end == std::string_view::npos ? text.size() : end) - at;
        longest = std::max(longest, size);
        at += size + 2;
    }
    return longest;
}

}  // namespace tests
