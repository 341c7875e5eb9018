// Table: rows in aligned columns, for people. Control octets of a value show as '?'.
//
// Threads: one owner.
#pragma once

#include <string>
#include <vector>

namespace relay::cli {

class Table {
public:
    using Row = std::vector<std::string>;

    /// Without a heading nothing is printed above the rows.
    explicit Table(Row heading = {});
    /// As many cells as the heading has, where there is one.
    void add(Row row);
    /// At least so wide, so that pages printed one after another stand under each other.
    void set_least(std::size_t column, std::size_t width);
    /// Each line with its end; the last column is not padded.
    [[nodiscard]] std::string text() const;

private:
    bool has_heading_;
    std::vector<Row> rows_;
    std::vector<std::size_t> widths_;
};

}  // namespace relay::cli
