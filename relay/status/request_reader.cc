#include "relay/status/request_reader.h"

#include <algorithm>

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>

namespace relay::status {

namespace http = boost::beast::http;

RequestReader::State RequestReader::refuse(int status, std::string_view what) {
    refusal_ = error_response(status, what);
    return state_ = State::Refused;
}

RequestReader::State RequestReader::feed(std::string_view octets) {
    if (state_ != State::NeedMore) {
        return state_;
    }
    buffer_ += octets;
    return in_content_ ? take_content() : scan();
}

/// Looks at each octet of the header once.
RequestReader::State RequestReader::scan() {
    for (; scanned_ < buffer_.size(); ++scanned_) {
        if (scanned_ >= kMaxHeader) {
            return refuse(431, "the header is longer than 8192 octets");
        }
        const char c = buffer_[scanned_];
        const char before = scanned_ > 0 ? buffer_[scanned_ - 1] : '\0';
        if (c == '\0') {
            return refuse(400, "NUL in the header");
        }
        // RFC 9112 2.2. A bare CR or LF in a header is how requests are smuggled: neither is taken
        // for a line end.
        if ((c == '\n') != (before == '\r')) {
            return refuse(400, "lines end with CR LF");
        }
        if (c == '\n') {
            if (scanned_ == line_start_ + 1) {  // the empty line
                return end_of_header(scanned_ + 1);
            }
            line_start_ = scanned_ + 1;
            if (++lines_ > kMaxFields + 1) {  // with the request line
                return refuse(431, "more than 100 header fields");
            }
        } else if (scanned_ == line_start_ && (c == ' ' || c == '\t')) {
            // RFC 9112 5.2. obs-fold: reject the message with a 400.
            return refuse(400, "folded header line");
        }
    }
    return state_;
}

RequestReader::State RequestReader::end_of_header(std::size_t length) {
    http::request_parser<http::empty_body> parser;
    parser.header_limit(kMaxHeader);
    parser.body_limit(boost::none);  // content is not given to this parser
    boost::system::error_code ec;
    parser.put(boost::asio::buffer(buffer_.data(), length), ec);
    if (!parser.is_header_done()) {
        return refuse(400, "not an HTTP/1.1 request: " + ec.message());
    }
    const auto& header = parser.get();
    const auto target = std::string_view(header.target().data(), header.target().size());
    // RFC 9112 3.2.1. origin-form. NB: absolute-form is for proxies and is refused.
    if (!target.starts_with('/') || std::any_of(target.begin(), target.end(), [](char c) {
            return c <= ' ' || c > '~' || c == '#';
        })) {
        return refuse(400, "the target must be a path");
    }
    const auto question = target.find('?');
    request_.path = target.substr(0, question);
    request_.query =
        question == std::string_view::npos ? std::string_view() : target.substr(question + 1);
    // RFC 9112 3.2. No Host in HTTP/1.1, or more than one: 400.
    const auto hosts = header.equal_range(http::field::host);
    for (auto it = hosts.first; it != hosts.second; ++it) {
        if (request_.host) {
            return refuse(400, "more than one Host field");
        }
        request_.host = std::string(it->value().data(), it->value().size());
    }
    if (!request_.host && header.version() >= 11) {
        return refuse(400, "no Host field");
    }
    switch (header.method()) {
        case http::verb::get:
            request_.method = Method::Get;
            break;
        case http::verb::head:
            request_.method = Method::Head;
            break;
        case http::verb::post:
            request_.method = Method::Post;
            break;
        default:  // whatever else there is
            request_.method = Method::Other;
            break;
    }
    const bool encoded = header.count(http::field::transfer_encoding) > 0;
    const auto announced = parser.content_length();
    if (encoded && header.count(http::field::content_length) > 0) {
        return refuse(400, "both Content-Length and Transfer-Encoding");
    }
    if (request_.method != Method::Post && (encoded || announced.value_or(0) > 0)) {
        return refuse(400, "this method takes no content");
    }
    if (request_.method == Method::Post && content_ == Content::Read) {
        if (encoded) {
            return refuse(411, "send Content-Length instead of Transfer-Encoding");
        }
        if (announced.value_or(0) > kMaxContent) {
            return refuse(413, "content is longer than 65536 octets");
        }
        expected_ = static_cast<std::size_t>(announced.value_or(0));
    }
    in_content_ = true;
    buffer_.erase(0, length);
    return take_content();
}

RequestReader::State RequestReader::take_content() {
    if (buffer_.size() < expected_) {
        return state_;
    }
    request_.body = buffer_.substr(0, expected_);
    return state_ = State::Complete;
}

}  // namespace relay::status
