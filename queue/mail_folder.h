// MailFolder: a folder of mail files on their way between relays. ID.part is being written, or
// still the store's; ID.mail is nobody's but the folder's, until a relay has taken it in.
//
// Threads: safe, it only asks the system. Blocks on the disk.
// Errors: no code with words for a folder that cannot serve; the system's with the file's path.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "conf/result.h"
#include "queue/message_id.h"
#include "queue/open_file.h"

namespace queue {

class MailFolder {
public:
    /// `path` is absolute; the folder exists, and this process may write in it.
    static conf::Result<MailFolder> open(const std::string& path);

    [[nodiscard]] const std::string& path() const { return path_; }
    [[nodiscard]] std::string path_of(const std::string& name) const { return path_ + "/" + name; }
    static std::string part_name(MessageId id) { return id.text() + ".part"; }
    static std::string mail_name(MessageId id) { return id.text() + ".mail"; }

    /// Readable by its owner alone; an older one goes.
    [[nodiscard]] conf::Result<OpenFile> create_part(MessageId id) const;
    [[nodiscard]] conf::Result<OpenFile> open_file(const std::string& name) const;
    [[nodiscard]] conf::Result<bool> has(const std::string& name) const;
    /// ID.part becomes ID.mail, never over another one. Not durable before sync().
    [[nodiscard]] conf::Result<void> keep(MessageId id) const;
    [[nodiscard]] conf::Result<void> remove(const std::string& name) const;
    [[nodiscard]] conf::Result<void> sync() const;

    /// The first `limit` names behind `after` of those that end in `ending`, in order.
    [[nodiscard]] conf::Result<std::vector<std::string>> names(const std::string& ending,
                                                               const std::string& after,
                                                               std::size_t limit) const;

private:
    MailFolder(std::string path, OpenFile folder)
        : path_(std::move(path)), folder_(std::move(folder)) {}

    [[nodiscard]] conf::Error refused(const std::string& name, const char* doing) const;

    std::string path_;
    OpenFile folder_;
};

}  // namespace queue
