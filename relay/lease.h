// Lease: the right to make one attempt, together with what is to be sent. Moves forward with one
// owner.
//
// A lease destroyed unsettled gives its attempt back to its destination: no path through the code
// can lose a message.
//
// Threads: one owner at a time; may move between threads.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "queue/attempt.h"
#include "queue/message.h"

namespace relay {

class Spool;

class Lease {
public:
    Lease(Spool& spool,
          queue::Attempt attempt,
          std::shared_ptr<const queue::Envelope> envelope,
          std::shared_ptr<const queue::Content> content)
        : spool_(&spool),
          attempt_(std::move(attempt)),
          envelope_(std::move(envelope)),
          content_(std::move(content)) {}
    ~Lease();
    Lease(Lease&& other) noexcept
        : spool_(std::exchange(other.spool_, nullptr)),
          attempt_(std::move(other.attempt_)),
          envelope_(std::move(other.envelope_)),
          content_(std::move(other.content_)) {}
    Lease& operator=(Lease&& other) noexcept {
        std::swap(spool_, other.spool_);
        std::swap(attempt_, other.attempt_);
        std::swap(envelope_, other.envelope_);
        std::swap(content_, other.content_);
        return *this;
    }

    [[nodiscard]] const queue::Attempt& attempt() const { return attempt_; }
    /// As it was when the lease was given.
    [[nodiscard]] const queue::Envelope& envelope() const { return *envelope_; }
    /// Empty while the content lies in the store alone: Spool::fetch brings it.
    [[nodiscard]] const std::shared_ptr<const queue::Content>& content() const { return content_; }
    void set_content(std::shared_ptr<const queue::Content> content) {
        content_ = std::move(content);
    }

private:
    friend class Spool;
    Spool* spool_;
    queue::Attempt attempt_;
    std::shared_ptr<const queue::Envelope> envelope_;
    std::shared_ptr<const queue::Content> content_;
};

}  // namespace relay
