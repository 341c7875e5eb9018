// Answers that several steps of the ServerDialog give.
#pragma once

#include "relay/smtp/server_dialog.h"

namespace relay::smtp {

inline ServerDialog::Step answer(const Reply& reply) {
    return {ServerDialog::Next::Line, reply.wire()};
}
inline ServerDialog::Step answer_and_close(const Reply& reply) {
    return {ServerDialog::Next::Close, reply.wire()};
}

/// RFC 3207 4.
inline Reply start_tls_first() {
    return {530, "5.7.0", "say STARTTLS first"};
}

}  // namespace relay::smtp
