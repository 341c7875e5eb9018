// json_response: an answer whose page is JSON on one line.
//
// Threads: no state.
#pragma once

#include <nlohmann/json.hpp>

#include "relay/status/http_message.h"

namespace relay::status {

inline Response json_response(int status, const nlohmann::ordered_json& json) {
    Response response;
    response.status = status;
    response.body =
        json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
    return response;
}

}  // namespace relay::status
