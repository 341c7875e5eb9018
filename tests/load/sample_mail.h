// SampleMail: messages as applications send them, already signed and stamped, for the programs that
// drive the store without SMTP.
//
// All share one content, which is whole: its body has its digest, its signature field has a
// signature's form and no more. Envelopes are made once per domain and copied.
//
// Threads: safe once made.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "queue/message.h"

namespace load {

class SampleMail {
public:
    /// Messages of `size` octets to one recipient each, in turn at `domains` domains, which share
    /// kSites hosts: d0.s0.<suffix>, d1.s1.<suffix> and so on; behind s<kSites - 1> s0 comes
    /// again. Ends the program where these make no addresses.
    static constexpr std::size_t kSites = 250;
    SampleMail(std::size_t size, std::size_t domains, const std::string& suffix);

    /// Number `number`, accepted at `accepted`.
    [[nodiscard]] queue::Message message(queue::MessageId id,
                                         std::uint64_t number,
                                         queue::Instant accepted) const;
    /// The same envelope after an attempt that was put off until `due`.
    static queue::Envelope deferred(queue::Envelope envelope, queue::Instant due);

    [[nodiscard]] const std::shared_ptr<const queue::Content>& content() const { return content_; }
    /// Octets that the store is given of each message, the envelope aside.
    [[nodiscard]] std::size_t payload() const;

private:
    std::shared_ptr<const queue::Content> content_;
    std::vector<queue::Envelope> envelopes_;
};

}  // namespace load
