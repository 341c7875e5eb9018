#include "relay/arrival.h"

#include <algorithm>
#include <utility>

#include "conf/utf8.h"

namespace relay {

Arrival::Arrival(Spool& spool,
                 Committer& committer,
                 MemoryBudget::Reservation memory,
                 conf::Canonicalization body,
                 std::uint64_t max_size)
    : spool_(spool),
      expectation_(committer),
      memory_(std::move(memory)),
      stays_whole_(!memory_),
      hash_(body),
      max_size_(max_size),
      id_(spool.next_id()) {}

Arrival::~Arrival() {
    if (chunks_ > 0 && !accepted_) {
        spool_.drop_chunks(id_);
    }
}

void Arrival::append(std::string_view octets) {
    size_ += octets.size();
    if (size_ > max_size_) {
        fault_ = Fault::TooLarge;
    }
    if (fault_ != Fault::None) {
        return;
    }
    if (in_body_) {
        take_body(octets);
        return;
    }
    header_ += octets;
    // RFC 5322 2.1: the header ends at the first empty line.
    if (header_.starts_with("\r\n")) {
        in_body_ = true;
        const std::string body = header_.substr(2);
        header_.clear();
        take_body(body);
        return;
    }
    const auto end = header_.find("\r\n\r\n", searched_);
    if (end != std::string::npos) {
        in_body_ = true;
        const std::string body = header_.substr(end + 4);
        header_.resize(end + 2);
        take_body(body);
    } else {
        searched_ = header_.size() > 3 ? header_.size() - 3 : 0;
    }
    if (header_.size() > kMaxHeader) {
        fault_ = Fault::HeaderTooLarge;
    }
}

void Arrival::take_body(std::string_view octets) {
    hash_.update(octets);
    eight_bit_ = eight_bit_ || !conf::is_ascii(octets);
    body_lines_.update(octets);
    body_size_ += octets.size();
    body_ += octets;
}

bool Arrival::wants_spill() {
    if (fault_ != Fault::None || body_.size() < queue::kChunkSize) {
        return false;
    }
    if (chunks_ > 0) {
        return true;
    }
    // A body in one piece is written once, with its envelope; rows are written twice.
    if (!stays_whole_ && !asked_for_more_) {
        asked_for_more_ = true;
        stays_whole_ = memory_.grow(queue::kInlineBody);
    }
    return !stays_whole_ || body_.size() >= queue::kInlineBody;
}

net::Task<conf::Result<void>> Arrival::spill() {
    while (body_.size() >= queue::kChunkSize) {
        std::string row = body_.substr(0, queue::kChunkSize);
        body_.erase(0, queue::kChunkSize);
        const auto result = co_await spool_.add_chunk(id_, chunks_++, std::move(row));
        if (!result) {
            co_return result;
        }
    }
    co_return conf::Result<void>();
}

void Arrival::end() {
    eight_bit_ = eight_bit_ || !conf::is_ascii(header_);
    mime::LineLimit of_header;
    of_header.update(header_);
    long_line_ = of_header.exceeded() || body_lines_.exceeded();
}

}  // namespace relay
