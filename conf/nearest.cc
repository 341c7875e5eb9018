#include "conf/nearest.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace conf {

namespace {

constexpr std::size_t kLongestWord = 64;  // no key of ours is longer; bounds the table below

std::string plain(std::string_view word) {
    std::string folded(word);
    for (char& c : folded) {
        if (c >= 'A' && c <= 'Z') {
            c = static_cast<char>(c - 'A' + 'a');
        } else if (c == '-') {
            c = '_';
        }
    }
    return folded;
}

/// Optimal string alignment distance; three rows are enough, since a swap looks two rows back.
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> before(b.size() + 1);
    std::vector<std::size_t> above(b.size() + 1);
    std::vector<std::size_t> row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) {
        above[j] = j;
    }
    for (std::size_t i = 1; i <= a.size(); ++i) {
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t exchanged = above[j - 1] + (a[i - 1] == b[j - 1] ? 0U : 1U);
            row[j] = std::min({above[j] + 1, row[j - 1] + 1, exchanged});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                row[j] = std::min(row[j], before[j - 2] + 1);
            }
        }
        std::swap(before, above);
        std::swap(above, row);
    }
    return above[b.size()];
}

}  // namespace

std::optional<std::string> nearest(std::string_view word, std::span<const std::string> known) {
    if (word.size() > kLongestWord) {
        return std::nullopt;
    }
    const std::string written = plain(word);
    std::size_t least = std::max<std::size_t>(1, written.size() / 2) + 1;
    std::optional<std::string> found;
    for (const std::string& candidate : known) {
        const std::size_t steps = distance(written, plain(candidate));
        // "tl" is no misspelt "from": something of the word must remain.
        if (steps < least && steps < candidate.size()) {
            least = steps;
            found = candidate;
        }
    }
    return found;
}

}  // namespace conf
