// Key store: writes a new key file so that nobody else can ever read it and no crash leaves half of
// one.
//
// Threads: no state.
#pragma once

#include <string>

#include "conf/result.h"
#include "dkim/key.h"

namespace dkim {

/// Writes `key` as PEM, mode 0600, to a new file beside `path`, syncs it, links it into place
/// without ever replacing an existing file, and syncs the folder. Errors: KeyExists, KeyUnwritable
/// with the reason.
conf::Result<void> save_new_key(const std::string& path, const PrivateKey& key);

}  // namespace dkim
