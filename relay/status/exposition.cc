#include "relay/status/exposition.h"

#include <array>
#include <charconv>
#include <cmath>

namespace relay::status {

namespace {

void append_number(std::string& text, double value) {
    if (!std::isfinite(value)) {
        text += std::isnan(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf";
        return;
    }
    std::array<char, 32> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    text.append(digits.data(), end);
}

/// In a label's value \, " and the line end are escaped; other control octets become spaces.
void append_label_value(std::string& text, std::string_view value) {
    for (const char c : value) {
        if (c == '\n') {
            text += "\\n";
        } else if (c == '"' || c == '\\') {
            text += '\\';
            text += c;
        } else {
            text += static_cast<unsigned char>(c) < ' ' ? ' ' : c;
        }
    }
}

}  // namespace

void Exposition::family(std::string_view name, std::string_view help, std::string_view type) {
    name_ = name;
    text_.append("# HELP ").append(name).append(" ").append(help).append("\n");
    text_.append("# TYPE ").append(name).append(" ").append(type).append("\n");
}

void Exposition::series(std::string_view suffix, Labels labels) {
    text_.append(name_).append(suffix);
    char before = '{';
    for (const auto& [label, value] : labels) {
        text_ += before;
        text_.append(label).append("=\"");
        append_label_value(text_, value);
        text_ += '"';
        before = ',';
    }
    text_ += before == ',' ? "} " : " ";
}

void Exposition::sample(Labels labels, std::uint64_t value) {
    series("", labels);
    text_.append(std::to_string(value)).append("\n");
}

void Exposition::sample(Labels labels, double value) {
    series("", labels);
    append_number(text_, value);
    text_ += '\n';
}

void Exposition::histogram(std::string_view name,
                           std::string_view help,
                           const Histogram::Snapshot& values) {
    family(name, help, "histogram");
    std::uint64_t count = 0;
    for (std::size_t i = 0; i < values.cumulative.size(); ++i) {
        std::string bound = "+Inf";
        if (i < values.bounds.size()) {
            bound.clear();
            append_number(bound, values.bounds[i]);
        }
        count = values.cumulative[i];
        series("_bucket", {{"le", bound}});
        text_.append(std::to_string(count)).append("\n");
    }
    series("_sum", {});
    append_number(text_, values.sum);
    text_ += '\n';
    series("_count", {});
    text_.append(std::to_string(count)).append("\n");
}

}  // namespace relay::status
