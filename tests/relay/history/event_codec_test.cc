#include "relay/history/event_codec.h"

#include <limits>

#include <gtest/gtest.h>

#include "tests/relay/history/events.h"

namespace relay::history {
namespace {

const queue::MessageId kId(77);

TEST(EventCodec, GivesBackWhatItWasGiven) {
    Event first = event(kId, Kind::Accepted);
    first.add(Field::Client, "192.0.2.7").add(Field::To, std::string("\0\xff\n", 3));
    first.add(Field::Tls, "");
    Event second = attempt(kId, 20000);
    second.add(Field::Outcome, "one").add(Field::Outcome, "two");
    second.time =
        conf::Instant(std::chrono::milliseconds(std::numeric_limits<std::int64_t>::max()));
    std::string octets;
    append_encoded(first, octets);
    append_encoded(second, octets);
    EXPECT_EQ(decode_events(kId, octets), (std::vector<Event>{first, second}));
}

TEST(EventCodec, KnowsTheNamesOfAllThatItWrites) {
    for (int kind = 1; kind <= static_cast<int>(Kind::Finished); ++kind) {
        EXPECT_FALSE(name(static_cast<Kind>(kind)).empty()) << kind;
    }
    for (int field = 1; field <= static_cast<int>(Field::About); ++field) {
        EXPECT_FALSE(name(static_cast<Field>(field)).empty()) << field;
    }
    EXPECT_TRUE(name(static_cast<Kind>(0)).empty());
    EXPECT_TRUE(name(static_cast<Field>(99)).empty());
}

TEST(EventCodec, LeavesOutWhatALaterVersionAdded) {
    Event known = event(kId, Kind::Held, "why");
    Event strange = event(kId, static_cast<Kind>(99));
    Event mixed = known;
    mixed.fields.emplace_back(static_cast<Field>(99), "new");
    std::string octets;
    append_encoded(strange, octets);
    append_encoded(mixed, octets);
    EXPECT_EQ(decode_events(kId, octets), (std::vector<Event>{known}));
}

TEST(EventCodec, KeepsTheEventsBeforeTheDamage) {
    const Event good = event(kId, Kind::Held, "why");
    std::string octets;
    append_encoded(good, octets);
    const auto whole = octets.size();
    append_encoded(event(kId, Kind::Released, "because"), octets);
    for (std::size_t size = 0; size < octets.size(); ++size) {
        const auto events = decode_events(kId, std::string_view(octets).substr(0, size));
        EXPECT_EQ(events.size(), size < whole ? 0U : 1U) << size;
    }
}

TEST(EventCodec, ReadsAnyOctets) {
    std::string octets;
    append_encoded(attempt(kId, 300), octets);
    append_encoded(event(kId, Kind::Held, "why"), octets);
    for (std::size_t place = 0; place < octets.size(); ++place) {
        for (const int octet : {0, 1, 0x7f, 0x80, 0xff}) {
            std::string damaged = octets;
            damaged[place] = static_cast<char>(octet);
            EXPECT_LE(decode_events(kId, damaged).size(), 200U);
        }
    }
    EXPECT_TRUE(decode_events(kId, "").empty());
    EXPECT_TRUE(decode_events(kId, "\x02").empty());
    EXPECT_TRUE(decode_events(kId, std::string("\x01") + std::string(100, '\xff')).empty());
}

}  // namespace
}  // namespace relay::history
