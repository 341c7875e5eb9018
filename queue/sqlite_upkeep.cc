// SqliteWriter, second part: what it puts in order when there is time.
#include <algorithm>
#include <limits>

#include "queue/sqlite_writer.h"

namespace queue {
namespace {

constexpr int kFreshRows = 2000;  // looked at at once
constexpr Duration kSweepInterval = std::chrono::minutes(1);
constexpr std::int64_t kSparePages = 1024;  // free ones that are kept for the next mail

}  // namespace

conf::Result<void> SqliteWriter::tidy(Instant now) {
    if (latch_.is_set()) {
        return latch_.error();
    }
    int code = advance_first_fresh();
    if (code == SQLITE_OK && now >= next_sweep_) {
        next_sweep_ = now + kSweepInterval;
        code = sweep_facts_.bind(1, now.time_since_epoch().count()).run();
        if (code == SQLITE_OK && fresh_mark_ < first_fresh_) {
            code = set_mark_.bind(1, mark_).bind(2, first_fresh_.load()).run();
            fresh_mark_ = first_fresh_;
        }
    }
    if (code == SQLITE_OK) {
        code = give_pages_back();
    }
    if (code != SQLITE_OK) {
        return failed(code, "tidy");
    }
    return {};
}

int SqliteWriter::advance_first_fresh() {
    const SqliteReset reset(read_fresh_);
    std::int64_t first = first_fresh_;
    if (first == std::numeric_limits<std::int64_t>::max()) {
        return SQLITE_OK;
    }
    read_fresh_.bind(1, first).bind(2, kFreshRows);
    int rows = 0;
    for (; rows < kFreshRows; ++rows) {
        const int code = read_fresh_.step();
        if (code == SQLITE_DONE) {
            first = std::numeric_limits<std::int64_t>::max();
            break;
        }
        if (code != SQLITE_ROW) {
            return code;
        }
        first = read_fresh_.number(0);
        if (read_fresh_.number(1) == 1) {
            break;
        }
        ++first;
    }
    first_fresh_ = first;
    return SQLITE_OK;
}

int SqliteWriter::give_pages_back() {
    const auto free = connection_.ask("PRAGMA freelist_count");
    const auto all = connection_.ask("PRAGMA page_count");
    if (!free || !all || *free <= std::max(kSparePages, *all / 4)) {
        return SQLITE_OK;
    }
    return connection_.execute("PRAGMA incremental_vacuum(128)");
}

}  // namespace queue
