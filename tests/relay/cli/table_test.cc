#include "relay/cli/table.h"

#include <gtest/gtest.h>

namespace relay::cli {
namespace {

TEST(Table, AlignsColumnsAndLeavesTheLastAlone) {
    Table table({"ID", "REASON"});
    table.add({"abc", "long words"});
    table.add({"a", ""});
    EXPECT_EQ(table.text(), "ID   REASON\nabc  long words\na    \n");
}

TEST(Table, MayHaveNoHeadingAndLeastWidths) {
    Table table;
    table.set_least(0, 4);
    table.add({"a", "b"});
    EXPECT_EQ(table.text(), "a     b\n");
    EXPECT_EQ(Table().text(), "");
}

TEST(Table, ShowsNoControlOctets) {
    Table table;
    table.add({"a\x1b[31m\n", "b\x7f"});
    EXPECT_EQ(table.text(), "a?[31m?  b?\n");
}

}  // namespace
}  // namespace relay::cli
