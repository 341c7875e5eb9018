// Generated messages, recoded: what a receiver reads is what was there, and all of it can be sent.
#include <algorithm>
#include <array>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "conf/utf8.h"
#include "relay/mime/errors.h"
#include "tests/relay/mime/message_reader.h"
#include "tests/relay/mime/recode.h"

namespace relay::mime {
namespace {

class Generator {
public:
    explicit Generator(std::uint32_t seed) : random_(seed) {}

    std::size_t below(std::size_t limit) { return random_() % limit; }

    tests::Message message() {
        tests::Message result;
        result.header = "Subject: " + (below(8) == 0 ? words(1500) : words(20)) + "\r\n";
        auto entity = this->entity(0);
        result.header += entity.header;
        result.body = std::move(entity.body);
        return result;
    }

private:
    std::string words(std::size_t size) {
        std::string text = "w";
        while (text.size() < size) {
            text += below(9) == 0 ? ' ' : static_cast<char>('a' + below(26));
        }
        return text + "w";
    }

    std::string line() {
        static const std::vector<std::string> kinds = {"",
                                                       "-",
                                                       "--",
                                                       ".",
                                                       "From x",
                                                       "a=b",
                                                       "=",
                                                       "--b1",
                                                       "--b2 ",
                                                       "trailing \t",
                                                       "tab\t",
                                                       "\r",
                                                       "a\nb"};
        switch (below(7)) {
            case 0:
                return kinds[below(kinds.size())];
            case 1:
                return "gr\xC3\xBC\xC3\x9F";
            case 2:
                return below(4) == 0 ? "\xFF\xFE\x80" : "ascii";
            case 3:
                return below(3) == 0 ? words(900 + below(3000)) : words(70 + below(10));
            case 4:
                return below(4) == 0
                           ? kinds[below(kinds.size())] + std::string(990 + below(200), ' ')
                           : " x";
            default:
                return words(below(80));
        }
    }

    std::string text() {
        std::string result;
        for (std::size_t lines = below(6); lines > 0; --lines) {
            result += line() + "\r\n";
        }
        return result + line();
    }

    std::string one_of(const std::vector<std::string>& choices) {
        return choices[below(choices.size())];
    }

    tests::Message entity(std::size_t depth) {
        tests::Message result;
        const std::size_t choice = depth > 3 ? 9 : below(10);
        if (choice < 3) {
            // Boundaries that prefix each other.
            const std::string boundary = "b" + std::string(depth, '1');
            result.header = "Content-Type: multipart/" +
                            one_of({"mixed", "digest", "signed", "alternative"}) + "; boundary=\"" +
                            boundary + "\"\r\n" +
                            one_of({"", "", "Content-Transfer-Encoding: 8bit\r\n"});
            if (below(4) == 0) {
                result.body = text() + "\r\n";
            }
            for (std::size_t parts = below(4); parts > 0; --parts) {
                const auto part = entity(depth + 1);
                result.body += "--" + boundary + "\r\n" + part.header + "\r\n" + part.body + "\r\n";
            }
            if (below(8) != 0) {
                result.body += "--" + boundary + "--" + one_of({"", " "});
                if (below(4) == 0) {
                    result.body += "\r\n" + text();
                }
            }
        } else if (choice == 3) {
            const auto inner = entity(depth + 1);
            result.header = "Content-Type: message/rfc822\r\n";
            result.body = "Subject: inner\r\n" + inner.header + "\r\n" + inner.body;
        } else {
            result.header = one_of({"",
                                    "Content-Type: text/plain\r\n",
                                    "Content-Type: text/plain; charset=utf-8\r\n",
                                    "Content-Type: application/x\r\n"}) +
                            one_of({"",
                                    "",
                                    "Content-Transfer-Encoding: 8bit\r\n",
                                    "Content-Transfer-Encoding: base64\r\n",
                                    "Content-Transfer-Encoding: quoted-printable\r\n",
                                    "Content-Transfer-Encoding: x-odd\r\n"});
            result.body = text();
        }
        return result;
    }

    std::minstd_rand random_;
};

bool was_encoded(const tests::ReadPart& part) {
    return part.encoding == "base64" || part.encoding == "quoted-printable";
}

/// Reads `message` as a receiver does, without what lies in sealed parts.
std::vector<tests::ReadPart> contents(const tests::ReadPart& part) {
    if (part.type == "multipart/signed" || part.parts.empty()) {
        return {part};
    }
    std::vector<tests::ReadPart> all;
    for (const auto& inner : part.parts) {
        const auto found = contents(inner);
        all.insert(all.end(), found.begin(), found.end());
    }
    return all;
}

void expect_same_contents(const tests::Message& before,
                          const tests::Message& after,
                          Wishes wishes) {
    const auto old_parts = contents(tests::read_part(before.header, before.body));
    const auto new_parts = contents(tests::read_part(after.header, after.body));
    ASSERT_EQ(old_parts.size(), new_parts.size());
    for (std::size_t i = 0; i < old_parts.size(); ++i) {
        const auto& old_part = old_parts[i];
        const auto& new_part = new_parts[i];
        if (old_part.type.starts_with("multipart/")) {
            continue;
        }
        EXPECT_EQ(new_part.content, old_part.content);
        const bool is_mended = was_encoded(old_part);
        if (is_mended) {
            EXPECT_EQ(new_part.encoding, old_part.encoding);
        }
        const bool must = (wishes.long_lines && tests::longest_line(old_part.content) > 998) ||
                          (wishes.eight_bit && !conf::is_ascii(old_part.content));
        if (!is_mended && old_part.encoding != "x-odd") {
            EXPECT_EQ(was_encoded(new_part), must) << old_part.content;
        }
    }
}

constexpr std::array<Wishes, 3> kWishes = {{{true, false}, {false, true}, {true, true}}};

TEST(RecoderProperty, HoldsForGeneratedMessages) {
    int encoded = 0;
    int refused = 0;
    for (std::uint32_t seed = 1; seed <= 4000; ++seed) {
        SCOPED_TRACE(seed);
        Generator generator(seed);
        const tests::Message message = generator.message();
        const Wishes wishes = kWishes[seed % kWishes.size()];
        const auto whole = tests::recode(message, wishes);

        // The cut does not matter.
        const std::size_t most = std::array<std::size_t, 4>{1, 3, 80, 3000}[generator.below(4)];
        const auto cut = tests::recode(message, wishes, [&] { return 1 + generator.below(most); });
        ASSERT_EQ(whole.has_value(), cut.has_value());
        if (!whole) {
            EXPECT_EQ(whole.error().message(), cut.error().message());
            ++refused;
            continue;
        }
        ASSERT_EQ(whole->message, cut->message);

        if (!whole->changed) {
            ASSERT_EQ(whole->message, message);
        } else {
            ++encoded;
        }
        if (wishes.long_lines) {
            ASSERT_LE(tests::longest_line(whole->message.body), 998U);
            ASSERT_LE(tests::longest_line(whole->message.header), 998U);
        }
        expect_same_contents(message, whole->message, wishes);
        // Once is enough.
        const auto again = tests::recode(whole->message, wishes);
        ASSERT_TRUE(again) << again.error().message();
        EXPECT_FALSE(again->changed);
        if (testing::Test::HasFailure()) {
            GTEST_FAIL() << testing::PrintToString(message.header + "\r\n" + message.body) << "\n"
                         << testing::PrintToString(whole->message.header + "\r\n" +
                                                   whole->message.body);
        }
    }
    EXPECT_GT(encoded, 1000);
    EXPECT_GT(refused, 100);
}

}  // namespace
}  // namespace relay::mime
