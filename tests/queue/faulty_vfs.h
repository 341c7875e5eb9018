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
    static inline std::atomic<std::uint64_t> syncs = 0;
    static inline std::atomic<std::uint64_t> written = 0;  // octets
};

}  // namespace queue
