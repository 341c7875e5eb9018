// SqliteReader::query(): one page of the messages that a Filter selects, by the index that suits
// it.
//
// By id: that row. Held: the index `due`, whose held part is sorted by id. By domain: the index
// `domain`, which knows the messages that were deferred once, under their domain or under '*' for
// several; the others, all of them at or above `first_fresh`, are looked at one by one. Everything
// else steps through the ids.
#include <algorithm>
#include <limits>
#include <utility>

#include "queue/envelope_codec.h"
#include "queue/errors.h"
#include "queue/sqlite_reader.h"

namespace queue {
namespace {

constexpr std::size_t kRows = 500;  // examined for one page
constexpr std::size_t kOctets =
    std::size_t{2} * 1024 * 1024;           // of their envelopes, from one source
constexpr std::size_t kRowsOfDomain = 150;  // of each of the two parts of the index
constexpr std::size_t kFreshRows = kRows - 2 * kRowsOfDomain;

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::string lower(std::string_view text) {
    std::string result(text);
    std::transform(result.begin(), result.end(), result.begin(), [](char c) { return lower(c); });
    return result;
}

bool equal(std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
        return lower(x) == lower(y);
    });
}

bool matches(Filter::State state, Lane lane) {
    switch (state) {
        case Filter::State::Any:
            return true;
        case Filter::State::Waiting:
            return lane == Lane::Waiting;
        case Filter::State::Active:
            return lane == Lane::Active;
        case Filter::State::Held:
            return lane == Lane::Held;
    }
    return false;
}

template <class Predicate>
bool any_open(const Envelope& envelope, Predicate predicate) {
    return std::any_of(
        envelope.recipients.begin(), envelope.recipients.end(), [&](const Recipient& recipient) {
            return recipient.is_open() && predicate(recipient.address);
        });
}

bool matches(const Filter& filter, const Envelope& envelope) {
    if (!filter.sender.empty() &&
        !equal(filter.sender == "<>" ? "" : filter.sender, envelope.sender.text())) {
        return false;
    }
    if (!filter.recipient.empty() && !any_open(envelope, [&](const Address& address) {
            return equal(address.text(), filter.recipient);
        })) {
        return false;
    }
    if (!filter.domain.empty() && !any_open(envelope, [&](const Address& address) {
            return equal(address.domain(), filter.domain);
        })) {
        return false;
    }
    return !filter.accepted_before || envelope.accepted < *filter.accepted_before;
}

}  // namespace

int SqliteReader::examine(SqliteStatement& statement, std::size_t limit, Rows& rows) {
    const SqliteReset reset(statement);
    std::size_t octets = 0;
    for (std::size_t count = 0; count < limit && octets < kOctets; ++count) {
        const int code = statement.step();
        if (code == SQLITE_DONE) {
            return SQLITE_OK;
        }
        if (code != SQLITE_ROW) {
            return code;
        }
        rows.rows.push_back(Row{MessageId(statement.number(0)),
                                due_from_column(statement.optional_number(2)),
                                lane_from_column(statement.optional_number(1)),
                                statement.number(3) == 1,
                                std::string(statement.octets(4))});
        octets += rows.rows.back().envelope.size();
    }
    const MessageId last = rows.rows.back().id;
    rows.up_to = rows.up_to ? std::min(*rows.up_to, last) : last;
    return SQLITE_OK;
}

int SqliteReader::examine_domain(const Filter& filter,
                                 MessageId from,
                                 std::int64_t first_fresh,
                                 Rows& rows) {
    // One snapshot for the three, or a message deferred meanwhile could be in none of them.
    int code = connection_.execute("BEGIN");
    const std::string domain = lower(filter.domain);
    for (const std::string& key : {domain, std::string("*")}) {
        if (code == SQLITE_OK) {
            rows_by_domain_.bind(1, from.number()).bind_text(2, key);
            code = examine(rows_by_domain_, kRowsOfDomain, rows);
        }
    }
    Rows fresh;
    if (code == SQLITE_OK) {
        rows_by_id_.bind(1, std::max(from.number(), first_fresh));
        code = examine(rows_by_id_, kFreshRows, fresh);
    }
    const int ended = connection_.execute("COMMIT");
    for (Row& row : fresh.rows) {
        if (row.fresh) {
            rows.rows.push_back(std::move(row));
        }
    }
    if (fresh.up_to) {
        rows.up_to = rows.up_to ? std::min(*rows.up_to, *fresh.up_to) : *fresh.up_to;
    }
    return code == SQLITE_OK ? ended : code;
}

int SqliteReader::choose(const Filter& filter,
                         MessageId from,
                         std::int64_t first_fresh,
                         Rows& rows) {
    if (filter.id) {
        if (*filter.id < from) {
            return SQLITE_OK;
        }
        row_by_id_.bind(1, filter.id->number());
        return examine(row_by_id_, 2, rows);
    }
    if (filter.state == Filter::State::Held) {
        // Lane 0 is that of the waiting ones.
        rows_by_held_.bind(1, std::max<std::int64_t>(from.number(), 1));
        return examine(rows_by_held_, kRows, rows);
    }
    if (!filter.domain.empty()) {
        return examine_domain(filter, from, first_fresh, rows);
    }
    rows_by_id_.bind(1, from.number());
    return examine(rows_by_id_, kRows, rows);
}

conf::Result<Page> SqliteReader::query(const Filter& filter,
                                       MessageId from,
                                       std::int64_t first_fresh) {
    Rows rows;
    if (const int code = choose(filter, from, first_fresh, rows); code != SQLITE_OK) {
        return failed(code, "list messages");
    }
    std::sort(
        rows.rows.begin(), rows.rows.end(), [](const Row& a, const Row& b) { return a.id < b.id; });
    Page page;
    for (const Row& row : rows.rows) {
        if (rows.up_to && row.id > *rows.up_to) {
            break;
        }
        if (!matches(filter.state, row.lane)) {
            continue;
        }
        auto envelope = EnvelopeCodec::decode(row.id, row.envelope);
        if (!envelope) {
            page.damaged.push_back(row.id);
        } else if (matches(filter, *envelope)) {
            page.messages.emplace_back(std::move(*envelope), row.due);
        }
    }
    if (rows.up_to && rows.up_to->number() < std::numeric_limits<std::int64_t>::max()) {
        page.next = MessageId(rows.up_to->number() + 1);
    }
    return page;
}

}  // namespace queue
