#include "queue/envelope_check.h"

#include <utility>

#include "queue/errors.h"

namespace queue {
namespace {

conf::Result<void> check(const SqliteConnection& reader) {
    SqliteStatement statement = reader.prepare("PRAGMA quick_check(envelope)");
    const int code = statement.step();
    if (code == SQLITE_ROW && statement.octets(0) == "ok") {
        return {};
    }
    if (code == SQLITE_ROW) {
        return error(errc::StoreDamaged,
                     reader.path() + ": " + std::string(statement.octets(0)) +
                         ": move it away and keep it, what is whole in it can be recovered");
    }
    if (reader.fault(code) == SqliteFault::Busy) {
        return {};  // interrupted: the store closes, and the next start looks again if need be
    }
    return reader.error(code, "check the envelopes");
}

}  // namespace

EnvelopeCheck::EnvelopeCheck(SqliteConnection reader, Latch& latch) : reader_(std::move(reader)) {
    std::promise<conf::Result<void>> promise;
    result_ = promise.get_future();
    thread_ = std::thread([this, &latch, done = std::move(promise)]() mutable {
        conf::Result<void> result = check(reader_);
        if (!result) {
            latch.set(result.error().message());
        }
        done.set_value(std::move(result));
    });
}

EnvelopeCheck::~EnvelopeCheck() {
    reader_.interrupt();
    thread_.join();
}

std::optional<conf::Result<void>> EnvelopeCheck::wait(conf::Duration patience) {
    if (result_.wait_for(patience) != std::future_status::ready) {
        return std::nullopt;
    }
    return result_.get();
}

}  // namespace queue
