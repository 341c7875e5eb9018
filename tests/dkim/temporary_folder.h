// TemporaryFolder: a test's folder with files of a given mode.
#pragma once

#include <fstream>
#include <iterator>
#include <string>
#include <sys/stat.h>

#include "tests/support/temporary_folder.h"

namespace test {

class TemporaryFolder : public support::TemporaryFolder {
public:
    [[nodiscard]] std::string path(const std::string& name) const { return file(name); }

    std::string write(const std::string& name, const std::string& text, mode_t mode = 0600) const {
        std::ofstream(path(name), std::ios::binary) << text;
        ::chmod(path(name).c_str(), mode);
        return path(name);
    }
};

inline std::string read_all(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace test
