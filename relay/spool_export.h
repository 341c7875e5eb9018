// SpoolExport: moves mail of the running relay into a folder, so that another can take it.
//
// Each message is held for a person, written on the Spool's disk threads, taken out of the store
// on the committer's thread if nobody changed it meanwhile, and only then gets the name by which it
// is imported (queue/mail_export). A message that is being tried is waited for, kPatience at most.
//
// Executor: any loop; one at a time for a folder.
// Memory: a page of envelopes, kBatch heads of messages, one row of a body.
// Cancellation: ends between two steps when the Spool stops; what was begun is finished by the next
//   export to the same folder.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "queue/mail_export.h"
#include "relay/spool.h"

namespace relay {

class SpoolExport {
public:
    static constexpr std::chrono::seconds kPatience{30};
    static constexpr std::chrono::milliseconds kLookAgain{100};
    static constexpr std::size_t kBatch = 50;  // messages that leave the store together
    static constexpr std::size_t kBatchOctets = std::size_t{4} * 1024 * 1024;

    SpoolExport(Spool& spool,
                std::shared_ptr<const queue::MailFolder> folder,
                std::chrono::milliseconds patience = kPatience);

    net::Task<Exported> run(queue::Filter filter);

private:
    /// A page of what matches, or these messages alone.
    struct Look {
        queue::Filter filter;
        queue::MessageId from;
        std::vector<queue::MessageId> ids;
    };
    struct Held {
        std::vector<queue::MessageId> ready;  // held, and the store's own
        std::vector<queue::MessageId> busy;   // an attempt is under way, or they change their place
        std::optional<queue::MessageId> next;
        std::size_t damaged = 0;
    };
    struct Removed {
        std::vector<std::size_t> gone;     // positions: they went to the folder
        std::vector<std::size_t> changed;  // to be written again
        std::vector<std::size_t> ended;    // somebody removed them
    };

    [[nodiscard]] bool goes_on() const { return !ended_ && !spool_.stopping_; }
    void fail(const conf::Error& error);
    net::Task<> finish_leftovers();
    net::Task<> go_through(queue::Filter filter);
    net::Task<> wait_for_busy();
    void keep_held();
    net::Task<conf::Result<Held>> hold(Look look);
    net::Task<> write(std::vector<queue::MessageId> ids);
    net::Task<std::optional<queue::Written>> write_one(queue::MessageId id);
    net::Task<> move(std::vector<queue::Written> written);
    net::Task<conf::Result<Removed>> remove(std::shared_ptr<const std::vector<queue::Written>> of);
    net::Task<conf::Result<void>> on_disk(std::function<conf::Result<void>()> work);

    // On the committer's thread.

    conf::Result<Held> hold_now(queue::Store& store, const Look& look);
    void hold_each(const queue::Page& page,
                   Held& held,
                   Committer::Changes& changes,
                   std::vector<std::string>& before,
                   Spool::Effects& effects);
    conf::Result<Removed> remove_now(queue::Store& store, const std::vector<queue::Written>& batch);
    void tell_removed(const queue::Envelope& envelope);

    Spool& spool_;
    std::shared_ptr<const queue::MailFolder> folder_;
    std::chrono::milliseconds patience_;
    std::string reason_;
    Exported exported_;
    bool ended_ = false;  // by an error that concerns all of it
    std::vector<queue::MessageId> busy_;
};

}  // namespace relay
