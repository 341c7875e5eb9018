#include "relay/metrics.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace relay {

void LabelledCounter::add(const std::vector<std::string>& values, std::uint64_t by) {
    assert(values.size() == labels_.size());
    const std::lock_guard lock(mutex_);
    const auto found = values_.find(values);
    if (found != values_.end()) {
        found->second += by;
    } else if (values_.size() < kMaxSeries) {
        values_.emplace(values, by);
    } else {
        values_[std::vector<std::string>(labels_.size(), "other")] += by;
    }
}

std::map<std::vector<std::string>, std::uint64_t> LabelledCounter::values() const {
    const std::lock_guard lock(mutex_);
    return values_;
}

Histogram::Histogram(std::vector<double> bounds) : bounds_(std::move(bounds)) {
    assert(bounds_.size() < kMaxBuckets);
    assert(std::is_sorted(bounds_.begin(), bounds_.end()));
}

void Histogram::observe(double value) {
    const auto bucket = std::lower_bound(bounds_.begin(), bounds_.end(), value) - bounds_.begin();
    counts_[static_cast<std::size_t>(bucket)].fetch_add(1, std::memory_order_relaxed);
    sum_.fetch_add(value, std::memory_order_relaxed);
}

Histogram::Snapshot Histogram::snapshot() const {
    Snapshot result;
    result.bounds = bounds_;
    std::uint64_t total = 0;
    for (std::size_t i = 0; i <= bounds_.size(); ++i) {
        total += counts_[i].load(std::memory_order_relaxed);
        result.cumulative.push_back(total);
    }
    result.sum = sum_.load(std::memory_order_relaxed);
    return result;
}

}  // namespace relay
