#include "relay/spool_export.h"

#include <algorithm>
#include <utility>

#include <boost/asio/this_coro.hpp>

#include "queue/errors.h"
#include "relay/log.h"
#include "relay/net/hand_over.h"

namespace relay {

namespace {

constexpr std::size_t kIdsAtOnce = 100;

/// Only this message is the matter, not the folder or the store.
bool concerns_one(const conf::Error& error) {
    return !error.code || error.code == queue::errc::Damaged || error.code == queue::errc::NotFound;
}

/// As it is told that it ended here: what was open is another relay's.
std::shared_ptr<const queue::Envelope> closed(const queue::Envelope& envelope) {
    auto ended = std::make_shared<queue::Envelope>(envelope);
    for (auto& recipient : ended->recipients) {
        if (recipient.is_open()) {
            recipient.state = recipient.awaits_report() ? queue::Recipient::State::Delivered
                                                        : queue::Recipient::State::Deleted;
        }
    }
    return ended;
}

}  // namespace

net::Task<Exported> Spool::export_to(queue::Filter filter,
                                     std::shared_ptr<const queue::MailFolder> folder) {
    SpoolExport moving(*this, std::move(folder));
    Exported exported = co_await moving.run(std::move(filter));
    co_return exported;
}

SpoolExport::SpoolExport(Spool& spool,
                         std::shared_ptr<const queue::MailFolder> folder,
                         std::chrono::milliseconds patience)
    : spool_(spool),
      folder_(std::move(folder)),
      patience_(patience),
      reason_(queue::export_reason(folder_->path())) {}

net::Task<Exported> SpoolExport::run(queue::Filter filter) {
    co_await finish_leftovers();
    co_await go_through(std::move(filter));
    co_await wait_for_busy();
    keep_held();
    exported_.left += busy_.size();
    if (spool_.stopping_ && exported_.error.empty()) {
        exported_.error = "the relay is shutting down: export again to the same folder";
    }
    co_return std::move(exported_);
}

void SpoolExport::fail(const conf::Error& error) {
    ended_ = ended_ || !concerns_one(error);
    if (exported_.error.empty() || ended_) {
        exported_.error = error.message();
    }
}

net::Task<conf::Result<void>> SpoolExport::on_disk(std::function<conf::Result<void>()> work) {
    conf::Result<void> done = co_await spool_.disk_.run<conf::Result<void>>(std::move(work));
    co_return done;
}

/// What an export before this one took out of the store and could not name any more.
net::Task<> SpoolExport::finish_leftovers() {
    using Finished = conf::Result<queue::Leftovers>;
    std::string after;
    do {
        std::function<Finished()> work = [this, after] {
            return queue::finish_parts(spool_.store_, *folder_, after);
        };
        Finished finished = co_await spool_.disk_.run<Finished>(std::move(work));
        if (!finished) {
            ended_ = true;
            exported_.error = finished.error().message();
            co_return;
        }
        exported_.exported += finished->forget.size();
        after = finished->last;
        if (!finished->forget.empty()) {
            spool_.committer_.commit_later(std::move(finished->forget));
        }
    } while (!after.empty() && goes_on());
}

net::Task<> SpoolExport::go_through(queue::Filter filter) {
    for (std::optional<queue::MessageId> from = queue::MessageId(0); from && goes_on();) {
        Look look{filter, *from, {}};
        conf::Result<Held> held = co_await hold(std::move(look));
        if (!held) {
            fail(held.error());
            ended_ = true;
            co_return;
        }
        from = held->next;
        busy_.insert(busy_.end(), held->busy.begin(), held->busy.end());
        if (held->damaged > 0) {
            exported_.left += held->damaged;
            fail(queue::error(queue::errc::Damaged, "see signet queue list"));
        }
        co_await write(std::move(held->ready));
    }
}

net::Task<> SpoolExport::wait_for_busy() {
    const auto until = net::Steady::now() + patience_;
    net::Timer timer(co_await boost::asio::this_coro::executor);
    while (!busy_.empty() && goes_on()) {
        const std::vector<queue::MessageId> all = std::exchange(busy_, {});
        std::size_t done = 0;
        while (done < all.size() && goes_on()) {
            const auto end = std::min(done + kIdsAtOnce, all.size());
            Look look;
            look.ids.assign(all.begin() + static_cast<std::ptrdiff_t>(done),
                            all.begin() + static_cast<std::ptrdiff_t>(end));
            conf::Result<Held> held = co_await hold(std::move(look));
            if (!held) {
                fail(held.error());
                ended_ = true;
                break;
            }
            done = end;
            busy_.insert(busy_.end(), held->busy.begin(), held->busy.end());
            co_await write(std::move(held->ready));
        }
        busy_.insert(busy_.end(), all.begin() + static_cast<std::ptrdiff_t>(done), all.end());
        if (busy_.empty() || net::Steady::now() >= until) {
            co_return;
        }
        timer.expires_after(kLookAgain);
        auto [ec] = co_await timer.async_wait(net::kAsTuple);
        (void)ec;
    }
}

/// Those that are left are held for a person when their attempts have ended, for the next export.
void SpoolExport::keep_held() {
    const std::lock_guard lock(spool_.mutex_);
    for (const auto id : busy_) {
        const auto it = spool_.active_.find(id);
        if (it != spool_.active_.end() && it->second.envelope->hold.reason == reason_) {
            it->second.envelope->hold.person = true;
        }
    }
}

// Holding.

net::Task<conf::Result<SpoolExport::Held>> SpoolExport::hold(Look look) {
    using Done = conf::Result<Held>;
    const auto asked = std::make_shared<const Look>(std::move(look));
    std::function<void(std::function<void(Done)>)> start = [this, asked](auto done) {
        spool_.committer_.on_store(
            [this, asked, done](queue::Store& store) { done(hold_now(store, *asked)); });
    };
    Done done = co_await net::hand_over<Done>(std::move(start));
    co_return done;
}

conf::Result<SpoolExport::Held> SpoolExport::hold_now(queue::Store& store, const Look& look) {
    Held held;
    Committer::Changes changes;
    std::vector<std::string> before;
    Spool::Effects effects;
    if (look.ids.empty()) {
        const auto page = store.query(look.filter, look.from);
        if (!page) {
            return page.error();
        }
        held.next = page->next;
        hold_each(*page, held, changes, before, effects);
    }
    for (const auto id : look.ids) {
        queue::Filter by_id;
        by_id.id = id;
        const auto page = store.query(by_id, queue::MessageId(0));
        if (!page) {
            return page.error();
        }
        hold_each(*page, held, changes, before, effects);
    }
    conf::Result<void> committed;
    if (!changes.empty()) {
        committed = store.commit(changes);
    }
    if (committed) {
        const std::lock_guard lock(spool_.mutex_);
        for (const auto& old : before) {
            spool_.count_held(old, reason_);
        }
    }
    spool_.carry_out(std::move(effects));
    if (!committed) {
        return committed.error();
    }
    return held;
}

void SpoolExport::hold_each(const queue::Page& page,
                            Held& held,
                            Committer::Changes& changes,
                            std::vector<std::string>& before,
                            Spool::Effects& effects) {
    const auto now = spool_.clock_.now();
    held.damaged += page.damaged.size();
    const std::lock_guard lock(spool_.mutex_);
    for (const auto& [envelope, due] : page.messages) {
        const auto it = spool_.active_.find(envelope.id);
        if (it != spool_.active_.end()) {
            if (it->second.deleted) {
                continue;
            }
            held.busy.push_back(envelope.id);
            // Nobody's decision yet: should the relay be killed now, nothing holds the message.
            const queue::Hold& hold = it->second.envelope->hold;
            if (!hold.person && hold.reason != reason_) {
                spool_.put_on_hold(it, {reason_, now}, effects);
            }
            continue;
        }
        if (!due) {
            held.busy.push_back(envelope.id);
            continue;
        }
        held.ready.push_back(envelope.id);
        if (envelope.hold.person && !envelope.hold.reason.empty()) {
            continue;
        }
        before.push_back(envelope.hold.reason);
        auto kept = std::make_shared<queue::Envelope>(envelope);
        // Somebody held it while it was tried, and then the relay was killed.
        kept->hold = {envelope.hold.person ? std::string(kHeldByPerson) : reason_, now, true};
        effects.held.emplace_back(kept->id, kept->hold.reason);
        changes.emplace_back(queue::Update{std::move(kept), due});
    }
}

// Writing.

net::Task<> SpoolExport::write(std::vector<queue::MessageId> ids) {
    std::vector<queue::Written> batch;
    std::size_t octets = 0;
    for (std::size_t i = 0; i < ids.size(); ++i) {
        if (!goes_on()) {
            exported_.left += ids.size() - i;
            break;
        }
        std::optional<queue::Written> written = co_await write_one(ids[i]);
        if (!written) {
            continue;
        }
        octets += written->stored.envelope.size;
        batch.push_back(std::move(*written));
        if (batch.size() >= kBatch || octets >= kBatchOctets) {
            std::vector<queue::Written> full;
            full.swap(batch);
            octets = 0;
            co_await move(std::move(full));
        }
    }
    if (!batch.empty()) {
        co_await move(std::move(batch));
    }
}

net::Task<std::optional<queue::Written>> SpoolExport::write_one(queue::MessageId id) {
    using Stepped = conf::Result<bool>;
    const auto writing = std::make_shared<queue::MailExport>(spool_.store_, *folder_, id);
    for (bool more = true; more;) {
        std::function<Stepped()> work = [writing] { return writing->step(); };
        Stepped stepped = co_await spool_.disk_.run<Stepped>(std::move(work));
        if (!stepped) {
            if (stepped.error().code != queue::errc::NotFound) {  // else somebody removed it
                ++exported_.left;
                fail(stepped.error());
            }
            co_return std::nullopt;
        }
        more = *stepped;
    }
    queue::Written written{writing->stored(), writing->digest()};
    written.stored.content.header.clear();
    co_return written;
}

/// What is written leaves the store, and then the files get their names.
net::Task<> SpoolExport::move(std::vector<queue::Written> written) {
    const auto batch = std::make_shared<const std::vector<queue::Written>>(std::move(written));
    std::function<conf::Result<void>()> sync = [this] { return folder_->sync(); };
    const conf::Result<void> synced = co_await on_disk(std::move(sync));
    if (!synced) {
        exported_.left += batch->size();
        fail(synced.error());
        co_return;
    }
    conf::Result<Removed> removed = co_await remove(batch);
    if (!removed) {
        exported_.left += batch->size();
        fail(removed.error());
        ended_ = true;
        co_return;
    }
    for (const auto position : removed->changed) {
        busy_.push_back((*batch)[position].stored.envelope.id);
    }
    std::function<conf::Result<void>()> name = [this, batch, &removed]() -> conf::Result<void> {
        for (const auto& unneeded : {removed->changed, removed->ended}) {
            for (const auto position : unneeded) {
                const auto id = (*batch)[position].stored.envelope.id;
                (void)folder_->remove(queue::MailFolder::part_name(id));
            }
        }
        for (const auto position : removed->gone) {
            if (auto kept = folder_->keep((*batch)[position].stored.envelope.id); !kept) {
                return kept;
            }
        }
        return folder_->sync();
    };
    const conf::Result<void> named = co_await on_disk(std::move(name));
    if (!named) {
        fail(named.error());
        ended_ = true;
        exported_.error += ": export again to the same folder";
        co_return;
    }
    exported_.exported += removed->gone.size();
    Committer::Changes forget;
    for (const auto position : removed->gone) {
        const auto& one = (*batch)[position];
        forget.push_back(queue::forget_export(one.stored.envelope.id, one.digest));
    }
    if (!forget.empty()) {
        spool_.committer_.commit_later(std::move(forget));
    }
}

// Removing.

net::Task<conf::Result<SpoolExport::Removed>> SpoolExport::remove(
    std::shared_ptr<const std::vector<queue::Written>> of) {
    using Done = conf::Result<Removed>;
    std::function<void(std::function<void(Done)>)> start = [this, of](auto done) {
        spool_.committer_.on_store(
            [this, of, done](queue::Store& store) { done(remove_now(store, *of)); });
    };
    Done done = co_await net::hand_over<Done>(std::move(start));
    co_return done;
}

/// Nobody else changes a message that is held in the store: that is done on this thread.
conf::Result<SpoolExport::Removed> SpoolExport::remove_now(
    queue::Store& store, const std::vector<queue::Written>& batch) {
    Removed removed;
    Committer::Changes changes;
    for (std::size_t i = 0; i < batch.size(); ++i) {
        const auto id = batch[i].stored.envelope.id;
        const auto now = store.load(id);
        if (!now && now.error().code != queue::errc::NotFound) {
            return now.error();
        }
        bool active = false;
        {
            const std::lock_guard lock(spool_.mutex_);
            active = spool_.active_.contains(id);
        }
        if (!now) {
            removed.ended.push_back(i);
        } else if (active || !queue::is_unchanged(*now, batch[i])) {
            removed.changed.push_back(i);
        } else {
            removed.gone.push_back(i);
            auto both = queue::removal(batch[i]);
            std::move(both.begin(), both.end(), std::back_inserter(changes));
        }
    }
    if (changes.empty()) {
        return removed;
    }
    if (const auto committed = store.commit(changes); !committed) {
        return committed.error();
    }
    for (const auto position : removed.gone) {
        tell_removed(batch[position].stored.envelope);
    }
    return removed;
}

void SpoolExport::tell_removed(const queue::Envelope& envelope) {
    {
        const std::lock_guard lock(spool_.mutex_);
        spool_.count_held(envelope.hold.reason, "");
    }
    log::Event(log::Level::Info, "exported")
        .field("id", envelope.id.text())
        .field("folder", folder_->path());
    spool_.history_.note(
        envelope.id,
        history::Kind::Exported,
        {{history::Field::By, "a person"}, {history::Field::Reason, "to " + folder_->path()}});
    spool_.history_.finish(closed(envelope));
}

}  // namespace relay
