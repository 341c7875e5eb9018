// DeviceWrites: octets that were written to the device below a folder.
//
// The device's own count includes what others write to it meanwhile; it is compared with that of
// this process, which knows nothing of the file system's journal. Where the device has no count
// (tmpfs, overlay), the process's stands alone.
//
// Threads: not safe.     Errors: end the program.
#pragma once

#include <cstdint>
#include <string>

namespace load {

class DeviceWrites {
public:
    explicit DeviceWrites(const std::string& folder);
    ~DeviceWrites();
    DeviceWrites(const DeviceWrites&) = delete;
    DeviceWrites& operator=(const DeviceWrites&) = delete;

    struct Octets {
        std::uint64_t device = 0, process = 0;
        Octets operator-(const Octets& other) const {
            return {device - other.device, process - other.process};
        }
    };
    /// Since the machine and the program started. First everything in the folder's file system is
    /// written out.
    [[nodiscard]] Octets settled() const;
    /// "254:0" or empty.
    [[nodiscard]] const std::string& device() const { return device_; }

private:
    int folder_;
    std::string device_;
};

}  // namespace load
