// MailExport: the way of a message out of the store into a folder, in steps that survive a crash
// between any two of them.
//
// A person's hold keeps it (export_hold), MailExport writes ID.part, removal() takes it out of the
// store, and in the same commit the store remembers that this very file has it. Then ID.part
// becomes ID.mail and the fact is forgotten. So a .mail has no message in the store beside it; a
// .part has, unless the store remembers: finish_parts() goes on there.
//
// Threads: one owner; reads the store as any thread may. Blocks on the disk.
// Errors: those of the store, the folder and the file.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "queue/mail_file.h"
#include "queue/mail_folder.h"
#include "queue/store.h"

namespace queue {

/// The reason of the hold that keeps a message while it is exported.
std::string export_reason(const std::string& folder);
/// By whichever export, one that was broken off included.
bool is_held_for_export(const Hold& hold);

class MailExport {
public:
    /// Octets that one step() writes, about: what it holds up is over soon.
    static constexpr std::size_t kStep = std::size_t{1} * 1024 * 1024;

    /// Both outlive it.
    MailExport(Store& store, const MailFolder& folder, MessageId id)
        : store_(store), folder_(folder), id_(id) {}

    /// One step further; false: it is written, durable but for its name. Errors: NotFound, and
    /// everything that speaks against this message or the folder.
    conf::Result<bool> step();

    /// As it was when it was read, and the file's digest. When step() has given false.
    [[nodiscard]] const Stored& stored() const { return stored_; }
    [[nodiscard]] const std::string& digest() const { return digest_; }

private:
    conf::Result<void> begin();

    Store& store_;
    const MailFolder& folder_;
    MessageId id_;
    std::optional<MailWriter> writer_;
    Stored stored_;
    int next_ = 0;  // piece of the body
    std::string digest_;
};

/// A message that is written, and nothing of it is in memory any more.
struct Written {
    Stored stored;
    std::string digest;
};

/// The store has it still as it was written, held for a person.
bool is_unchanged(const Stored& now, const Written& written);
/// The message goes, and the store remembers that the file has it.
std::vector<Change> removal(const Written& written);
/// When the file has its name for good.
Change forget_export(MessageId id, const std::string& digest);

/// One page of the files that an export left behind: those that the store remembers get their names
/// and are forgotten.
struct Leftovers {
    std::vector<Change> forget;  // to be committed
    std::string last;            // the name to go on behind; empty at the end
};
conf::Result<Leftovers> finish_parts(Store& store,
                                     const MailFolder& folder,
                                     const std::string& after);

}  // namespace queue
