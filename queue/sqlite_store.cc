#include "queue/sqlite_store.h"

#include <algorithm>
#include <atomic>
#include <sys/stat.h>
#include <utility>

#include "queue/data_folder.h"
#include "queue/disk_reserve.h"
#include "queue/envelope_check.h"
#include "queue/errors.h"
#include "queue/latch.h"
#include "queue/ledger.h"
#include "queue/sqlite_reader.h"
#include "queue/sqlite_schema.h"
#include "queue/sqlite_writer.h"

namespace queue {
namespace {

constexpr const char* kDatabase = "queue.db";
constexpr const char* kReserveFile = "reserve";
constexpr Duration kCheckPatience = std::chrono::seconds(1);

/// Whether something other than new mail is to be stored. A report comes with what it settles.
bool has_outcome(std::span<const Change> changes) {
    return std::any_of(changes.begin(), changes.end(), [](const Change& change) {
        return !std::holds_alternative<Insert>(change) && !std::holds_alternative<AddChunk>(change);
    });
}

/// The parts in the order of their building; they go in the opposite one: the readers close before
/// the writer's last checkpoint, and the folder is unlocked after everything.
class OpenStore final : public Store {
public:
    OpenStore(DataFolder folder,
              std::unique_ptr<DiskReserve> reserve,
              SqliteConnection connection,
              const Inventory& inventory,
              Instant now)
        : folder_(std::move(folder)),
          reserve_(std::move(reserve)),
          ledger_(inventory.totals, inventory.last),
          writer_(std::move(connection), inventory, latch_, ledger_),
          readers_(folder_.file(kDatabase)),
          now_(now) {}

    conf::Result<void> check_envelopes() {
        auto reader =
            SqliteConnection::open(folder_.file(kDatabase), SqliteConnection::Access::Read);
        if (!reader) {
            return reader.error();
        }
        check_ = std::make_unique<EnvelopeCheck>(std::move(*reader), latch_);
        return check_->wait(kCheckPatience).value_or(conf::Result<void>());
    }

    conf::Result<void> commit(std::span<const Change> changes) override {
        auto stored = writer_.commit(changes);
        if (is_full(stored) && has_outcome(changes) && reserve_->release()) {
            stored = writer_.commit(changes);
        }
        return stored;
    }

    conf::Result<std::vector<Envelope>> claim_due(Instant now, std::size_t limit) override {
        now_ = now;
        auto claimed = writer_.claim_due(now, limit);
        if (is_full(claimed) && reserve_->release()) {
            claimed = writer_.claim_due(now, limit);
        }
        return claimed;
    }

    conf::Result<std::optional<Instant>> next_due() override {
        return read([](SqliteReader& reader) { return reader.next_due(); });
    }

    conf::Result<std::vector<Envelope>> held(MessageId after, std::size_t limit) override {
        return read([&](SqliteReader& reader) { return reader.held(after, limit); });
    }

    conf::Result<Stored> load(MessageId id) override {
        return read([&](SqliteReader& reader) { return reader.load(id); });
    }

    conf::Result<std::string> read_body(MessageId id, int number) override {
        return read([&](SqliteReader& reader) { return reader.read_body(id, number); });
    }

    conf::Result<Page> query(const Filter& filter, MessageId from) override {
        return read([&](SqliteReader& reader) {
            return reader.query(filter, from, writer_.first_fresh());
        });
    }

    conf::Result<Totals> totals() override {
        const auto oldest = read([](SqliteReader& reader) { return reader.oldest(); });
        if (!oldest) {
            return oldest.error();
        }
        Totals totals = ledger_.totals();
        totals.oldest = *oldest;
        return totals;
    }

    std::uint64_t messages() override {
        const Totals totals = ledger_.totals();
        return totals.waiting + totals.active + totals.held;
    }

    conf::Result<std::map<std::string, std::string>> recall(const std::string& topic) override {
        return read([&](SqliteReader& reader) { return reader.recall(topic, now_); });
    }

    MessageId last_id() override { return ledger_.last(); }

    std::uint64_t journal_octets() override { return writer_.journal_octets(); }

    conf::Result<std::uint64_t> free_octets() override {
        auto own = read([](SqliteReader& reader) { return reader.free_page_octets(); });
        if (!own) {
            return own;
        }
        auto disk = folder_.free_octets();
        if (!disk) {
            return disk;
        }
        return *own + *disk;
    }

    std::string latched() override { return latch_.is_set() ? latch_.reason() : std::string(); }

    conf::Result<void> tidy(Instant now) override {
        now_ = now;
        if (!reserve_->is_full()) {
            if (const auto free = folder_.free_octets()) {
                reserve_->fill(*free);
            }
        }
        return writer_.tidy(now);
    }

private:
    template <class Result>
    static bool is_full(const Result& result) {
        return !result && result.error().code == errc::StoreFull;
    }

    template <class Call>
    auto read(Call call) -> decltype(call(std::declval<SqliteReader&>())) {
        if (latch_.is_set()) {
            return latch_.error();
        }
        return readers_.with(std::move(call));
    }

    DataFolder folder_;
    std::unique_ptr<DiskReserve> reserve_;
    Latch latch_;
    Ledger ledger_;
    SqliteWriter writer_;
    SqliteReaders readers_;
    std::atomic<Instant> now_;  // the latest that anybody told
    std::unique_ptr<EnvelopeCheck> check_;
};

/// A clean stop leaves no journal.
bool has_journal(const DataFolder& folder) {
    struct stat state {};
    const std::string journal = folder.file(std::string(kDatabase) + "-wal");
    return ::stat(journal.c_str(), &state) == 0 && state.st_size > 0;
}

}  // namespace

conf::Result<std::unique_ptr<Store>> SqliteStore::open(const std::string& data_dir,
                                                       Instant now,
                                                       std::uint64_t reserve) {
    if (sqlite3_threadsafe() == 0) {
        return error(errc::StoreUnwritable, "this SQLite library was built without threads");
    }
    auto folder = DataFolder::take(data_dir);
    if (!folder) {
        return folder.error();
    }
    auto kept = std::make_unique<DiskReserve>(folder->file(kReserveFile), reserve);
    const bool unclean = has_journal(*folder);
    if (const auto created = folder->create(kDatabase); !created) {
        return created.error();
    }
    auto connection =
        SqliteConnection::open(folder->file(kDatabase), SqliteConnection::Access::Write);
    if (!connection) {
        return connection.error();
    }
    if (const auto prepared = prepare_schema(*connection); !prepared) {
        return prepared.error();
    }
    const auto inventory = take_stock(*connection, now);
    if (!inventory) {
        return inventory.error();
    }
    if (const auto free = folder->free_octets()) {
        kept->fill(*free);
    }
    auto store = std::make_unique<OpenStore>(
        std::move(*folder), std::move(kept), std::move(*connection), *inventory, now);
    if (unclean) {
        if (const auto checked = store->check_envelopes(); !checked) {
            return checked.error();
        }
    }
    return std::unique_ptr<Store>(std::move(store));
}

}  // namespace queue
