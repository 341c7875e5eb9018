#include "dkim/canonical.h"

#include <gtest/gtest.h>

#include "tests/dkim/reference_canonical.h"

namespace {

using conf::Canonicalization;

std::string canonical(const std::string& block, Canonicalization canonicalization) {
    const auto header = dkim::Header::parse(block);
    EXPECT_TRUE(header) << block;
    std::string out;
    if (header) {
        for (const dkim::Field& field : header->fields()) {
            dkim::append_canonical(field, canonicalization, out);
        }
    }
    return out;
}

// RFC 6376 3.4.5
const std::string kExample = "A: X\r\nB : Y\t\r\n\tZ  \r\n";

TEST(CanonicalHeader, SimpleChangesNothing) {
    EXPECT_EQ(canonical(kExample, Canonicalization::Simple), kExample);
}

TEST(CanonicalHeader, RelaxedIsThatOfTheRfc) {
    EXPECT_EQ(canonical(kExample, Canonicalization::Relaxed), "a:X\r\nb:Y Z\r\n");
}

TEST(CanonicalHeader, RelaxedDropsWhatIsWhiteOnly) {
    EXPECT_EQ(canonical("A:\r\n", Canonicalization::Relaxed), "a:\r\n");
    EXPECT_EQ(canonical("A: \t \r\n", Canonicalization::Relaxed), "a:\r\n");
    EXPECT_EQ(canonical("A:\r\n \r\n\t\r\n", Canonicalization::Relaxed), "a:\r\n");
    EXPECT_EQ(canonical("A: x\r\n \r\n\t\r\n", Canonicalization::Relaxed), "a:x\r\n");
    EXPECT_EQ(canonical("A:\r\n x\r\n \r\n y\r\n", Canonicalization::Relaxed), "a:x y\r\n");
}

TEST(CanonicalHeader, RelaxedKeepsTheCaseOfValuesAndEightBit) {
    EXPECT_EQ(canonical("SUBJECT:  Gr\xc3\xbc\xc3\x9f"
                        "e  \xff AN:Alle\r\n",
                        Canonicalization::Relaxed),
              "subject:Gr\xc3\xbc\xc3\x9f"
              "e \xff AN:Alle\r\n");
}

TEST(CanonicalHeader, RelaxedAgreesWithTheReferenceOnAllShortValues) {
    const std::vector<std::string> pieces = {"x", " ", "\t", "\r\n ", "\r\n\t", ":", "Y"};
    const std::size_t count = pieces.size();
    for (std::size_t n = 0; n < count * count * count * count * count; ++n) {
        std::string field = "Na-Me ";
        field += n % 2 == 0 ? ":" : "\t:";
        for (std::size_t rest = n, i = 0; i < 5; ++i, rest /= count) {
            field += pieces[rest % count];
        }
        field += "\r\n";
        ASSERT_EQ(canonical(field, Canonicalization::Relaxed), reference::relaxed_field(field))
            << n;
    }
}

TEST(FindReducible, StopsWhereRelaxedCouldChangeSomething) {
    // Every position, so that both the wide and the narrow path see each case.
    for (std::size_t at = 0; at < 70; ++at) {
        for (const std::string_view special : {"\tx", "  ", " \t", " \r\n", "\t\t", " \n"}) {
            std::string text(at, 'a');
            for (std::size_t i = 3; i + 1 < at; i += 7) {
                text[i] = ' ';
            }
            text += special;
            text += std::string(40, 'b');
            EXPECT_EQ(dkim::find_reducible(text.data(), text.data() + text.size()) - text.data(),
                      static_cast<std::ptrdiff_t>(at));
        }
    }
}

TEST(FindReducible, PassesOverSingleSpacesAndLineEnds) {
    std::string text;
    for (int i = 0; i < 40; ++i) {
        text += "word \xff\x80 x\r\n\r\n y\x01";
    }
    EXPECT_EQ(dkim::find_reducible(text.data(), text.data() + text.size()),
              text.data() + text.size());
    text += ' ';
    EXPECT_EQ(dkim::find_reducible(text.data(), text.data() + text.size()),
              text.data() + text.size() - 1);
    EXPECT_EQ(dkim::find_reducible(text.data(), text.data()), text.data());
}

}  // namespace
