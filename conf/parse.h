// Reading a configuration file: TOML to Config, with every fault of it at once.
//
// Each problem reads FILE:LINE:COLUMN: what is wrong: what to write instead. An unknown key names
// the nearest known one. Of syntax errors only the first is reported, since the rest of the file
// cannot be read behind it.
//
// Threads: no state.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "conf/config.h"

namespace conf {

struct Problem {
    std::string file;
    unsigned line = 0;    // from 1; 0 when the file as a whole is meant
    unsigned column = 0;  // from 1
    std::string text;

    /// "signet.toml:12:3: unknown key 'hostnam'; did you mean 'hostname'?"
    [[nodiscard]] std::string message() const;
};

using Loaded = std::variant<std::shared_ptr<const Config>, std::vector<Problem>>;

/// Reads, parses and validates. `${NAME}` in strings takes NAME from the environment. A file that
/// cannot be opened is one Problem without a line.
Loaded load(const std::string& file);

/// The same for text in memory; `file` only names it in messages.
Loaded parse(std::string_view text, const std::string& file);

/// Whether passwords are printed, or a mask for them.
enum class Secrets : std::uint8_t { Masked, Plain };

/// The effective configuration as TOML, every key with its value. With plain secrets parse() reads
/// it back to the same Config; with masked ones it finds fault with each of them and nothing else.
std::string show(const Config& config, Secrets secrets = Secrets::Masked);

/// Every key that a file may have, as "delivery.port" or "domain.selector.name", sorted by table.
std::vector<std::string> known_keys();

}  // namespace conf
