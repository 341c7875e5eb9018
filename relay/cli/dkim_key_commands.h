// `signet dkim create` and `dkim record`: makes keys, and prints the records to publish.
//
// Each prints to stdout, complains to stderr, and returns the exit status: 0 done, 1 the answer is
// no, 2 wrong usage, 3 could not find out.
//
// Standards: RFC 6376 3.6.1 (key records), RFC 1035 5.1 (zone files), RFC 8463 (Ed25519).
// Threads:   called from main only.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "conf/config.h"

namespace relay::cli {

struct DkimCreate {
    std::string domain;
    std::string selector;  // default: "s" (Ed25519: "e") and today's UTC date, as in s20261201
    std::string type = "rsa2048";  // or rsa4096, ed25519
    std::string out;               // default: what the configuration names for this selector, or
                                   // DATA_DIR/keys/DOMAIN.SELECTOR.pem
    bool json = false;
};

/// `config` may be null: the defaults then. As root the new file is given to the configured `user`.
/// 1: the file exists. 2: bad domain, selector or type. 3: the file could not be written.
int dkim_create(const DkimCreate& options, const conf::Config* config);

enum class RecordForm : std::uint8_t {
    Zone,   // for a zone file: in strings of at most 255 octets
    Lines,  // for a web form: the name on one line, the whole value on the next
    Json,
};

/// The TXT record of each selector of `domain`. 1: not configured, or without a selector. 2: no
/// domain name. 3: a key file cannot be used (the other records are printed).
int dkim_record(const std::string& domain, const conf::Config& config, RecordForm form);

/// `text` (UTF-8) as a string of the configuration, in quotes, that reads back as itself.
std::string configuration_string(std::string_view text);

}  // namespace relay::cli
