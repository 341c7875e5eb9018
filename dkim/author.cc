#include "dkim/author.h"

#include <algorithm>
#include <string>

#include "dkim/ascii.h"
#include "dkim/errors.h"

namespace dkim {
namespace {

// A field with more is no letter, and the search for doubles stays cheap.
constexpr std::size_t kMaxAuthors = 1000;
constexpr std::size_t kMaxDomains = 100;

struct Token {
    enum class Kind { Atom, Quoted, Literal, Special, End, Broken };
    Kind kind = Kind::End;
    std::string_view text;  // of Broken: what is wrong
    bool spaced = false;    // white space or a comment stands before it

    [[nodiscard]] bool is(char special) const {
        return kind == Kind::Special && text.front() == special;
    }
};

bool is_space(char c) {
    return is_wsp(c) || c == '\r' || c == '\n';
}

bool is_control(char c) {
    return (static_cast<unsigned char>(c) < ' ' && !is_space(c)) || c == '\x7f';
}

// RFC 5322 3.2.3 atext; RFC 6531 3.3 adds everything outside ASCII.
bool is_atext(char c) {
    return is_alpha(c) || is_digit(c) || static_cast<unsigned char>(c) >= 0x80 ||
           (c != '\0' && std::string_view("!#$%&'*+-/=?^_`{|}~").find(c) != std::string_view::npos);
}

class Tokens {
public:
    explicit Tokens(std::string_view text) : text_(text) { advance(); }

    [[nodiscard]] const Token& now() const { return now_; }

    void advance() {
        bool spaced = false;
        while (at_ < text_.size() && (is_space(text_[at_]) || text_[at_] == '(')) {
            spaced = true;
            if (text_[at_] == '(') {
                if (!skip_comment()) {
                    now_ = {Token::Kind::Broken, "an unclosed comment", true};
                    return;
                }
            } else {
                ++at_;
            }
        }
        now_ = next();
        now_.spaced = spaced;
    }

private:
    Token next() {
        if (at_ == text_.size()) {
            return {Token::Kind::End, {}, false};
        }
        const char c = text_[at_];
        const std::size_t begin = at_;
        if (is_atext(c)) {
            while (at_ < text_.size() && is_atext(text_[at_])) {
                ++at_;
            }
            return {Token::Kind::Atom, text_.substr(begin, at_ - begin), false};
        }
        ++at_;
        if (c == '"') {
            return skip_to('"')
                       ? Token{Token::Kind::Quoted, text_.substr(begin, at_ - begin), false}
                       : Token{Token::Kind::Broken, "an unclosed quoted string", false};
        }
        if (c == '[') {
            return skip_to(']')
                       ? Token{Token::Kind::Literal, text_.substr(begin, at_ - begin), false}
                       : Token{Token::Kind::Broken, "an unclosed bracket", false};
        }
        if (std::string_view("<>@,;:.").find(c) != std::string_view::npos && c != '\0') {
            return {Token::Kind::Special, text_.substr(begin, 1), false};
        }
        return {Token::Kind::Broken, "a character that may stand in quotes only", false};
    }

    // From behind the opening character to behind the closing one; a backslash takes the next octet
    // as it is.
    bool skip_to(char close) {
        while (at_ < text_.size()) {
            const char c = text_[at_++];
            if (c == close) {
                return true;
            }
            if (is_control(c)) {
                return false;
            }
            if (c == '\\' && at_ < text_.size()) {
                ++at_;
            }
        }
        return false;
    }

    // RFC 5322 3.2.2: comments nest. A count instead of recursion: the depth is the sender's
    // choice.
    bool skip_comment() {
        std::size_t depth = 0;
        while (at_ < text_.size()) {
            const char c = text_[at_++];
            if (c == '(') {
                ++depth;
            } else if (c == ')') {
                if (--depth == 0) {
                    return true;
                }
            } else if (is_control(c)) {
                return false;
            } else if (c == '\\' && at_ < text_.size()) {
                ++at_;
            }
        }
        return false;
    }

    std::string_view text_;
    std::size_t at_ = 0;
    Token now_;
};

// The words before '<', '@' or ':': a display name, the local part of an address, or the name of a
// group.
struct Words {
    std::size_t count = 0;  // dots left out
    bool any = false;       // dots included
    bool adjacent = false;  // two words without a dot between them: no local part
    bool literal = false;
    std::string text;  // dots included, quotes and white space left out
};

void append_word(const Token& token, std::string& text) {
    if (token.kind != Token::Kind::Quoted) {
        text.append(token.text);
        return;
    }
    for (std::size_t i = 1; i + 1 < token.text.size(); ++i) {
        i += token.text[i] == '\\' && i + 2 < token.text.size() ? 1U : 0U;
        text.push_back(token.text[i]);
    }
}

class Authors {
public:
    explicit Authors(std::string_view value) : tokens_(value) {}

