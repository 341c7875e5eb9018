#include "relay/net/worker_pool.h"

namespace relay::net {

void WorkerPool::stop() {
    pool_.stop();
    pool_.join();
}

}  // namespace relay::net
