#include "relay/metrics.h"

#include <thread>

#include <gtest/gtest.h>

namespace {

TEST(Histogram, CountsIntoCumulativeBuckets) {
    relay::Histogram histogram({1, 2, 4});
    for (const double value : {0.5, 1.0, 1.5, 4.0, 9.0}) {
        histogram.observe(value);
    }
    const auto snapshot = histogram.snapshot();
    EXPECT_EQ(snapshot.cumulative, (std::vector<std::uint64_t>{2, 3, 4, 5}));
    EXPECT_DOUBLE_EQ(snapshot.sum, 16.0);
}

TEST(LabelledCounter, BoundsItsSeries) {
    relay::LabelledCounter counter({"code"});
    for (std::size_t i = 0; i < relay::LabelledCounter::kMaxSeries + 50; ++i) {
        counter.add({std::to_string(i)});
    }
    const auto values = counter.values();
    EXPECT_EQ(values.size(), relay::LabelledCounter::kMaxSeries + 1);
    EXPECT_EQ(values.at({"other"}), 50U);
}

TEST(LabelledCounter, CountsFromSeveralThreads) {
    relay::LabelledCounter counter({"domain", "selector"});
    const auto count = [&counter] {
        for (int i = 0; i < 1000; ++i) {
            counter.add({"example.com", "a"});
        }
    };
    std::thread other(count);
    count();
    other.join();
    EXPECT_EQ(counter.values().at({"example.com", "a"}), 2000U);
}

}  // namespace
