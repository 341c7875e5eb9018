// Any octets as a configuration file: no crash; what is accepted prints and reads back to itself;
// every problem has its place in the file.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "conf/parse.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const conf::Loaded loaded = conf::parse(text, "/etc/signet/signet.toml");
    if (const auto* problems = std::get_if<std::vector<conf::Problem>>(&loaded)) {
        if (problems->empty()) {
            std::abort();
        }
        for (const conf::Problem& problem : *problems) {
            if (problem.text.empty() || problem.text.find('\n') != std::string::npos ||
                (size <= (1U << 20U) && problem.line == 0)) {
                std::abort();
            }
        }
        return 0;
    }
    const auto& config = std::get<std::shared_ptr<const conf::Config>>(loaded);
    const conf::Loaded again =
        conf::parse(conf::show(*config, conf::Secrets::Plain), "/etc/signet/signet.toml");
    const auto* same = std::get_if<std::shared_ptr<const conf::Config>>(&again);
    if (same == nullptr || **same != *config) {
        std::abort();
    }
    return 0;
}
