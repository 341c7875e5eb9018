// Options: "--name value" pairs of a measuring program, and how it ends on a mistake.
//
// Threads: no state.     Errors: a message on stderr and exit status 2.
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace load {

class Options {
public:
    /// `known` maps each option to its default. An unknown option or a missing value ends the
    /// program.
    Options(int argc, char** argv, std::map<std::string, std::string> known);

    [[nodiscard]] const std::string& text(const std::string& name) const {
        return values_.at(name);
    }
    /// Ends the program unless the value is a number of at most `most`.
    [[nodiscard]] std::uint64_t number(const std::string& name,
                                       std::uint64_t most = 1'000'000'000) const;

private:
    std::map<std::string, std::string> values_;
};

/// "smtp_load: what: <system error>" and status 1.
[[noreturn]] void fail(const std::string& what);

/// Seconds on the monotonic clock.
double now();

/// The value below which `share` (0 to 1) of the sorted values lie; 0 of none.
template <typename Values>
double percentile(const Values& sorted, double share) {
    if (sorted.empty()) {
        return 0;
    }
    const auto last = static_cast<double>(sorted.size() - 1);
    return sorted[static_cast<std::size_t>(last * share + 0.5)];
}

}  // namespace load
