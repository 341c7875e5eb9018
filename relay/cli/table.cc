#include "relay/cli/table.h"

#include <algorithm>
#include <utility>

namespace relay::cli {

Table::Table(Row heading) : has_heading_(!heading.empty()) {
    if (has_heading_) {
        add(std::move(heading));
    }
}

void Table::add(Row row) {
    if (widths_.size() < row.size()) {
        widths_.resize(row.size());
    }
    for (std::size_t column = 0; column < row.size(); ++column) {
        std::replace_if(
            row[column].begin(),
            row[column].end(),
            [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; },
            '?');
        widths_[column] = std::max(widths_[column], row[column].size());
    }
    rows_.push_back(std::move(row));
}

void Table::set_least(std::size_t column, std::size_t width) {
    if (widths_.size() <= column) {
        widths_.resize(column + 1);
    }
    widths_[column] = std::max(widths_[column], width);
}

std::string Table::text() const {
    std::string text;
    for (const Row& row : rows_) {
        for (std::size_t column = 0; column < row.size(); ++column) {
            text += row[column];
            if (column + 1 < row.size()) {
                text.append(widths_[column] - row[column].size() + 2, ' ');
            }
        }
        text += '\n';
    }
    return text;
}

}  // namespace relay::cli
