#include "relay/store_refusal.h"

#include "queue/errors.h"

namespace relay {

smtp::Reply store_refusal(const conf::Error& error) {
    if (error.code == queue::errc::QueueFull) {
        return {452, "4.3.1", "the queue is full, try again later"};
    }
    if (error.code == queue::errc::StoreFull) {
        return {452, "4.3.1", "insufficient system storage"};
    }
    return {451, "4.3.0", "the queue cannot be written, try again later"};
}

}  // namespace relay
