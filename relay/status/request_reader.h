// RequestReader: octets of a connection to one Request, or to the refusal that they deserve.
//
// Bounds: header 8 KiB, 100 fields, content 64 KiB. Refused with 400: bare CR or LF, NUL, folded
// lines, a space before a colon, Content-Length with Transfer-Encoding, several Host fields.
// Content is read only where the channel takes commands; it needs a Content-Length.
//
// Standards: RFC 9112 (2.2, 3, 5, 6). Boost.Beast judges the grammar.
// Threads:   one owner.     Errors: a Response.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "relay/status/http_message.h"

namespace relay::status {

class RequestReader {
public:
    static constexpr std::size_t kMaxHeader = 8 * 1024;
    static constexpr std::size_t kMaxFields = 100;
    static constexpr std::size_t kMaxContent = 64 * 1024;

    enum class Content { Read, Ignore };
    enum class State { NeedMore, Complete, Refused };

    explicit RequestReader(Content content) : content_(content) {}

    /// What follows a complete request is ignored: the connection ends with the answer.
    State feed(std::string_view octets);
    [[nodiscard]] State state() const { return state_; }
    /// Only when Complete.
    [[nodiscard]] const Request& request() const { return request_; }
    /// Only when Refused.
    [[nodiscard]] const Response& refusal() const { return refusal_; }

private:
    State refuse(int status, std::string_view what);
    State scan();
    State end_of_header(std::size_t length);
    State take_content();

    Content content_;
    State state_ = State::NeedMore;
    std::string buffer_;
    std::size_t scanned_ = 0;
    std::size_t line_start_ = 0;
    std::size_t lines_ = 0;
    bool in_content_ = false;
    std::size_t expected_ = 0;  // octets of content
    Request request_;
    Response refusal_;
};

}  // namespace relay::status
