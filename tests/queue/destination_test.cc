#include "queue/destination.h"

#include <gtest/gtest.h>

namespace queue {
namespace {

TEST(Destination, StartsSlowlyAndGrowsToItsLimit) {
    Destination destination(5);
    EXPECT_EQ(destination.limit(), 2);
    for (const int limit : {3, 4, 5, 5, 5}) {
        destination.reached();
        EXPECT_EQ(destination.limit(), limit);
    }
}

TEST(Destination, HalvesAfterFailuresButKeepsOne) {
    Destination destination(20);
    for (int i = 0; i < 18; ++i) {
        destination.reached();
    }
    for (const int limit : {10, 5, 2, 1, 1}) {
        destination.failed();
        EXPECT_EQ(destination.limit(), limit);
    }
    destination.reached();
    EXPECT_EQ(destination.limit(), 2);
}

TEST(Destination, BeginsAnewOnceForEachOccasion) {
    Destination destination(20);
    for (int i = 0; i < 5; ++i) {
        destination.reached();
    }
    destination.begin_anew(7);
    EXPECT_EQ(destination.limit(), 2);
    destination.reached();
    destination.begin_anew(7);
    EXPECT_EQ(destination.limit(), 3);
    destination.begin_anew(8);
    EXPECT_EQ(destination.limit(), 2);
    destination.failed();
    destination.begin_anew(9);
    EXPECT_EQ(destination.limit(), 1) << "it had trouble";
}

TEST(Destination, NeverStartsAboveItsMaximum) {
    EXPECT_EQ(Destination(1).limit(), 1);
}

TEST(Destination, CountsItsConnections) {
    Destination destination(3);
    destination.opened();
    destination.opened();
    destination.closed();
    EXPECT_EQ(destination.connections(), 1);
    EXPECT_FALSE(destination.has_waiting());
    EXPECT_FALSE(destination.wants_connection());
}

}  // namespace
}  // namespace queue
