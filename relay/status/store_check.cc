#include "relay/status/store_check.h"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include "queue/errors.h"

namespace relay::status {

namespace {

/// All of it is lost, or nothing can be said: no matter of this message.
bool ends_the_check(const conf::Error& error) {
    return error.code == queue::errc::StoreLatched;
}

}  // namespace

StoreCheck::Body::Body(queue::MessageId of, const queue::Content& content)
    : id(of),
      parts(std::max(content.chunks, 1)),
      expected(content.body_size),
      hash(content.body_hash) {}

conf::Result<bool> StoreCheck::step() {
    const auto end = std::chrono::steady_clock::now() + step_;
    do {
        conf::Result<void> read;
        if (body_) {
            read = read_part();
        } else if (!to_read_.empty()) {
            const auto id = to_read_.front();
            to_read_.pop_front();
            read = begin(id);
        } else if (from_) {
            read = read_page();
        } else {
            return false;
        }
        if (!read) {
            return read.error();
        }
    } while (std::chrono::steady_clock::now() < end);
    return true;
}

conf::Result<void> StoreCheck::read_page() {
    const auto page = store_.query({}, *from_);
    if (!page) {
        return page.error();
    }
    for (const auto& [envelope, due] : page->messages) {
        to_read_.push_back(envelope.id);
    }
    // load() says what is wrong with them.
    to_read_.insert(to_read_.end(), page->damaged.begin(), page->damaged.end());
    std::sort(to_read_.begin(), to_read_.end());
    from_ = page->next;
    return {};
}

conf::Result<void> StoreCheck::begin(queue::MessageId id) {
    const auto stored = store_.load(id);
    if (!stored) {
        if (ends_the_check(stored.error())) {
            return stored.error();
        }
        if (stored.error().code != queue::errc::NotFound) {
            end(id, stored.error().message());
        }
        return {};
    }
    const auto& content = stored->content;
    const auto size = content.signatures.size() + content.header.size() + 2 + content.body_size;
    if (stored->envelope.size != size) {
        end(id,
            "its envelope says " + std::to_string(stored->envelope.size) + " octets, there are " +
                std::to_string(size));
        return {};
    }
    body_.emplace(id, content);
    return {};
}

conf::Result<void> StoreCheck::read_part() {
    const auto id = body_->id;
    const auto part = store_.read_body(id, body_->next);
    if (!part) {
        if (ends_the_check(part.error())) {
            return part.error();
        }
        body_.reset();
        return end_unless_gone(id, part.error().message());
    }
    body_->hash.update(*part);
    body_->octets += part->size();
    if (++body_->next < body_->parts) {
        return {};
    }
    std::string what;
    if (body_->octets != body_->expected) {
        what = "its body has " + std::to_string(body_->octets) + " octets, not " +
               std::to_string(body_->expected);
    } else if (!body_->hash.matches()) {
        what = "its body is not the one that was stored";
    }
    body_.reset();
    if (!what.empty()) {
        return end_unless_gone(id, std::move(what));
    }
    end(id, {});
    return {};
}

conf::Result<void> StoreCheck::end_unless_gone(queue::MessageId id, std::string what) {
    const auto stored = store_.load(id);
    if (!stored && ends_the_check(stored.error())) {
        return stored.error();
    }
    if (stored || stored.error().code != queue::errc::NotFound) {
        end(id, std::move(what));
    }
    return {};
}

void StoreCheck::end(queue::MessageId id, std::string what) {
    ++checked_;
    if (what.empty()) {
        return;
    }
    ++damaged_;
    if (list_.size() < kMaxListed) {
        list_.push_back({id, std::move(what)});
    }
}

std::string check_page(const StoreCheck& check) {
    using nlohmann::ordered_json;
    ordered_json page;
    page["checked"] = check.checked();
    page["damaged"] = ordered_json::array();
    for (const auto& [id, what] : check.list()) {
        page["damaged"].push_back({{"id", id.text()}, {"what", what}});
    }
    page["damaged_in_all"] = check.damaged();
    return page.dump(-1, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace relay::status
