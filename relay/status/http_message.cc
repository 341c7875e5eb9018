#include "relay/status/http_message.h"

#include <nlohmann/json.hpp>

namespace relay::status {

namespace {

std::string_view phrase(int status) {
    switch (status) {
        case 200:
            return "OK";
        case 202:
            return "Accepted";
        case 400:
            return "Bad Request";
        case 403:
            return "Forbidden";
        case 404:
            return "Not Found";
        case 405:
            return "Method Not Allowed";
        case 411:
            return "Length Required";
        case 413:
            return "Content Too Large";
        case 421:
            return "Misdirected Request";
        case 422:
            return "Unprocessable Content";
        case 431:
            return "Request Header Fields Too Large";
        case 500:
            return "Internal Server Error";
        case 503:
            return "Service Unavailable";
        default:
            return "Status";
    }
}

}  // namespace

Response error_response(int status, std::string_view what) {
    using nlohmann::ordered_json;
    Response response;
    response.status = status;
    response.body =
        ordered_json{{"error", what}}.dump(-1, ' ', false, ordered_json::error_handler_t::replace) +
        "\n";
    return response;
}

std::string wire(const Response& response, Method method, std::string_view date) {
    std::string octets = "HTTP/1.1 " + std::to_string(response.status) + " ";
    octets.append(phrase(response.status)).append("\r\nDate: ").append(date);
    octets.append("\r\nContent-Type: ").append(response.type);
    octets.append("\r\nContent-Length: ").append(std::to_string(response.body.size()));
    if (!response.allow.empty()) {
        octets.append("\r\nAllow: ").append(response.allow);
    }
    // Nothing here is a page for a browser to run, guess at, frame or keep.
    octets.append(
        "\r\nX-Content-Type-Options: nosniff"
        "\r\nContent-Security-Policy: default-src 'none'; frame-ancestors 'none'"
        "\r\nCache-Control: no-store"
        "\r\nConnection: close\r\n\r\n");
    // RFC 9110 9.3.2. HEAD: the same header, no content.
    if (method != Method::Head) {
        octets += response.body;
    }
    return octets;
}

}  // namespace relay::status
