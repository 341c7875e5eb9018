// Messages, folders and shorthands for the tests of stores.
#pragma once

#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "queue/store.h"
#include "tests/support/temporary_folder.h"

namespace queue {

/// Milliseconds after a fixed moment of 2026.
Instant at(std::int64_t ms);

/// An id of node 1 made at `at(ms)`.
MessageId id_at(std::int64_t ms, int sequence = 0);

struct Sample {
    std::int64_t ms = 0;  // of id and acceptance
    std::string sender = "sender@example.com";
    std::vector<std::string> recipients = {"user@example.net"};
    std::string hold = {};
    std::size_t body = 1000;
    int chunks = 0;
    std::uint64_t size = 2000;
};
std::shared_ptr<const Message> make_message(const Sample& sample);
/// The same with its envelope held for `reason`; released by an empty one.
std::shared_ptr<const Envelope> with_hold(Envelope envelope, const std::string& reason);

/// A vector whose elements need no copy of each other's kind.
template <class... Changes>
std::vector<Change> changes(Changes... items) {
    std::vector<Change> all;
    (all.emplace_back(std::in_place_type<Changes>, std::move(items)), ...);
    return all;
}

/// A new folder under the system's temporary one, removed with all that is in it.
using TempFolder = support::TemporaryFolder;

}  // namespace queue
