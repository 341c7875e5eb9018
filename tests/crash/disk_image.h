// Disk: a recorded folder as time goes by, and what a power cut could leave of it.
//
// What was synced is there. Of what came later each write and truncation of a file may be missing,
// there, or torn (a beginning of it, or some of its 512-octet sectors; one that makes the file
// longer may leave zeros), and each name may still be as at the folder's last sync, or as at some
// moment since. Octets that nobody wrote to do not change (SQLite's
// SQLITE_IOCAP_POWERSAFE_OVERWRITE, which every disk of today keeps).
//
// Threads: not safe.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "tests/crash/recording_vfs.h"

namespace crash {

using Random = std::mt19937_64;

class Disk {
public:
    /// `recording` stays; nothing has happened yet.
    explicit Disk(const Recording& recording);

    /// What was done up to `position`, which is not before an earlier one.
    void advance(Position position);
    [[nodiscard]] Position position() const { return position_; }

    /// How the disk treated what was not synced.
    enum class Fate : std::uint8_t {
        Lost,     // all of it
        Kept,     // nothing of it is missing
        InOrder,  // there up to some moment, the last write torn
        Chance,   // each as it fell out
    };
    /// Makes the files in `folder`, which is there and empty, as a cut at position() may leave
    /// them.
    void cut(const std::string& folder, Fate fate, Random& random) const;

    /// Just before and just after each sync, and `between` more moments; ascending, each once.
    static std::vector<Position> moments(const Recording& recording,
                                         std::size_t between,
                                         Random& random);

private:
    struct File {
        std::string durable;
        std::vector<Position> pending;
    };
    struct Rename {
        Position position;
        std::optional<FileNumber> file;  // none: deleted
    };
    struct Name {
        std::optional<FileNumber> durable;
        std::vector<Rename> pending;
    };
    class Cut;

    const Recording& recording_;
    Position position_ = 0;
    std::map<FileNumber, File> files_;
    std::map<std::string, Name> names_;
};

}  // namespace crash
