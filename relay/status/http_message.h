// Request and Response: one question to the status server and its answer, as plain values.
//
// Standards: RFC 9110, RFC 9112.
// Threads:   values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "conf/config.h"

namespace relay::status {

enum class Method : std::uint8_t { Get, Head, Post, Other };

struct Request {
    Method method = Method::Get;
    std::string path;   // begins with '/'; visible ASCII, as sent
    std::string query;  // behind '?', as sent
    std::optional<std::string> host;
    std::string body;
};

struct Response {
    int status = 200;
    std::string body;
    std::string type = "application/json";
    std::string allow;  // for 405
};

/// {"error": what}
Response error_response(int status, std::string_view what);

/// The octets to write; one answer a connection. `date` in the form of http_date.
std::string wire(const Response& response, Method method, std::string_view date);

}  // namespace relay::status
