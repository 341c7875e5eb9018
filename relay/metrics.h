// Metrics: what the relay counts, in the names of the Prometheus page. Numbers that somebody else
// owns (queue totals, disk) are asked for when the page is made; only events are counted here.
//
// Threads: safe; counting is one relaxed atomic addition, labelled counters take a short lock.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace relay {

class Counter {
public:
    void add(std::uint64_t by = 1) { value_.fetch_add(by, std::memory_order_relaxed); }
    [[nodiscard]] std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

private:
    std::atomic<std::uint64_t> value_{0};
};

/// A counter for each combination of label values. At most kMaxSeries combinations are kept apart;
/// further ones count as "other".
class LabelledCounter {
public:
    static constexpr std::size_t kMaxSeries = 1000;

    explicit LabelledCounter(std::vector<std::string> labels) : labels_(std::move(labels)) {}
    void add(const std::vector<std::string>& values, std::uint64_t by = 1);
    [[nodiscard]] std::map<std::vector<std::string>, std::uint64_t> values() const;
    [[nodiscard]] const std::vector<std::string>& labels() const { return labels_; }

private:
    std::vector<std::string> labels_;
    mutable std::mutex mutex_;
    std::map<std::vector<std::string>, std::uint64_t> values_;
};

/// Fixed upper bounds, ascending; a last bucket takes the rest.
class Histogram {
public:
    static constexpr std::size_t kMaxBuckets = 16;

    explicit Histogram(std::vector<double> bounds);
    void observe(double value);
    void observe(std::chrono::steady_clock::duration value) {
        observe(std::chrono::duration<double>(value).count());
    }

    struct Snapshot {
        std::vector<double> bounds;
        std::vector<std::uint64_t> cumulative;  // one more than bounds: the last is +Inf
        double sum = 0;
    };
    [[nodiscard]] Snapshot snapshot() const;

private:
    std::vector<double> bounds_;
    std::array<std::atomic<std::uint64_t>, kMaxBuckets> counts_{};
    std::atomic<double> sum_{0};
};

struct Metrics {
    Counter messages_accepted;
    LabelledCounter messages_rejected{{"code"}};
    LabelledCounter messages_signed{{"domain", "selector"}};
    LabelledCounter reports{{"action"}};  // to senders, stored
    Counter unsigned_sent;                // transactions of a domain with sign = false
    Counter recipients_delivered, recipients_deferred, recipients_bounced, recipients_expired,
        recipients_deleted;
    LabelledCounter tls_sessions{{"direction", "policy", "result"}};
    std::atomic<int> connections_in{0}, connections_out{0};
    Histogram accept_seconds{{.001, .002, .005, .01, .02, .05, .1, .25, .5, 1, 2.5, 5, 10, 60}};
    Histogram commit_seconds{{.0002, .0005, .001, .002, .005, .01, .02, .05, .1, .25, .5, 1, 5}};
    Histogram commit_messages{{1, 2, 4, 8, 16, 32, 64, 128, 256, 512}};
    Histogram delivery_seconds{
        {.01, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300, 3600, 14400, 86400}};
};

}  // namespace relay
