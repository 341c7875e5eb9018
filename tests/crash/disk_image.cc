#include "tests/crash/disk_image.h"

#include <algorithm>
#include <cassert>
#include <fcntl.h>
#include <set>
#include <stdexcept>
#include <unistd.h>

namespace crash {
namespace {

using Kind = Operation::Kind;

constexpr std::size_t kSector = 512;

std::size_t below(std::size_t limit, Random& random) {
    return std::uniform_int_distribution<std::size_t>(0, limit - 1)(random);
}

void put(std::string& content, std::uint64_t at, std::string_view octets) {
    if (content.size() < at + octets.size()) {
        content.resize(at + octets.size());
    }
    content.replace(at, octets.size(), octets);
}

void apply(const Operation& operation, std::string& content) {
    if (operation.kind == Kind::Write) {
        put(content, operation.at, operation.octets);
    } else {
        content.resize(operation.at);
    }
}

/// Some of a write arrived.
void tear(const Operation& operation, std::string& content, Random& random) {
    if (operation.kind != Kind::Write || operation.octets.empty()) {
        return;
    }
    const std::string_view octets = operation.octets;
    if (below(2, random) == 0) {
        put(content, operation.at, octets.substr(0, below(octets.size(), random)));
        return;
    }
    // Sectors are those of the disk, not of the write.
    if (below(4, random) == 0 && content.size() < operation.at + octets.size()) {
        content.resize(operation.at + octets.size());
    }
    for (std::size_t begin = 0; begin < octets.size();) {
        const std::size_t in_sector = (operation.at + begin) % kSector;
        const std::size_t length = std::min(kSector - in_sector, octets.size() - begin);
        if (below(2, random) == 0) {
            put(content, operation.at + begin, octets.substr(begin, length));
        }
        begin += length;
    }
}

void write_file(const std::string& path, const std::string& content) {
    const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    std::size_t written = 0;
    while (file >= 0 && written < content.size()) {
        const ssize_t n = ::write(file, content.data() + written, content.size() - written);
        if (n <= 0) {
            break;
        }
        written += static_cast<std::size_t>(n);
    }
    if (file < 0 || written < content.size() || ::close(file) != 0) {
        throw std::runtime_error(path + ": cannot write the image");
    }
}

}  // namespace

/// What one cut does to each operation that was pending.
class Disk::Cut {
public:
    Cut(const Disk& disk, Fate fate, Random& random) : fate_(fate), random_(random) {
        std::size_t pending = 0;
        for (const auto& [number, file] : disk.files_) {
            all_.insert(all_.end(), file.pending.begin(), file.pending.end());
        }
        std::sort(all_.begin(), all_.end());
        pending = all_.size();
        // As likely hardly anything as nearly all.
        arrives_ = std::uniform_real_distribution<double>(0, 1)(random_);
        last_ = pending == 0 ? 0 : all_[below(pending, random_)];
    }

    void operator()(Position position, const Operation& operation, std::string& content) {
        switch (fate_) {
            case Fate::Lost:
                return;
            case Fate::Kept:
                apply(operation, content);
                return;
            case Fate::InOrder:
                if (position < last_) {
                    apply(operation, content);
                } else if (position == last_) {
                    tear(operation, content, random_);
                }
                return;
            case Fate::Chance:
                if (std::bernoulli_distribution(arrives_)(random_)) {
                    apply(operation, content);
                } else if (below(3, random_) == 0) {
                    tear(operation, content, random_);
                }
                return;
        }
    }

    /// How many of the changes of a name the folder knows.
    std::size_t renames(const std::vector<Rename>& pending) {
        switch (fate_) {
            case Fate::Lost:
                return 0;
            case Fate::Kept:
                return pending.size();
            case Fate::InOrder:
                return static_cast<std::size_t>(
                    std::count_if(pending.begin(), pending.end(), [this](const Rename& rename) {
                        return rename.position <= last_;
                    }));
            case Fate::Chance:
                return below(pending.size() + 1, random_);
        }
        return 0;
    }

private:
    Fate fate_;
    Random& random_;
    std::vector<Position> all_;
    double arrives_ = 0;
    Position last_ = 0;
};

Disk::Disk(const Recording& recording) : recording_(recording) {
    for (const auto& [number, found] : recording.found()) {
        names_[found.first].durable = number;
        files_[number].durable = found.second;
    }
}

void Disk::advance(Position position) {
    assert(position >= position_ && position <= recording_.operations().size());
    for (; position_ < position; ++position_) {
        const Operation& operation = recording_.operations()[position_];
        switch (operation.kind) {
            case Kind::Create:
                files_[operation.file];
                names_[operation.name].pending.push_back({position_, operation.file});
                break;
            case Kind::Delete:
                names_[operation.name].pending.push_back({position_, std::nullopt});
                break;
            case Kind::Write:
            case Kind::Truncate:
                files_[operation.file].pending.push_back(position_);
                break;
            case Kind::Sync: {
                File& file = files_[operation.file];
                for (const Position pending : file.pending) {
                    apply(recording_.operations()[pending], file.durable);
                }
                file.pending.clear();
                break;
            }
            case Kind::SyncFolder:
                for (auto& [text, name] : names_) {
                    if (!name.pending.empty()) {
                        name.durable = name.pending.back().file;
                        name.pending.clear();
                    }
                }
                break;
        }
    }
}

void Disk::cut(const std::string& folder, Fate fate, Random& random) const {
    Cut cut(*this, fate, random);
    for (const auto& [text, name] : names_) {
        const std::size_t known = cut.renames(name.pending);
        const auto number = known == 0 ? name.durable : name.pending[known - 1].file;
        if (!number) {
            continue;
        }
        const File& file = files_.at(*number);
        const std::string path = folder + "/" + text;
        if (file.pending.empty()) {
            write_file(path, file.durable);
            continue;
        }
        std::string content = file.durable;
        for (const Position pending : file.pending) {
            cut(pending, recording_.operations()[pending], content);
        }
        write_file(path, content);
    }
}

std::vector<Position> Disk::moments(const Recording& recording,
                                    std::size_t between,
                                    Random& random) {
    const auto& operations = recording.operations();
    std::set<Position> all;
    for (Position position = 0; position < operations.size(); ++position) {
        if (operations[position].is_sync()) {
            all.insert(position);
            all.insert(position + 1);
        }
    }
    for (std::size_t i = 0; i < between; ++i) {
        all.insert(below(operations.size() + 1, random));
    }
    return {all.begin(), all.end()};
}

}  // namespace crash
