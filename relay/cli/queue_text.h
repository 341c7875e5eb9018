// The pages of the queue, as a person reads them on a terminal.
//
// Threads: no state.     Errors: nothing where the page is not what the relay writes.
#pragma once

#include <optional>
#include <string>

#include "queue/message_id.h"

namespace relay::cli {

/// /status "queue": counts, age, and what holds messages.
std::optional<std::string> summary_text(const std::string& page);
/// /messages/ID.
std::optional<std::string> message_text(const std::string& page);

/// /queue/check: how many were read, and what is wrong with the damaged ones.
struct CheckText {
    std::string text;
    std::size_t damaged = 0;
};
std::optional<CheckText> check_text(const std::string& page);

/// One page of /queue.
struct ListText {
    std::string table;  // rows alone; the first page has a heading
    std::string json;   // the messages as elements of an array, without its brackets
    std::size_t messages = 0;
    std::string damaged;  // ids of rows that cannot be read, with commas
    std::optional<::queue::MessageId> next;
};
enum class Heading { With, Without };
std::optional<ListText> list_text(const std::string& page, Heading heading);

}  // namespace relay::cli
