#include "relay/cli/dkim_input.h"

#include <fstream>

#include <gtest/gtest.h>

#include "tests/support/temporary_folder.h"

namespace relay::cli {
namespace {

class Input : public testing::Test {
protected:
    DkimInput of(const std::string& text) {
        std::ofstream(folder_.file("m.eml"), std::ios::binary) << text;
        return DkimInput::open(folder_.file("m.eml")).value();
    }
    static std::string all_of(DkimInput& input) {
        std::string body;
        for (std::string piece = input.body().value(); !piece.empty();
             piece = input.body().value()) {
            body += piece;
        }
        return body;
    }

    support::TemporaryFolder folder_;
};

TEST_F(Input, PartsHeaderAndBody) {
    auto input = of("A: 1\r\nB: 2\r\n 3\r\n\r\nbody\r\n\r\nmore");
    EXPECT_EQ(input.header().value(), "A: 1\r\nB: 2\r\n 3\r\n");
    EXPECT_EQ(all_of(input), "body\r\n\r\nmore");
}

TEST_F(Input, MakesOnlyLoneLineFeedsWhole) {
    auto input = of("A: 1\nB: 2\r\n\nx\ny\r\n\rz\r\r\n");
    EXPECT_EQ(input.header().value(), "A: 1\r\nB: 2\r\n");
    EXPECT_EQ(all_of(input), "x\r\ny\r\n\rz\r\r\n");
}

TEST_F(Input, TakesWhatHasNoBodyOrNoHeader) {
    auto header_alone = of("A: 1\nB: 2");
    EXPECT_EQ(header_alone.header().value(), "A: 1\r\nB: 2\r\n");
    EXPECT_EQ(all_of(header_alone), "");
    auto empty_body = of("A: 1\n\n");
    EXPECT_EQ(empty_body.header().value(), "A: 1\r\n");
    EXPECT_EQ(all_of(empty_body), "");
    auto body_alone = of("\nbody\n");
    EXPECT_EQ(body_alone.header().value(), "");
    EXPECT_EQ(all_of(body_alone), "body\r\n");
    auto nothing = of("");
    EXPECT_EQ(nothing.header().value(), "");
    EXPECT_EQ(all_of(nothing), "");
}

TEST_F(Input, ReadsBodiesOfAnySizeInPieces) {
    std::string body;
    while (body.size() < 300000) {
        body += std::string(body.size() % 97, 'x') + "\r\n";
    }
    auto input = of("A: " + std::string(70000, 'y') + "\r\n\r\n" + body);
    EXPECT_EQ(input.header().value().size(), 70005U);
    const std::string first = input.body().value();
    EXPECT_LT(first.size(), 200000U);
    EXPECT_EQ(first + all_of(input), body);
}

TEST_F(Input, RefusesAHeaderWithoutEnd) {
    auto input = of("A: " + std::string(DkimInput::kMaxHeader, 'y'));
    const auto header = input.header();
    ASSERT_FALSE(header);
    EXPECT_NE(header.error().message().find("larger than 1 MiB"), std::string::npos);
    auto with_end = of("A: " + std::string(DkimInput::kMaxHeader, 'y') + "\r\n\r\nbody");
    EXPECT_FALSE(with_end.header());
}

TEST_F(Input, NamesWhatCannotBeRead) {
    const auto missing = DkimInput::open(folder_.file("none"));
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().message().find(folder_.file("none") + ": No such file"), 0U);
    auto folder = DkimInput::open(folder_.path());
    ASSERT_TRUE(folder);
    const auto header = folder->header();
    ASSERT_FALSE(header);
    EXPECT_EQ(header.error().message().find(folder_.path() + ": Is a directory"), 0U);
}

}  // namespace
}  // namespace relay::cli
