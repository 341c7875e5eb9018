// Recording: everything that SQLite does to the files of one folder, in order, with the octets:
// what a disk would have to know to say what a power cut leaves.
//
// Takes the place of SQLite's default VFS and lies over the system's, so that the store under test
// needs no hook. Shared memory never passes here, and is no part of what a cut leaves. A file that
// is there already when it is first opened counts as durable with its name, as the store makes it.
//
// Threads: position() and the VFS from any; operations() once nobody has a file of the folder open.
// Errors: asserts where two Recordings want one folder.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace crash {

/// How many operations had been done at some moment.
using Position = std::size_t;

using FileNumber = std::size_t;  // one for each time that a file is made

struct Operation {
    enum class Kind : std::uint8_t {
        Create,      // `file` under `name`, empty
        Write,       // `octets` at `at`
        Truncate,    // to `at` octets
        Sync,        // of the file's octets
        Delete,      // of `name`
        SyncFolder,  // of all names
    };
    Kind kind = Kind::Write;
    FileNumber file = 0;
    std::string name;
    std::uint64_t at = 0;
    std::string octets;

    [[nodiscard]] bool is_sync() const { return kind == Kind::Sync || kind == Kind::SyncFolder; }
};

class Recording {
public:
    /// What a disk does when it is told to sync.
    enum class Disk : std::uint8_t {
        Honest,
        Lying,  // says that it did, and did nothing: as synchronous=OFF would leave it
    };

    /// From now on every new connection goes through the VFS. Once, before the first opens.
    static void install();

    /// Of the files directly in `folder`, as its path will be given to SQLite.
    explicit Recording(const std::string& folder, Disk disk = Disk::Honest);
    ~Recording();
    Recording(const Recording&) = delete;
    Recording& operator=(const Recording&) = delete;

    [[nodiscard]] Position position() const;
    [[nodiscard]] const std::vector<Operation>& operations() const;
    /// Files that were there when they were first opened, by number: name and octets.
    [[nodiscard]] const std::map<FileNumber, std::pair<std::string, std::string>>& found() const;

    struct Log;

private:
    std::string folder_;
    std::shared_ptr<Log> log_;
};

}  // namespace crash
