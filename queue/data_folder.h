// DataFolder: the folder that holds the queue, locked for this process as long as the object
// lives.
//
// The lock is flock(2) on the file `lock` in it, which names the holder's process. It ends with
// the process, however that ends.
//
// Threads: not safe, but free_octets() from any.
// Errors: StoreLocked with the holder's process number, StoreUnwritable with the path and the
//   system's words.
#pragma once

#include <cstdint>
#include <string>

#include "conf/result.h"

namespace queue {

class DataFolder {
public:
    /// Makes the folder (mode 0700) where it is missing, but not the ones above it.
    static conf::Result<DataFolder> take(const std::string& path);

    DataFolder(DataFolder&& other) noexcept;
    DataFolder& operator=(DataFolder&&) = delete;
    ~DataFolder();

    [[nodiscard]] std::string file(const std::string& name) const { return path_ + "/" + name; }
    /// Makes an empty file of mode 0600 where there is none, and its name durable.
    [[nodiscard]] conf::Result<void> create(const std::string& name) const;
    /// What the file system still gives to processes without privileges.
    [[nodiscard]] conf::Result<std::uint64_t> free_octets() const;

private:
    DataFolder(std::string path, int lock) : path_(std::move(path)), lock_(lock) {}

    std::string path_;
    int lock_;
};

}  // namespace queue
