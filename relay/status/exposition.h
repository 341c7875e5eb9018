// Exposition: writes metrics in Prometheus' text format, each family with its HELP and TYPE.
//
// Standards: Prometheus text exposition format 0.0.4.
// Threads:   one owner.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "relay/metrics.h"

namespace relay::status {

class Exposition {
public:
    static constexpr std::string_view kType = "text/plain; version=0.0.4; charset=utf-8";

    using Labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

    /// Begins a family; its samples follow. Without samples it is left out of what a reader sees.
    void counter(std::string_view name, std::string_view help) { family(name, help, "counter"); }
    void gauge(std::string_view name, std::string_view help) { family(name, help, "gauge"); }
    void sample(Labels labels, std::uint64_t value);
    void sample(Labels labels, double value);
    /// A family of one histogram.
    void histogram(std::string_view name, std::string_view help, const Histogram::Snapshot& values);

    std::string take() { return std::move(text_); }

private:
    void family(std::string_view name, std::string_view help, std::string_view type);
    void series(std::string_view suffix, Labels labels);

    std::string text_;
    std::string name_;
};

}  // namespace relay::status
