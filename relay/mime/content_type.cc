#include "relay/mime/content_type.h"

#include <algorithm>

#include "dkim/ascii.h"

namespace relay::mime {

namespace {

constexpr std::size_t kLongestBoundary = 70;  // RFC 2046 5.1.1

// The CR and LF of a fold count: fields come as they were written.
bool is_space(char c) {
    return dkim::is_wsp(c) || c == '\r' || c == '\n';
}

// RFC 2045 5.1: token := 1*<any (US-ASCII) CHAR except SPACE, CTLs, or tspecials>
bool is_token_character(char c) {
    return c > ' ' && c < '\x7f' &&
           std::string_view("()<>@,;:\\\"/[]?=").find(c) == std::string_view::npos;
}

std::string lower_case(std::string_view text) {
    std::string result(text);
    std::transform(result.begin(), result.end(), result.begin(), dkim::lower);
    return result;
}

class Cursor {
public:
    explicit Cursor(std::string_view text) : text_(text) {}

    [[nodiscard]] std::size_t at() const { return at_; }
    [[nodiscard]] bool done() const { return at_ == text_.size(); }

    void skip_space_and_comments() {
        int depth = 0;  // RFC 5322 3.2.2: comments may nest
        for (; at_ < text_.size(); ++at_) {
            const char c = text_[at_];
            if (c == '(') {
                ++depth;
            } else if (c == ')' && depth > 0) {
                --depth;
            } else if (c == '\\' && depth > 0) {
                at_ = std::min(at_ + 1, text_.size() - 1);
            } else if (depth == 0 && !is_space(c)) {
                return;
            }
        }
    }

    std::string_view token() {
        const std::size_t from = at_;
        while (at_ < text_.size() && is_token_character(text_[at_])) {
            ++at_;
        }
        return text_.substr(from, at_ - from);
    }

    bool take(char expected) {
        if (done() || text_[at_] != expected) {
            return false;
        }
        ++at_;
        return true;
    }

    /// Behind the next ";" that is not quoted; false where there is none.
    bool next_parameter() {
        while (!done()) {
            const char c = text_[at_];
            if (c == ';') {
                ++at_;
                return true;
            }
            if (c == '"') {
                (void)quoted();
            } else if (c == '(') {
                skip_space_and_comments();
            } else {
                ++at_;
            }
        }
        return false;
    }

    /// A parameter's value; nothing where a quote is not closed.
    std::optional<std::string> value() {
        if (!done() && text_[at_] == '"') {
            return quoted();
        }
        // NB: RFC 2045 5.1 wants quotes around tspecials; many a mailer writes "=" and "/" without.
        const std::size_t from = at_;
        while (!done() && text_[at_] != ';' && text_[at_] != '(' && !is_space(text_[at_])) {
            ++at_;
        }
        return std::string(text_.substr(from, at_ - from));
    }

private:
    // RFC 5322 3.2.4; the CRLF of a fold inside is not part of it (2.2.3).
    std::optional<std::string> quoted() {
        std::string result;
        for (++at_; at_ < text_.size(); ++at_) {
            char c = text_[at_];
            if (c == '"') {
                ++at_;
                return result;
            }
            if (c == '\\' && at_ + 1 < text_.size()) {
                c = text_[++at_];
            }
            if (c != '\r' && c != '\n') {
                result += c;
            }
        }
        return std::nullopt;
    }

    std::string_view text_;
    std::size_t at_ = 0;
};

// RFC 2046 5.1.1: 0*69<bchars> bcharsnospace.
// NB: any printable character is taken for a bchar, since readers find their parts by it.
bool is_boundary(std::string_view text) {
    return !text.empty() && text.size() <= kLongestBoundary && text.back() != ' ' &&
           std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c < '\x7f'; });
}

}  // namespace

std::optional<ContentType> read_content_type(std::string_view value) {
    Cursor cursor(value);
    ContentType result;
    cursor.skip_space_and_comments();
    result.type = lower_case(cursor.token());
    cursor.skip_space_and_comments();
    if (result.type.empty() || !cursor.take('/')) {
        return std::nullopt;
    }
    cursor.skip_space_and_comments();
    result.subtype = lower_case(cursor.token());
    result.end = cursor.at();
    if (result.subtype.empty()) {
        return std::nullopt;
    }
    int boundaries = 0;
    while (cursor.next_parameter()) {
        cursor.skip_space_and_comments();
        // RFC 2045 5.1: matching of attributes is always case-insensitive.
        const std::string name = lower_case(cursor.token());
        cursor.skip_space_and_comments();
        if (name.empty() || !cursor.take('=')) {
            continue;
        }
        cursor.skip_space_and_comments();
        const auto text = cursor.value();
        if (name == "charset" || name.starts_with("charset*")) {
            result.names_charset = true;
        } else if (name == "boundary") {
            ++boundaries;
            result.boundary = text && is_boundary(*text) ? *text : "";
        } else if (name.starts_with("boundary*")) {
            boundaries += 2;
        }
    }
    if (boundaries != 1) {
        result.boundary.clear();
    }
    return result;
}

std::string read_only_token(std::string_view value) {
    Cursor cursor(value);
    cursor.skip_space_and_comments();
    std::string token = lower_case(cursor.token());
    cursor.skip_space_and_comments();
    return cursor.done() ? token : "?";
}

}  // namespace relay::mime
