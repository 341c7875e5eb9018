// `signet dkim`: makes keys, prints the records to publish, shows what each selector does.
//
// Each command prints to stdout, errors to stderr as "signet: what happened: what to do", and
// returns the exit status: 0 done, 1 the answer is no, 2 wrong usage, 3 could not find out.
//
// Threads: called from main only.
#pragma once

#include <string>

#include "conf/config.h"

namespace relay::cli {

struct DkimCreate {
    std::string domain;
    std::string selector;  // default: "s" (Ed25519: "e") and today's UTC date, as in s20261201
    std::string type = "rsa2048";  // or rsa4096, ed25519
    std::string out;               // default: what the configuration names for this selector, or
                                   // DATA_DIR/keys/DOMAIN.SELECTOR.pem
};

/// `config` may be null: the defaults then. As root the new file is given to the configured `user`.
/// 1: the file exists. 2: bad domain, selector or type. 3: the file could not be written.
int dkim_create(const DkimCreate& options, const conf::Config* config);

/// The TXT record of each selector of `domain`. 1: not configured, or without a selector. 2: no
/// domain name. 3: a key file cannot be used (the other records are printed).
int dkim_record(const std::string& domain, const conf::Config& config, bool json);

/// A table of all selectors. 1: no domain signs, or one that should cannot.
int dkim_status(const conf::Config& config, bool json);

}  // namespace relay::cli
