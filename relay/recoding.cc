#include "relay/recoding.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "relay/store_refusal.h"

namespace relay {

namespace {

// Encoded it is up to three times as long, and a row at most.
constexpr std::size_t kPiece = std::size_t{64} * 1024;

}  // namespace

/// `take`, on the workers, for every octet of the body in order.
template <class Take>
net::Task<std::optional<smtp::Reply>> Recoding::each_piece(Take take) {
    for (int number = 0; number <= from_.rows(); ++number) {
        std::string row;
        if (number < from_.rows()) {
            auto stored = co_await spool_.fetch_chunk(from_.id(), number);
            if (!stored) {
                co_return store_refusal(stored.error());
            }
            row = std::move(*stored);
        }
        const std::string_view octets = number < from_.rows() ? row : from_.tail();
        for (std::size_t at = 0; at < octets.size(); at += kPiece) {
            if (auto reason = co_await take(octets.substr(at, kPiece))) {
                co_return reason;
            }
        }
    }
    co_return std::nullopt;
}

net::Task<std::optional<smtp::Reply>> Recoding::survey(mime::Wishes wishes) {
    auto begun = mime::Survey::begin(from_.header(), wishes);
    if (!begun) {
        co_return smtp::Reply{550, "5.6.0", begun.error().message()};
    }
    mime::Survey& survey = *begun;
    auto take = [this, &survey](std::string_view octets) -> net::Task<std::optional<smtp::Reply>> {
        std::function<bool()> work = [&survey, octets] {
            survey.read(octets);
            return true;
        };
        (void)co_await workers_.run<bool>(std::move(work));
        co_return std::nullopt;
    };
    if (auto reason = co_await each_piece(take)) {
        co_return reason;
    }
    auto plan = survey.finish();
    if (!plan) {
        co_return smtp::Reply{550, "5.6.0", plan.error().message()};
    }
    plan_ = std::move(*plan);
    co_return std::nullopt;
}

net::Task<std::optional<smtp::Reply>> Recoding::write(Arrival& into) {
    mime::Recoder recoder(std::move(*plan_));
    into.append(recoder.header(from_.header()) + "\r\n");
    auto take =
        [this, &recoder, &into](std::string_view octets) -> net::Task<std::optional<smtp::Reply>> {
        std::function<std::string()> work = [&recoder, octets] {
            std::string encoded;
            recoder.write(octets, encoded);
            return encoded;
        };
        into.append(co_await workers_.run<std::string>(std::move(work)));
        if (into.wants_spill()) {
            const auto spilt = co_await into.spill();
            if (!spilt) {
                co_return store_refusal(spilt.error());
            }
        }
        co_return std::nullopt;
    };
    if (auto reason = co_await each_piece(take)) {
        co_return reason;
    }
    std::string rest;
    recoder.finish(rest);
    into.append(rest);
    into.end();
    co_return std::nullopt;
}

}  // namespace relay
