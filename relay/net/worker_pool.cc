#include "relay/net/disk_pool.h"

namespace relay::net {

void DiskPool::stop() {
    pool_.stop();
    pool_.join();
}

}  // namespace relay::net
