#include "tests/crash/journal.h"

#include <algorithm>
#include <utility>

namespace crash {

int Journal::next_number() {
    const std::lock_guard lock(mutex_);
    return ++last_;
}

void Journal::offer(PromisedMessage message) {
    const Position now = recording_.position();
    const std::lock_guard lock(mutex_);
    last_ = std::max(last_, message.number);
    message.accepted.begun = std::min(message.accepted.begun, now);
    if (message.id && !numbers_.emplace(*message.id, message.number).second) {
        complaints_.push_back("the id " + message.id->text() + " was given twice");
    }
    messages_[message.number] = std::move(message);
}

void Journal::accepted(int number) {
    const Position now = recording_.position();
    const std::lock_guard lock(mutex_);
    auto& told = messages_.at(number).accepted.told;
    told = std::min(told, now);
}

void Journal::accepted(queue::MessageId id) {
    if (const int number = number_of(id); number != 0) {
        accepted(number);
    }
}

void Journal::identify(queue::MessageId id, int number) {
    const std::lock_guard lock(mutex_);
    numbers_.emplace(id, number);
    if (const auto found = messages_.find(number); found != messages_.end()) {
        found->second.id = id;
    }
}

int Journal::number_of(queue::MessageId id) const {
    const std::lock_guard lock(mutex_);
    const auto found = numbers_.find(id);
    return found == numbers_.end() ? 0 : found->second;
}

void Journal::settling(int number, const std::vector<Ending>& endings) {
    const Position now = recording_.position();
    const std::lock_guard lock(mutex_);
    PromisedMessage& message = messages_.at(number);
    for (const Ending& ending : endings) {
        auto& recipient = message.recipients[static_cast<std::size_t>(ending.position)];
        recipient.attempts.push_back({now, kNever});
        if (ending.kind == Ending::Kind::Closed) {
            recipient.closed.begun = std::min(recipient.closed.begun, now);
        } else if (ending.kind == Ending::Kind::DeliveredReportOwed) {
            recipient.delivered.begun = std::min(recipient.delivered.begun, now);
        }
    }
}

void Journal::settled(int number, const std::vector<Ending>& endings) {
    const Position now = recording_.position();
    const std::lock_guard lock(mutex_);
    PromisedMessage& message = messages_.at(number);
    for (const Ending& ending : endings) {
        auto& recipient = message.recipients[static_cast<std::size_t>(ending.position)];
        recipient.attempts.back().told = now;
        if (ending.kind == Ending::Kind::Closed) {
            recipient.closed.told = std::min(recipient.closed.told, now);
        } else if (ending.kind == Ending::Kind::DeliveredReportOwed) {
            recipient.delivered.told = std::min(recipient.delivered.told, now);
        }
    }
}

void Journal::reporting(PromisedMessage report) {
    const Position now = recording_.position();
    {
        const std::lock_guard lock(mutex_);
        ++under_way_[report.original];
        PromisedMessage& original = messages_.at(report.original);
        for (const int position : report.positions) {
            auto& closed = original.recipients[static_cast<std::size_t>(position)].closed;
            closed.begun = std::min(closed.begun, now);
        }
    }
    offer(std::move(report));
}

void Journal::reported(int number) {
    const Position now = recording_.position();
    const std::lock_guard lock(mutex_);
    PromisedMessage& report = messages_.at(number);
    report.accepted.told = std::min(report.accepted.told, now);
    --under_way_[report.original];
    PromisedMessage& original = messages_.at(report.original);
    for (const int position : report.positions) {
        auto& closed = original.recipients[static_cast<std::size_t>(position)].closed;
        closed.told = std::min(closed.told, now);
    }
}

bool Journal::is_reported_on(int number) const {
    const std::lock_guard lock(mutex_);
    const auto found = under_way_.find(number);
    return found != under_way_.end() && found->second > 0;
}

void Journal::removing(int number) {
    const Position now = recording_.position();
    const std::lock_guard lock(mutex_);
    auto& begun = messages_.at(number).removed.begun;
    begun = std::min(begun, now);
}

void Journal::removed(int number) {
    const Position now = recording_.position();
    const std::lock_guard lock(mutex_);
    auto& told = messages_.at(number).removed.told;
    told = std::min(told, now);
}

void Journal::remembering(const std::string& key, std::optional<std::string> value) {
    const Position now = recording_.position();
    const std::lock_guard lock(mutex_);
    facts_[key].push_back({std::move(value), {now, kNever}});
}

void Journal::remembered(const std::string& key) {
    const Position now = recording_.position();
    const std::lock_guard lock(mutex_);
    facts_.at(key).back().promise.told = now;
}

void Journal::wrong(std::string what) {
    const std::lock_guard lock(mutex_);
    complaints_.push_back(std::move(what));
}

PromisedMessage Journal::message(int number) const {
    const std::lock_guard lock(mutex_);
    return messages_.at(number);
}

std::vector<int> Journal::accepted_numbers() const {
    const std::lock_guard lock(mutex_);
    std::vector<int> numbers;
    for (const auto& [number, message] : messages_) {
        if (message.accepted.told != kNever) {
            numbers.push_back(number);
        }
    }
    return numbers;
}

std::string body_of(int number, std::size_t octets) {
    std::string body;
    body.reserve(octets + 80);
    for (unsigned line = 0; body.size() < octets; ++line) {
        body += "line " + std::to_string(line) + " of message " + std::to_string(number) + ": " +
                std::to_string(line * 2654435761U ^ static_cast<unsigned>(number) * 40503U) +
                "\r\n";
    }
    return body;
}

std::optional<std::string> field_of(std::string_view header, std::string_view field) {
    const std::string begin = std::string(field) + ": ";
    auto at = header.starts_with(begin) ? 0 : header.find("\r\n" + begin);
    if (at == std::string_view::npos) {
        return std::nullopt;
    }
    at += begin.size() + (at == 0 && header.starts_with(begin) ? 0 : 2);
    return std::string(header.substr(at, header.find("\r\n", at) - at));
}

}  // namespace crash
