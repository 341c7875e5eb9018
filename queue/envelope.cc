#include "queue/envelope.h"

#include <algorithm>

namespace queue {

bool Envelope::is_open() const {
    return std::any_of(recipients.begin(), recipients.end(), [](const Recipient& recipient) {
        return recipient.is_open();
    });
}

Instant Envelope::due() const {
    Instant earliest = Instant::max();
    for (const Recipient& recipient : recipients) {
        if (recipient.is_open()) {
            earliest = std::min(earliest, recipient.due);
        }
    }
    return earliest;
}

}  // namespace queue
