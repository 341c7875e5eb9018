#include "queue/destination.h"

#include <algorithm>
#include <cassert>

namespace queue {

constexpr int kFirstLimit = 2;

Destination::Destination(int max_connections)
    : max_connections_(max_connections), limit_(std::min(kFirstLimit, max_connections)) {
    assert(max_connections >= 1);
}

bool Destination::wants_connection() const {
    // Each open connection takes one more part before a new one could be ready.
    return connections_ < limit_ && waiting_.size() > static_cast<std::size_t>(connections_);
}

void Destination::opened() {
    ++connections_;
}

void Destination::closed() {
    assert(connections_ > 0);
    --connections_;
}

void Destination::reached() {
    limit_ = std::min(limit_ + 1, max_connections_);
}

void Destination::begin_anew(std::uint64_t occasion) {
    if (occasion > occasion_) {
        occasion_ = occasion;
        limit_ = std::min(limit_, kFirstLimit);
    }
}

void Destination::failed() {
    limit_ = std::max(limit_ / 2, 1);
}

}  // namespace queue
