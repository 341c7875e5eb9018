#include "relay/cli/stopped_queue.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "queue/errors.h"
#include "relay/cli/stopped_moves.h"
#include "relay/clock.h"
#include "relay/status/message_page.h"
#include "relay/status/status_page.h"
#include "relay/status/store_check.h"

namespace relay::cli {

namespace {

using ::queue::MessageId;

class StoppedQueue final : public QueueAccess {
public:
    StoppedQueue(std::unique_ptr<::queue::Store> store,
                 std::unique_ptr<history::HistoryStore> history)
        : store_(std::move(store)), history_(std::move(history)) {}

    conf::Result<std::string> summary() override {
        const auto totals = store_->totals();
        if (!totals) {
            return totals.error();
        }
        Pauses pauses;
        if (const auto recalled = pauses.recall(*store_); !recalled) {
            return recalled.error();
        }
        return status::queue_summary(*totals, pauses.get()->list(), wall_clock());
    }

    conf::Result<std::optional<std::string>> show(MessageId id) override {
        history::Story story;
        if (history_ != nullptr) {
            if (auto read = history_->read(id)) {
                story = std::move(*read);
            }
        }
        auto stored = store_->load(id);
        std::optional<Explained> known;
        if (stored) {
            const bool held = !stored->envelope.hold.reason.empty();
            known = Explained{std::move(stored->envelope), held ? "held" : "waiting", stored->due};
        } else if (stored.error().code == ::queue::errc::NotFound) {
            known = explain_finished(id, story);
        } else {
            return stored.error();
        }
        if (!known) {
            return std::optional<std::string>();
        }
        known->story = std::move(story);
        return std::optional(status::message_page(*known, wall_clock()));
    }

    conf::Result<std::string> list(const status::Selection& selection,
                                   std::optional<MessageId> from) override {
        const auto filter = status::filter_of(selection, wall_clock());
        if (!filter) {
            return filter.error();
        }
        const auto page = store_->query(*filter, from.value_or(MessageId(0)));
        if (!page) {
            return page.error();
        }
        return status::queue_page(*page, wall_clock());
    }

    conf::Result<std::size_t> retry(const status::Selection& selection) override {
        const auto now = wall_clock();
        auto narrowed = selection;
        narrowed.state = "waiting";
        return walk(
            narrowed, history::Kind::Retried, [now](const ::queue::Envelope& envelope, Due) {
                auto soon = std::make_shared<::queue::Envelope>(envelope);
                make_due(*soon, now);
                return Changed(::queue::Update{std::move(soon), now});
            });
    }

    conf::Result<std::size_t> remove(const status::Selection& selection) override {
        return walk(selection, history::Kind::Deleted, [](const ::queue::Envelope& envelope, Due) {
            return Changed(::queue::Remove{envelope.id});
        });
    }

    conf::Result<std::size_t> hold(const status::HoldRequest& request) override {
        const auto reason = status::hold_reason(request);
        if (!reason) {
            return reason.error();
        }
        const auto now = wall_clock();
        return walk(request.selection,
                    history::Kind::Held,
                    [&](const ::queue::Envelope& envelope, Due due) {
                        auto held = std::make_shared<::queue::Envelope>(envelope);
                        if (!held->hold.person || held->hold.reason != *reason) {
                            held->hold = {*reason, now, true};
                        }
                        return Changed(::queue::Update{std::move(held), due.value_or(now)});
                    });
    }

    conf::Result<Spool::Released> release(const status::Selection& selection) override {
        const auto now = wall_clock();
        Spool::Released result;
        // Of those that somebody held while they were being sent, and then the relay was killed,
        // the row does not say held: all rows are looked at.
        auto widened = selection;
        widened.state.clear();
        const auto count =
            walk(widened,
                 history::Kind::Released,
                 [&](const ::queue::Envelope& envelope, Due) -> Changed {
                     if (!envelope.hold.person) {
                         result.held_otherwise += envelope.hold.reason.empty() ? 0 : 1;
                         return std::nullopt;
                     }
                     auto released = std::make_shared<::queue::Envelope>(envelope);
                     released->hold = {};
                     released->signed_by.clear();  // as the relay does: it is signed anew
                     make_due(*released, now);
                     return ::queue::Update{std::move(released), now};
                 });
        if (!count) {
            return count.error();
        }
        result.released = *count;
        return result;
    }

    conf::Result<bool> pause(const Pause& pause) override {
        const auto before = paused();
        if (!before) {
            return before.error();
        }
        if ((*before)->contains(pause)) {
            return false;
        }
        if ((*before)->size() >= Pauses::kMost) {
            return Pauses::too_many();
        }
        return commit(Pauses::remember({pause, wall_clock()}));
    }

