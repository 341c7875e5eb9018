// EventCodec: the events of one row of history.db, as octets, and back.
//
// A version octet, then event after event: time, kind, number of fields, each field (its number
// and its text), transcript. Numbers are LEB128 (7 bits an octet, low ones first), texts have
// their length before them. The id is the row's key; the envelope of a finished message has a
// column of its own (queue/envelope_codec).
//
// Threads: no state.
// Errors: decode() gives the events before the first octet that cannot be right, for any octets
//   whatever: half a story is better than none. Kinds and fields of a later version are left out.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "relay/history/event.h"

namespace relay::history {

/// Behind those that `octets` has already.
void append_encoded(const Event& event, std::string& octets);
std::vector<Event> decode_events(queue::MessageId id, std::string_view octets);

}  // namespace relay::history
