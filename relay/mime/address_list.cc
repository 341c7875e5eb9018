#include "relay/mime/address_list.h"

#include <utility>

namespace relay::mime {

namespace {

constexpr std::size_t kMaxAddresses = 100'000;
constexpr std::string_view kSpecials = "<>@,;:";

bool is_space(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

bool is_control(char c) {
    return (static_cast<unsigned char>(c) < ' ' && !is_space(c)) || c == '\x7f';
}

struct Token {
    enum class Kind { Word, Literal, Special, End, Broken };
    Kind kind = Kind::End;
    std::string_view text;  // of Broken: what is wrong
    std::size_t end = 0;

    [[nodiscard]] bool is(char special) const {
        return kind == Kind::Special && text.front() == special;
    }
};

class Tokens {
public:
    explicit Tokens(std::string_view value) : value_(value) {}

    Token next() {
        if (!skip_space_and_comments()) {
            return broken("an unclosed comment");
        }
        if (at_ == value_.size()) {
            return {Token::Kind::End, {}, at_};
        }
        const std::size_t begin = at_;
        const char first = value_[at_++];
        if (first == '"') {
            return enclosed('"') ? token(Token::Kind::Word, begin)
                                 : broken("an unclosed quoted string");
        }
        if (first == '[') {
            return enclosed(']') ? token(Token::Kind::Literal, begin)
                                 : broken("an unclosed bracket");
        }
        if (kSpecials.find(first) != std::string_view::npos) {
            return token(Token::Kind::Special, begin);
        }
        // NB: more than RFC 5322 3.2.3 atext: Address::parse judges those that become addresses,
        // and names are often written without the quotes that they need.
        if (!is_word(first)) {
            return broken("a character that may stand in quotes only");
        }
        while (at_ < value_.size() && is_word(value_[at_])) {
            ++at_;
        }
        return token(Token::Kind::Word, begin);
    }

private:
    static bool is_word(char c) {
        return !is_space(c) && !is_control(c) && kSpecials.find(c) == std::string_view::npos &&
               std::string_view("()[]\"").find(c) == std::string_view::npos;
    }

    [[nodiscard]] Token token(Token::Kind kind, std::size_t begin) const {
        return {kind, value_.substr(begin, at_ - begin), at_};
    }
    [[nodiscard]] Token broken(std::string_view what) const {
        return {Token::Kind::Broken, what, at_};
    }

    /// From behind the opening character to behind the closing one.
    bool enclosed(char close) {
        while (at_ < value_.size()) {
            const char c = value_[at_++];
            if (c == close) {
                return true;
            }
            if (is_control(c)) {
                return false;
            }
            // RFC 5322 3.2.1 quoted-pair
            if (c == '\\' && at_ < value_.size()) {
                ++at_;
            }
        }
        return false;
    }

    bool skip_space_and_comments() {
        // RFC 5322 3.2.2: comments nest; counted, since their depth is the writer's choice.
        std::size_t depth = 0;
        for (; at_ < value_.size(); ++at_) {
            const char c = value_[at_];
            if (c == '(') {
                ++depth;
            } else if (depth > 0 && c == ')') {
                --depth;
            } else if (depth > 0 && c == '\\' && at_ + 1 < value_.size()) {
                ++at_;
            } else if (depth == 0 && !is_space(c)) {
                break;
            }
        }
        return depth == 0;
    }

    std::string_view value_;
    std::size_t at_ = 0;
};

class List {
public:
    explicit List(std::string_view value) : tokens_(value), now_(tokens_.next()) {}

    conf::Result<std::vector<ListedAddress>> read() {
        // RFC 5322 3.4: address-list = (address *("," address)); 4.4 allows empty elements.
        while (read_element()) {
            if (now_.is(';')) {
                if (!in_group_) {
                    fail("a semicolon outside of a group");
                    break;
                }
                in_group_ = false;
                advance();
            }
            if (now_.kind == Token::Kind::End) {
                if (in_group_) {
                    fail("a group without its semicolon");
                }
                break;
            }
            if (!now_.is(',')) {
                fail("something else than a comma behind an address");
                break;
            }
            advance();
        }
        return problem_.empty() ? conf::Result<std::vector<ListedAddress>>(std::move(found_))
                                : conf::Error{{}, problem_};
    }

private:
    void advance() { now_ = tokens_.next(); }

    bool fail(std::string_view what) {
        problem_ = now_.kind == Token::Kind::Broken ? now_.text : what;
        return false;
    }

    bool add(std::string text, std::size_t end, bool is_bare) {
        if (found_.size() == kMaxAddresses) {
            return fail("more than 100000 addresses");
        }
        found_.push_back({std::move(text), end, is_bare});
        return true;
    }

    /// An address, the beginning of a group with its first address, or nothing at all.
    bool read_element() {
        Token word;
        std::size_t words = 0;
        for (; now_.kind == Token::Kind::Word || now_.kind == Token::Kind::Literal; advance()) {
            word = now_;
            ++words;
        }
        if (now_.kind == Token::Kind::Broken) {
            return fail({});
        }
        if (now_.is(':')) {
            if (in_group_ || words == 0) {
                return fail(in_group_ ? "a group inside a group" : "a group without a name");
            }
            in_group_ = true;
            advance();
            return read_element();  // no deeper than this: a second ':' is refused
        }
        if (now_.is('<')) {
            return read_angle_address();
        }
        if (words > 1) {
            return fail(now_.is('@') ? "a name before an address that has no angle brackets"
                                     : "a name without an address");
        }
        if (words == 1) {
            return read_address(word);
        }
        return !now_.is('@') && !now_.is('>') ? true : fail("an address without a local part");
    }

    /// RFC 5322 3.4: angle-addr = "<" addr-spec ">". NB: the source routes of 4.4 are refused.
    bool read_angle_address() {
        advance();
        const Token word = now_;
        if (word.kind != Token::Kind::Word) {
            return fail(word.is('>') ? "an empty address" : "an address without a local part");
        }
        advance();
        if (!read_address(word)) {
            return false;
        }
        if (!now_.is('>')) {
            return fail("an address without its closing angle bracket");
        }
        advance();
        return true;
    }

    /// Behind its local part.
    bool read_address(const Token& local_part) {
        if (local_part.kind != Token::Kind::Word) {
            return fail("an address without a local part");
        }
        if (!now_.is('@')) {
            return add(std::string(local_part.text), local_part.end, true);
        }
        advance();
        const Token domain = now_;
        const bool fits = domain.kind == Token::Kind::Literal ||
                          (domain.kind == Token::Kind::Word && domain.text.front() != '"');
        if (!fits) {
            return fail("an address without a domain");
        }
        advance();
        return add(
            std::string(local_part.text) + "@" + std::string(domain.text), domain.end, false);
    }

    Tokens tokens_;
    Token now_;
    bool in_group_ = false;
    std::vector<ListedAddress> found_;
    std::string problem_;
};

}  // namespace

conf::Result<std::vector<ListedAddress>> listed_addresses(std::string_view value) {
    return List(value).read();
}

std::string complete_list(std::string_view value, const conf::DomainName& domain) {
    const auto found = listed_addresses(value);
    if (!found) {
        return std::string(value);
    }
    std::string completed;
    std::size_t copied = 0;
    for (const ListedAddress& address : *found) {
        if (address.is_bare) {
            completed.append(value.substr(copied, address.end - copied));
            completed += "@" + domain.text();
            copied = address.end;
        }
    }
    return completed.append(value.substr(copied));
}

conf::Result<std::vector<::queue::Address>> mailboxes_in(std::string_view value,
                                                         const conf::DomainName& domain) {
    const auto found = listed_addresses(value);
    if (!found) {
        return found.error();
    }
    std::vector<::queue::Address> mailboxes;
    for (const ListedAddress& address : *found) {
        auto mailbox = ::queue::Address::parse(
            address.is_bare ? address.text + "@" + domain.text() : address.text,
            ::queue::Characters::Utf8);
        if (!mailbox) {
            return conf::Error{mailbox.error().code,
                               mailbox.error().detail + ": \"" + address.text + "\""};
        }
        mailboxes.push_back(std::move(*mailbox));
    }
    return mailboxes;
}

}  // namespace relay::mime
