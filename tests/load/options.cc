#include "tests/load/options.h"

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <system_error>
#include <utility>

namespace load {
namespace {

[[noreturn]] void misuse(const std::string& text) {
    std::fprintf(stderr, "%s\n", text.c_str());
    std::exit(2);
}

}  // namespace

Options::Options(int argc, char** argv, std::map<std::string, std::string> known)
    : values_(std::move(known)) {
    for (int i = 1; i < argc; i += 2) {
        const std::string option = argv[i];
        const auto found =
            option.starts_with("--") ? values_.find(option.substr(2)) : values_.end();
        if (found == values_.end()) {
            std::string all;
            for (const auto& [name, value] : values_) {
                all += " --" + name + " (" + value + ")";
            }
            misuse("unknown option " + option + "; there are:" + all);
        }
        if (i + 1 == argc) {
            misuse(option + " needs a value");
        }
        found->second = argv[i + 1];
    }
}

std::uint64_t Options::number(const std::string& name, std::uint64_t most) const {
    const std::string& value = text(name);
    std::uint64_t result = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), result);
    if (error != std::errc() || end != value.data() + value.size() || result > most) {
        misuse("--" + name + " needs a number up to " + std::to_string(most));
    }
    return result;
}

void fail(const std::string& what) {
    const std::string reason = std::error_code(errno, std::generic_category()).message();
    std::fprintf(stderr, "%s: %s\n", what.c_str(), reason.c_str());
    std::exit(1);
}

double now() {
    timespec t{};
    clock_gettime(CLOCK_MONOTONIC, &t);
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) / 1e9;
}

}  // namespace load
