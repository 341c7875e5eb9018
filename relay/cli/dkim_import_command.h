// `signet dkim import`: writes the [[domain]] tables that do what OpenDKIM's tables did.
//
// OpenDKIM chooses a key by the author's address, and may sign with any domain; Signet signs all
// mail of a domain with the keys of that domain. What does not fit is told line by line, as
// "FILE:LINE: what: what to do"; a key file that cannot be used is written as a comment, with the
// reason.
//
// Standards: opendkim.conf(5), KeyTable, SigningTable and MultipleSignatures; RFC 7489 3.1.1 (why
//   the signing domain has to be the author's).
// Threads:   called from main only; reads the key files.
#pragma once

#include <string>

namespace relay::cli {

struct DkimImport {
    std::string key_table;      // a path, or what stands in opendkim.conf: file:, refile:, csl:
    std::string signing_table;  // the same
    std::string out;            // a new file; empty is standard output
};

/// 0: all was taken over. 1: something was not, or `out` exists. 3: a table cannot be read, or
/// `out` not be written.
int dkim_import(const DkimImport& options);

}  // namespace relay::cli
