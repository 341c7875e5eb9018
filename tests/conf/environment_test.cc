#include "conf/environment.h"

#include <cstdlib>

#include <gtest/gtest.h>

#include "conf/errors.h"

namespace conf {
namespace {

class Environment : public testing::Test {
protected:
    void SetUp() override {
        setenv("SIGNET_TEST_A", "alpha", 1);
        setenv("SIGNET_TEST_NESTED", "${SIGNET_TEST_A}", 1);
        setenv("SIGNET_TEST_EMPTY", "", 1);
        unsetenv("SIGNET_TEST_UNSET");
    }

    static std::string expanded(std::string_view text) {
        const auto result = expand_environment(text);
        return result ? *result : "refused: " + result.error().message();
    }
    static errc refused(std::string_view text) {
        const auto result = expand_environment(text);
        return result ? errc{} : static_cast<errc>(result.error().code.value());
    }
};

TEST_F(Environment, TakesNamesFromTheEnvironment) {
    EXPECT_EQ(expanded("${SIGNET_TEST_A}"), "alpha");
    EXPECT_EQ(expanded("x${SIGNET_TEST_A}${SIGNET_TEST_A}y"), "xalphaalphay");
    EXPECT_EQ(expanded("<${SIGNET_TEST_EMPTY}>"), "<>");
}

TEST_F(Environment, ExpandsAValueOnlyOnce) {
    EXPECT_EQ(expanded("${SIGNET_TEST_NESTED}"), "${SIGNET_TEST_A}");
}

TEST_F(Environment, LeavesOtherDollarsAlone) {
    for (const auto* text :
         {"", "$", "$$", "a$b", "$SIGNET_TEST_A", "{a}", "SCRAM-SHA-256$4096:x=", "x$"}) {
        EXPECT_EQ(expanded(text), text);
    }
}

TEST_F(Environment, TwoDollarsStandForTheCharacters) {
    EXPECT_EQ(expanded("$${SIGNET_TEST_A}"), "${SIGNET_TEST_A}");
    EXPECT_EQ(expanded("$$${"), "$${");
}

TEST_F(Environment, RefusesUnsetAndMalformedNames) {
    EXPECT_EQ(refused("${SIGNET_TEST_UNSET}"), errc::UnsetVariable);
    EXPECT_NE(expanded("${SIGNET_TEST_UNSET}").find("SIGNET_TEST_UNSET"), std::string::npos);
    for (const auto* text : {"${", "${}", "${A", "${1A}", "${A B}", "${A-B}", "x${\n}"}) {
        EXPECT_EQ(refused(text), errc::BadReference) << text;
    }
}

TEST_F(Environment, RefusesValuesThatAreNoUtf8) {
    for (const auto* value : {"\xFF",
                              "\xC3",
                              "\xC0\x80",
                              "\xE0\x80\x80",
                              "\xED\xA0\x80",
                              "\xF4\x90\x80\x80",
                              "a\x80"}) {
        setenv("SIGNET_TEST_OCTETS", value, 1);
        EXPECT_EQ(refused("${SIGNET_TEST_OCTETS}"), errc::BadVariable);
    }
    for (const auto* value : {"\xC3\xBC", "\xE2\x82\xAC", "\xF0\x9F\x93\xA7", "\xF4\x8F\xBF\xBF"}) {
        setenv("SIGNET_TEST_OCTETS", value, 1);
        EXPECT_EQ(expanded("${SIGNET_TEST_OCTETS}"), value);
    }
}

TEST_F(Environment, EscapingComesBackToTheSame) {
    for (const auto* text :
         {"", "a", "$", "${", "$${", "$$${${", "${SIGNET_TEST_A}", "$$", "{$}{"}) {
        EXPECT_EQ(expanded(escape_environment(text)), text);
    }
}

}  // namespace
}  // namespace conf
