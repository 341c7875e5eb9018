// The two plain ends of a step of the ServerDialog: go on, or close.
#pragma once

#include "relay/smtp/server_dialog.h"

namespace relay::smtp {

inline ServerDialog::Step answer(const Reply& reply) {
    return {ServerDialog::Next::Line, reply.wire()};
}
inline ServerDialog::Step answer_and_close(const Reply& reply) {
    return {ServerDialog::Next::Close, reply.wire()};
}

}  // namespace relay::smtp