    // RFC 5322 3.4: mailbox-list, and RFC 6854: groups in From:
    conf::Result<std::vector<Author>> read() {
        for (;;) {
            const Words words = read_words();
            const Token& token = tokens_.now();
            if (token.is('<')) {
                if (!read_angle_address()) {
                    return failure();
                }
            } else if (token.is('@')) {
                if (!read_bare_address(words)) {
                    return failure();
                }
            } else if (token.is(':')) {
                if (!begin_group(words)) {
                    return failure();
                }
                continue;
            } else if (words.any) {
                return bad("an address without a domain");
            }
            if (tokens_.now().is(';')) {
                if (!in_group_) {
                    return bad("a semicolon outside of a group");
                }
                in_group_ = false;
                tokens_.advance();
            }
            if (tokens_.now().kind == Token::Kind::End) {
                break;
            }
            if (!tokens_.now().is(',')) {
                return bad("something else than a comma behind an address");
            }
            tokens_.advance();
        }
        if (in_group_) {
            return bad("a group without its semicolon");
        }
        if (authors_.empty()) {
            return bad("no address at all");
        }
        return std::move(authors_);
    }

private:
    // A broken token explains more than what the grammar missed because of it.
    conf::Error bad(std::string_view what) const {
        const Token& token = tokens_.now();
        return error(errc::BadAuthor,
                     std::string(token.kind == Token::Kind::Broken ? token.text : what));
    }

    [[nodiscard]] conf::Error failure() const { return problem_; }

    bool fail(std::string_view what) {
        problem_ = bad(what);
        return false;
    }

    Words read_words() {
        Words words;
        bool after_word = false;
        for (;; tokens_.advance(), words.any = true) {
            const Token& token = tokens_.now();
            switch (token.kind) {
                case Token::Kind::Literal:
                    words.literal = true;
                    [[fallthrough]];
                case Token::Kind::Atom:
                case Token::Kind::Quoted:
                    words.adjacent = words.adjacent || after_word;
                    append_word(token, words.text);
                    ++words.count;
                    after_word = true;
                    break;
                case Token::Kind::Special:
                    // RFC 5322 4.1 obs-phrase: dots in a display name ("J. Doe") are common.
                    if (!token.is('.')) {
                        return words;
                    }
                    append_word(token, words.text);
                    after_word = false;
                    break;
                case Token::Kind::End:
                case Token::Kind::Broken:
                    return words;
            }
        }
    }

    bool begin_group(const Words& words) {
        if (in_group_) {
            return fail("a group inside a group");
        }
        if (words.count == 0) {
            return fail("a group without a name");
        }
        in_group_ = true;
        tokens_.advance();
        return true;
    }

    // RFC 5322 3.4: angle-addr = [CFWS] "<" addr-spec ">" [CFWS]
    // NB: the source routes of 4.4 are refused: readers disagree on which of their domains is the
    // author's.
    bool read_angle_address() {
        tokens_.advance();
        const Words local_part = read_words();
        if (!tokens_.now().is('@')) {
            return fail(tokens_.now().is('>') && local_part.count == 0
                            ? "an empty address"
                            : "an address without a domain");
        }
        if (!read_bare_address(local_part)) {
            return false;
        }
        if (!tokens_.now().is('>')) {
            return fail("an address without its closing angle bracket");
        }
        tokens_.advance();
        return true;
    }

    // RFC 5322 3.4.1: addr-spec = local-part "@" domain
    bool read_bare_address(const Words& local_part) {
        if (local_part.count == 0 || local_part.literal) {
            return fail("an address without a local part");
        }
        if (local_part.adjacent) {
            return fail("a name before an address that has no angle brackets");
        }
        tokens_.advance();
        if (tokens_.now().kind == Token::Kind::Literal) {
            return fail("a domain literal: only names can be signed for");
        }
        return read_domain(local_part.text);
    }

    // RFC 5322 3.4.1: domain = dot-atom
    // NB: the white space and comments that 4.4 allows around the dots are refused: readers
    // disagree on such names.
    bool read_domain(const std::string& local_part) {
        std::string name;
        for (bool dot = false;; dot = !dot) {
            const Token& token = tokens_.now();
            const bool fits = dot ? token.is('.') : token.kind == Token::Kind::Atom;
            if (!fits) {
                if (!dot) {
                    return fail(name.empty() ? "an address without a domain"
                                             : "a domain that ends with a dot");
                }
                return add(local_part, name);
            }
            if (token.spaced && !name.empty()) {
                return fail("white space or a comment inside a domain");
            }
            name.append(token.text);
            tokens_.advance();
        }
    }

    bool add(const std::string& local_part, const std::string& name) {
        conf::Result<conf::DomainName> domain = conf::DomainName::parse(name);
        if (!domain) {
            problem_ = error(errc::BadAuthor, domain.error().message());
            return false;
        }
        if (authors_.size() == kMaxAuthors) {
            return fail("more than 1000 addresses");
        }
        if (std::find(domains_.begin(), domains_.end(), *domain) == domains_.end()) {
            if (domains_.size() == kMaxDomains) {
                return fail("more than 100 domains");
            }
            domains_.push_back(*domain);
        }
        authors_.push_back({local_part, std::move(*domain)});
        return true;
    }

    Tokens tokens_;
    bool in_group_ = false;
    std::vector<Author> authors_;
    std::vector<conf::DomainName> domains_;
    conf::Error problem_;
};

}  // namespace

conf::Result<std::vector<Author>> authors(std::string_view from_value) {
    return Authors(from_value).read();
}

std::vector<conf::DomainName> domains_of(const std::vector<Author>& authors) {
    std::vector<conf::DomainName> domains;
    for (const Author& author : authors) {
        if (std::find(domains.begin(), domains.end(), author.domain) == domains.end()) {
            domains.push_back(author.domain);
        }
    }
    return domains;
}

}  // namespace dkim
