// reference.toml, show() and the reader know the same keys with the same defaults.
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include <gtest/gtest.h>

#include "conf/parse.h"
#include "tests/conf/minimal.h"

namespace conf {
namespace {

const std::string kFile = std::string(SIGNET_SOURCE_DIR) + "/conf/reference.toml";

std::string reference() {
    std::ifstream file(kFile);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

bool is_key(std::string_view word) {
    return !word.empty() &&
           word.find_first_not_of("abcdefghijklmnopqrstuvwxyz_") == std::string_view::npos;
}

struct Line {
    std::string value;
    bool commented = false;
    std::string above;  // the line over it
};

/// Each "key = value" or "# key = value" by the key's full name; both files write one a line.
std::map<std::string, Line> lines_of(const std::string& text) {
    std::map<std::string, Line> lines;
    std::istringstream stream(text);
    std::string table;
    std::string above;
    for (std::string line; std::getline(stream, line); above = line) {
        if (line.starts_with('[') || line.starts_with("# [")) {
            const std::size_t begin = line.find_first_not_of("# [");
            table = line.substr(begin, line.find(']') - begin) + ".";
            continue;
        }
        const bool commented = line.starts_with("# ");
        const std::string body = commented ? line.substr(2) : line;
        const std::size_t equals = body.find(" = ");
        if (equals != std::string::npos && is_key(body.substr(0, equals))) {
            const std::string key = table + body.substr(0, equals);
            EXPECT_FALSE(lines.contains(key)) << "twice: " << key;
            lines[key] = {body.substr(equals + 3), commented, above};
        }
    }
    return lines;
}

/// These have no default: the file cannot do without them.
const std::set<std::string> kRequired = {"hostname",
                                         "postmaster",
                                         "user.name",
                                         "user.password",
                                         "domain.name",
                                         "domain.selector.name",
                                         "domain.selector.key"};

TEST(Reference, IsRight) {
    const Loaded loaded = load(kFile);
    if (const auto* problems = std::get_if<std::vector<Problem>>(&loaded)) {
        for (const Problem& problem : *problems) {
            ADD_FAILURE() << problem.message();
        }
    }
}

TEST(Reference, HasExactlyTheKeysOfTheReader) {
    std::set<std::string> written;
    for (const auto& [key, line] : lines_of(reference())) {
        written.insert(key);
    }
    const auto known = known_keys();
    EXPECT_EQ(written, std::set<std::string>(known.begin(), known.end()));
}

TEST(Reference, GivesEveryOptionalKeyTheDefaultOfTheCode) {
    const auto defaults = lines_of(show(configured(kMinimal)));
    for (const auto& [key, line] : lines_of(reference())) {
        if (kRequired.contains(key)) {
            EXPECT_NE(line.above.find("Required"), std::string::npos) << key;
        } else if (line.commented) {
            EXPECT_FALSE(defaults.contains(key)) << key << " has a default: write it without '#'";
        } else {
            ASSERT_TRUE(defaults.contains(key)) << "show() does not print " << key;
            EXPECT_EQ(line.value, defaults.at(key).value) << key;
        }
    }
}

TEST(Reference, CommentedKeysAreRightOnceTheCommentIsTakenAway) {
    std::string text = reference();
    for (const auto* key :
         {"# sign_from", "# sign_until", "# [[user]]", "# name", "# password", "# senders"}) {
        const std::size_t at = text.find(key);
        ASSERT_NE(at, std::string::npos);
        text.erase(at, 2);
    }
    EXPECT_EQ(message(text), "right");
}

TEST(Reference, SaysASentenceOverEveryKey) {
    for (const auto& [key, line] : lines_of(reference())) {
        EXPECT_TRUE(line.above.starts_with("# ") && line.above.ends_with(".")) << key;
    }
}

TEST(Reference, MissingRequiredKeysAreAllThatIsMissed) {
    // Every optional key may really be left out.
    EXPECT_EQ(message(kMinimal), "right");
    for (const auto* key : {"hostname", "postmaster", "name", "key"}) {
        std::string text = kMinimal;
        const std::size_t at = text.find(std::string("\n") + key + " = ") + 1;
        text.erase(at, text.find('\n', at) + 1 - at);
        EXPECT_NE(message(text).find("' is missing"), std::string::npos) << key;
    }
}

}  // namespace
}  // namespace conf
