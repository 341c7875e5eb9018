// Privileges: what the process gives up once its ports are bound.
//
// Threads: call before any other thread starts; the change is for the whole process.
#pragma once

#include <string>

#include "conf/result.h"

namespace relay {

/// Makes `folder` (0700) if it is missing and hands it to `user` when we are root.
conf::Result<void> prepare_folder(const std::string& folder, const std::string& user);

/// Becomes `user` with its groups, for good (checked), takes no privileges from programs any more,
/// and leaves no core dumps with keys in them. An empty user changes nothing of the identity.
/// Errors: no such user, not permitted.
conf::Result<void> drop_privileges(const std::string& user);

}  // namespace relay