    conf::Result<bool> resume(const Pause& pause) override {
        const auto before = paused();
        if (!before) {
            return before.error();
        }
        if (!(*before)->contains(pause)) {
            return false;
        }
        const auto done = commit(Pauses::forget(pause));
        if (!done || pause.what() != Pause::What::Domain) {
            return done;  // what it held is judged when the relay starts
        }
        // What went on for its other recipients has its turn when theirs comes: too late now.
        const auto after = paused();
        if (!after) {
            return after.error();
        }
        status::Selection selection;
        selection.domain = pause.name();
        selection.state = "waiting";
        const auto woken = walk(
            selection, std::nullopt, [&](const ::queue::Envelope& envelope, Due due) -> Changed {
                const auto earlier = (*after)->due(envelope);
                if (due && earlier >= *due) {
                    return std::nullopt;
                }
                return ::queue::Update{std::make_shared<::queue::Envelope>(envelope), earlier};
            });
        if (!woken) {
            return woken.error();
        }
        return true;
    }

    conf::Result<Exported> export_to(const status::ExportRequest& request) override {
        const auto filter = status::filter_of(request.selection, wall_clock());
        if (!filter) {
            return filter.error();
        }
        const auto folder = ::queue::MailFolder::open(request.folder);
        if (!folder) {
            return folder.error();
        }
        return export_stopped(*store_, history_.get(), *folder, *filter);
    }

    conf::Result<Imported> import_from(const std::string& path) override {
        const auto folder = ::queue::MailFolder::open(path);
        if (!folder) {
            return folder.error();
        }
        return import_stopped(*store_, history_.get(), *folder);
    }

    conf::Result<std::string> check() override {
        status::StoreCheck check(*store_);
        for (;;) {
            const auto more = check.step();
            if (!more) {
                return more.error();
            }
            if (!*more) {
                return status::check_page(check);
            }
        }
    }

private:
    using Due = std::optional<::queue::Instant>;
    using Changed = std::optional<::queue::Change>;

    static void make_due(::queue::Envelope& envelope, ::queue::Instant now) {
        for (auto& recipient : envelope.recipients) {
            if (recipient.due != ::queue::Instant::max()) {  // it has expired, its report is owed
                recipient.due = std::min(recipient.due, now);
            }
        }
    }

    conf::Result<std::shared_ptr<const PauseSet>> paused() {
        Pauses pauses;
        if (const auto recalled = pauses.recall(*store_); !recalled) {
            return recalled.error();
        }
        return pauses.get();
    }

    conf::Result<bool> commit(::queue::Change change) {
        const std::vector<::queue::Change> changes{std::move(change)};
        if (const auto committed = store_->commit(changes); !committed) {
            return committed.error();
        }
        return true;
    }

    /// By whose hand it was, for the history; without it the queue is changed all the same.
    static void tell(history::Kind kind,
                     const ::queue::Envelope& envelope,
                     std::vector<history::Event>& events) {
        history::Event event;
        event.id = envelope.id;
        event.time = wall_clock();
        event.kind = kind;
        event.add(history::Field::By, "a person");
        events.push_back(event);
        if (kind == history::Kind::Deleted) {
            auto ended = std::make_shared<::queue::Envelope>(envelope);
            for (auto& recipient : ended->recipients) {
                if (recipient.is_open()) {
                    recipient.state = recipient.awaits_report()
                                          ? ::queue::Recipient::State::Delivered
                                          : ::queue::Recipient::State::Deleted;
                }
            }
            event.kind = history::Kind::Finished;
            event.envelope = std::move(ended);
            events.push_back(std::move(event));
        }
    }

    /// What `step` makes of each match, committed page by page; how many that were. `kind`: what
    /// it means for a message.
    template <class Step>
    conf::Result<std::size_t> walk(const status::Selection& selection,
                                   std::optional<history::Kind> kind,
                                   Step step) {
        const auto filter = status::filter_of(selection, wall_clock());
        if (!filter) {
            return filter.error();
        }
        std::size_t count = 0;
        for (std::optional<MessageId> from = MessageId(0); from;) {
            const auto page = store_->query(*filter, *from);
            if (!page) {
                return page.error();
            }
            std::vector<::queue::Change> changes;
            std::vector<history::Event> events;
            for (const auto& [envelope, due] : page->messages) {
                if (Changed change = step(envelope, due)) {
                    changes.push_back(std::move(*change));
                    if (kind) {
                        tell(*kind, envelope, events);
                    }
                }
            }
            if (!changes.empty()) {
                if (const auto committed = store_->commit(changes); !committed) {
                    return committed.error();
                }
                if (history_ != nullptr && !events.empty()) {
                    (void)history_->write(events);
                }
            }
            count += changes.size();
            from = page->next;
        }
        return count;
    }

    std::unique_ptr<::queue::Store> store_;
    std::unique_ptr<history::HistoryStore> history_;
};

}  // namespace

std::unique_ptr<QueueAccess> stopped_queue(std::unique_ptr<::queue::Store> store,
                                           std::unique_ptr<history::HistoryStore> history) {
    return std::make_unique<StoppedQueue>(std::move(store), std::move(history));
}

}  // namespace relay::cli
