// What came of moving mail between this relay's queue and a folder.
//
// Threads: values.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace relay {

struct Exported {
    std::size_t exported = 0;  // files with a message that is no longer here
    std::size_t left = 0;      // matched, and is here still
    std::string error;         // why it ended early, or what is wrong with one that is left
};

struct Refused {
    std::string file;  // its name in the folder
    std::string error;
};

struct Imported {
    /// So many refused files are told; then the rest is left alone.
    static constexpr std::size_t kMostRefused = 100;

    std::size_t imported = 0;
    std::size_t known = 0;  // taken in before: only their files went
    std::vector<Refused> refused;
    std::string error;  // why it ended early
};

}  // namespace relay
