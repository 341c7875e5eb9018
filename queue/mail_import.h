// MailImport: the way of a message from a folder into the store, in steps that survive a crash
// between any two of them.
//
// verify() reads the whole file before anything of it is stored. Then the rows of a long body are
// stored one by one, which are nothing without their message, and with the message itself, in one
// commit, the fact that this very file was taken in. Only then the file goes: one whose fact is
// known is not imported again.
//
// Threads: one owner. Blocks on the disk.
// Errors: those of MailReader; Damaged where the file is another one on second reading.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "queue/mail_file.h"
#include "queue/mail_folder.h"
#include "queue/store.h"

namespace queue {

class MailImport {
public:
    /// A file that was taken in is known for so long, should it come again.
    static constexpr Duration kRemembered = std::chrono::hours(24 * 30);

    static conf::Result<MailImport> open(const MailFolder& folder, const std::string& name);

    /// One piece further; false: all of it is right. First.
    conf::Result<bool> verify();
    /// As it left; when verify() has given false.
    [[nodiscard]] const Envelope& envelope() const { return envelope_; }
    [[nodiscard]] std::uint64_t octets() const { return octets_; }  // about what it takes
    [[nodiscard]] bool has_rows() const { return rows_in_file_ > 0; }

    /// Whether `store` took it in before. Any thread.
    [[nodiscard]] conf::Result<bool> is_known(Store& store) const;
    /// To be stored with the message.
    [[nodiscard]] Change fact(MessageId taken_as, Instant now) const;

    /// From the first row on; again after a collision of ids.
    conf::Result<void> begin();
    /// The next row of a long body, at most kChunkSize; nothing at the end, or when the body is in
    /// one piece.
    conf::Result<std::optional<std::string>> next_row();
    /// What is to be inserted, when next_row() has given nothing: without the hold of the export,
    /// to be signed anew, and to be judged anew by whoever takes it.
    conf::Result<std::shared_ptr<Message>> finish(MessageId id);

private:
    MailImport(MailReader reader, std::string name)
        : reader_(std::move(reader)), name_(std::move(name)) {}

    MailReader reader_;
    std::string name_;
    Envelope envelope_;
    std::uint64_t octets_ = 0;
    int rows_in_file_ = 0;
    bool headed_ = false;
    std::string digest_;
    MailHead head_;  // of the second reading
    std::string rest_;
    int rows_ = 0;
};

/// When what was imported is looked at first: at the earliest due time, or `now` where a report is
/// owed.
Instant first_look(const Envelope& envelope, Instant now);

}  // namespace queue
