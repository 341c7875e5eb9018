// SpoolImport: takes the mail of a folder into the running relay, which is responsible for it from
// the commit on that stores it; then its file goes (queue/mail_import).
//
// Executor: any loop; one at a time.
// Memory: one row of a body, or a body in one piece.
// Cancellation: ends between two steps when the Spool stops; the next import of the folder goes on
//   where this one stopped.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "queue/mail_import.h"
#include "relay/spool.h"

namespace relay {

class SpoolImport {
public:
    SpoolImport(Spool& spool, std::shared_ptr<const queue::MailFolder> folder);

    net::Task<Imported> run();

private:
    using ImportPtr = std::shared_ptr<queue::MailImport>;
    /// What became of a file: imported, or refused, or all of it ends.
    enum class Way { On, Refuse, End };

    [[nodiscard]] bool goes_on() const { return imported_.error.empty() && !spool_.stopping_; }
    net::Task<> take(std::string name);
    net::Task<ImportPtr> verified(std::string name);
    net::Task<conf::Result<void>> store(ImportPtr mail);
    net::Task<conf::Result<void>> store_as(ImportPtr mail, queue::MessageId id);
    net::Task<conf::Result<int>> store_rows(ImportPtr mail, queue::MessageId id);
    net::Task<conf::Result<void>> accept(std::shared_ptr<queue::Message> message,
                                         queue::Change fact,
                                         queue::MessageId original);
    net::Task<> remove(std::string name);
    void refuse(const std::string& name, const conf::Error& error);
    template <class T>
    net::Task<conf::Result<T>> on_disk(std::function<conf::Result<T>()> work);

    void tell(const queue::Envelope& envelope, queue::MessageId original);

    Spool& spool_;
    std::shared_ptr<const queue::MailFolder> folder_;
    Imported imported_;
};

}  // namespace relay
