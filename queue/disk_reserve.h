// DiskReserve: space of the file system that is kept for what must still be written when it is
// full: a file in the data folder without content, given up when it is needed and taken again once
// there is room.
//
// Threads: one at a time.
// Errors: none; what cannot be set aside now is tried again with the next fill().
#pragma once

#include <cstdint>
#include <string>

namespace queue {

class DiskReserve {
public:
    /// Of `octets`; of 0 nothing is ever set aside, and what an earlier run kept stays until it is
    /// needed. Where less than half of `octets` is free, it is given up at once: opening the store
    /// needs room, too.
    DiskReserve(std::string path, std::uint64_t octets);
    ~DiskReserve();
    DiskReserve(const DiskReserve&) = delete;
    DiskReserve& operator=(const DiskReserve&) = delete;

    /// Sets the space aside where twice as much is `free`.
    void fill(std::uint64_t free);
    /// True when there is more room now than before.
    bool release();
    [[nodiscard]] bool is_full() const { return kept_ >= octets_; }

private:
    std::uint64_t octets_;
    std::uint64_t kept_ = 0;
    int file_ = -1;
};

}  // namespace queue
