// Key file: reads a private key's file, provided that nobody else could have read or changed it.
//
// Links are followed first (container secrets are links); the file at their end is judged, once it
// is open.
//
// Threads: no state.
// Secrets: what was read is wiped when its SecretText goes.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "conf/result.h"

namespace dkim {

class SecretText {
public:
    static constexpr std::size_t kCapacity = std::size_t{64} * 1024;

    SecretText();

    [[nodiscard]] std::string_view text() const { return {octets_.get(), size_}; }
    [[nodiscard]] char* end() { return octets_.get() + size_; }
    [[nodiscard]] std::size_t room() const { return kCapacity - size_; }
    void grow(std::size_t count) { size_ += count; }

private:
    struct Wipe {
        void operator()(char* octets) const;
    };
    std::unique_ptr<char, Wipe> octets_;
    std::size_t size_ = 0;
};

/// At most 64 KiB. `allow_world_readable` accepts every right to read, of groups too, but never one
/// to write. Errors, with the path and what to do: KeyUnreadable (missing, no permission, no
/// regular file, too large), KeyUnsafe (others, or a group that this process is not in, may read
/// it; others or such a group may write it).
conf::Result<SecretText> read_key_file(const std::string& path, bool allow_world_readable);

}  // namespace dkim
