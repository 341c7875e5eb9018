// make_backlog: fills a data folder as a long outage of its receivers would: messages that were put
// off once, each with its history.
//
// Messages go in as the relay writes them, an insert and the update of its first deferral, but many
// more at once; their history is written beside, by a thread of its own. They were
// accepted over the hour before, in turn for --domains domains, and become due in no order over
// --due seconds from the beginning of the program on.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "queue/sqlite_store.h"
#include "relay/clock.h"
#include "relay/history/history_store.h"
#include "tests/load/options.h"
#include "tests/load/sample_mail.h"

namespace {

using relay::history::Event;
using relay::history::Field;
using relay::history::Kind;

// Nobody waits for these commits. The indexes' pages, which random times and domains scatter, are
// written once in each: the larger it is, the fewer.
constexpr std::size_t kCommit = std::size_t{128} * 1024 * 1024;
constexpr std::size_t kTidied = 1000;  // changes, safely, that one tidy() goes through
constexpr std::size_t kStoriesAtOnce = 2000;
constexpr std::chrono::hours kAcceptedOver{1};

struct Put {
    queue::MessageId id;
    queue::Instant accepted, due;
};

template <class Result>
void need(const Result& result) {
    if (!result) {
        std::fprintf(stderr, "%s\n", result.error().message().c_str());
        std::_Exit(1);  // the other thread is at work
    }
}

std::vector<Put> plan(std::uint64_t messages, std::chrono::seconds due, queue::MessageId last) {
    const auto now = relay::wall_clock();
    queue::IdSource ids(1, last);
    std::mt19937_64 random(1);
    std::uniform_int_distribution<std::int64_t> wait(0, queue::Duration(due).count());
    std::vector<Put> all;
    all.reserve(messages);
    for (std::uint64_t n = 0; n < messages; ++n) {
        const auto age = queue::Duration(kAcceptedOver) * static_cast<std::int64_t>(messages - n) /
                         static_cast<std::int64_t>(messages);
        const auto accepted = now - age;
        all.push_back({ids.next(accepted), accepted, now + queue::Duration(wait(random))});
    }
    return all;
}

void fill_queue(queue::Store& store, const load::SampleMail& mail, const std::vector<Put>& all) {
    std::vector<queue::Change> changes;
    std::size_t octets = 0;
    for (std::size_t n = 0; n < all.size(); ++n) {
        const Put& put = all[n];
        auto message = std::make_shared<queue::Message>(mail.message(put.id, n, put.accepted));
        auto after = std::make_shared<const queue::Envelope>(
            load::SampleMail::deferred(message->envelope, put.due));
        changes.emplace_back(queue::Insert{std::move(message), std::nullopt});
        changes.emplace_back(queue::Update{std::move(after), put.due});
        octets += mail.payload();
        if (octets >= kCommit || n + 1 == all.size()) {
            need(store.commit(changes));
            // The relay does so about once a second: the next start need not read these again.
            for (std::size_t looked = 0; looked < changes.size(); looked += kTidied) {
                need(store.tidy(relay::wall_clock()));
            }
            changes.clear();
            octets = 0;
        }
    }
}

std::string transcript_of(const std::string& domain) {
    const std::string host = "mx." + domain;
    return "connecting to " + host + " [192.0.2.1]:25\n" + "connected to " + host +
           " [192.0.2.1]:25\n" + "S: 220 " + host + " ESMTP ready\nC: EHLO relay.example.org\n" +
           "S: 250-" + host + "\nS: 250-PIPELINING\nS: 250-SIZE 52428800\nS: 250-8BITMIME\n" +
           "S: 250 ENHANCEDSTATUSCODES\nC: MAIL FROM:<app@example.com> SIZE=10240\n" +
           "C: RCPT TO:<somebody@" + domain + ">\nC: DATA\nS: 250 2.1.0 ok\n" +
           "S: 450 4.2.0 greylisted, try again in five minutes\n" +
           "S: 554 5.5.1 no valid recipients\nC: RSET\nS: 250 2.0.0 ok\n";
}

void fill_history(const std::string& folder,
                  const load::SampleMail& mail,
                  const std::vector<Put>& all) {
    auto store = relay::history::HistoryStore::open(
        folder, {std::chrono::hours(72), std::uint64_t{1} << 40});
    need(store);
    std::vector<Event> events;
    for (std::size_t n = 0; n < all.size(); ++n) {
        const Put& put = all[n];
        const auto envelope =
            load::SampleMail::deferred(mail.message(put.id, n, put.accepted).envelope, put.due);
        const queue::Recipient& recipient = envelope.recipients.front();
        const queue::Outcome& outcome = *recipient.last;
        const std::string domain(recipient.address.domain());
        Event accepted{put.id, put.accepted, Kind::Accepted, {}, {}, {}};
        accepted.add(Field::Client, envelope.client)
            .add(Field::From, envelope.sender.text())
            .add(Field::To, recipient.address.text())
            .add(Field::Size, std::to_string(envelope.size))
            .add(Field::Signed, envelope.signed_by);
        Event attempt{put.id, put.accepted, Kind::Attempt, {}, transcript_of(domain), {}};
        attempt.add(Field::Site, outcome.host)
            .add(Field::Host, outcome.host)
            .add(Field::Ip, outcome.ip)
            .add(Field::Outcome, recipient.address.text() + " deferred: " + outcome.text)
            .add(Field::Took, "120");
        Event deferred{put.id, put.accepted, Kind::Deferred, {}, {}, {}};
        deferred.add(Field::To, recipient.address.text())
            .add(Field::Host, outcome.host)
            .add(Field::Ip, outcome.ip)
            .add(Field::Reply, outcome.text)
            .add(Field::Delay, "0")
            .add(Field::Next, std::to_string(put.due.time_since_epoch().count()));
        for (Event* event : {&accepted, &attempt, &deferred}) {
            events.push_back(std::move(*event));
        }
        if (events.size() >= 3 * kStoriesAtOnce || n + 1 == all.size()) {
            need((*store)->write(events));
            events.clear();
        }
    }
}

}  // namespace

int main(int argc, char** argv) {
    const load::Options options(argc,
                                argv,
                                {{"folder", ""},
                                 {"messages", "1000000"},
                                 {"domains", "20000"},
                                 {"suffix", "backlog.example"},
                                 {"size", "10240"},
                                 {"due", "14400"}});
    const std::string& folder = options.text("folder");
    const double begin = load::now();
    auto store = queue::SqliteStore::open(folder, relay::wall_clock());
    need(store);
    const load::SampleMail mail(options.number("size", 1024 * 1024),
                                std::max<std::uint64_t>(1, options.number("domains", 1'000'000)),
                                options.text("suffix"));
    const auto all = plan(std::max<std::uint64_t>(1, options.number("messages", 100'000'000)),
                          std::chrono::seconds(options.number("due")),
                          (*store)->last_id());
    std::thread history([&] { fill_history(folder, mail, all); });
    fill_queue(**store, mail, all);
    const double queued = load::now() - begin;
    history.join();
    store->reset();
    std::printf("%zu messages in %.1f s, %.0f a second; with their history and all closed %.1f s\n",
                all.size(),
                queued,
                static_cast<double>(all.size()) / queued,
                load::now() - begin);
    return 0;
}
