// Errors of this folder: what Address and Store can fail with, apart from what a remote said
// (that is an Outcome).
//
// Threads: no state.
#pragma once

#include <string>

#include <boost/system/error_code.hpp>

#include "conf/result.h"

namespace queue {

enum class errc {
    BadAddress = 1,  // not a mailbox of RFC 5321
    NotFound,        // no such message or chunk
    Damaged,         // a stored row cannot be decoded; concerns this message only
    Duplicate,  // an Insert or AddChunk of what is stored already; nothing of that commit is stored
    StoreLocked,      // another process has the store
    StoreNewer,       // written by a later version
    StoreDamaged,     // the database itself is corrupt, or is something else
    StoreFull,        // no room; nothing of that commit is stored, later ones may succeed
    StoreUnwritable,  // permissions, a missing folder, another program's lock
    StoreUnreadable,  // the disk failed a read
    StoreLatched,     // stopped for good after a failed write or sync; only a restart helps
    QueueFull,        // as many messages wait as may
};

const boost::system::error_category& category() noexcept;
boost::system::error_code make_error_code(errc code) noexcept;

/// `detail` names what it was and, where a person can do something, what.
conf::Error error(errc code, std::string detail);

}  // namespace queue

template <>
struct boost::system::is_error_code_enum<queue::errc> : std::true_type {};
