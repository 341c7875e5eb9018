// FaultyVfs: the system's files as SQLite sees them, with faults on demand and counters. Registered
// as SQLite's default, so that the store under test needs no hook.
//
// Threads: faults and counters from any; register once, before the first store opens.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

namespace queue {

struct FaultyVfs {
    /// From now on every new connection goes through it.
    static void install();
    /// No faults, counters at zero.
    static void reset();

    static inline std::atomic<bool> fail_syncs = false;   // EIO
    static inline std::atomic<int> good_syncs = -1;       // so many more succeed, then EIO; -1: all
    static inline std::atomic<bool> fail_writes = false;  // EIO
    static inline std::atomic<bool> fail_reads = false;   // EIO
    /// So many more writes (syncs) are good, then one fails with `error`, or all from there on.
    /// -1: none.
    static inline std::atomic<int> good_writes_left = -1;
    static inline std::atomic<int> good_syncs_left = -1;
    static inline std::atomic<int> error = 0;          // EIO or ENOSPC
    static inline std::atomic<bool> lasting = false;   // until reset()
    static inline std::atomic<int> faults = 0;         // that were met so far
    static inline std::atomic<bool> no_syncs = false;  // the disk is not asked: faster
    static inline std::atomic<std::uint64_t> syncs = 0;
    static inline std::atomic<std::uint64_t> writes = 0;
    static inline std::atomic<std::uint64_t> written = 0;  // octets
};

}  // namespace queue
