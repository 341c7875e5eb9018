#include "relay/mime/part_tree.h"

#include <utility>

namespace relay::mime {

PartTree::PartTree(Content message) {
    parts_.push_back({std::move(message), 0, true, false});
    open_.push_back({0, State::Header});
    enter_body();
}

std::optional<std::size_t> PartTree::header_part() const {
    if (limit_ || open_.back().state != State::Header) {
        return std::nullopt;
    }
    return open_.back().part;
}

Place PartTree::place(const LinePiece& piece) {
    if (!limit_ && piece.whole && piece.text.starts_with("--")) {
        if (const auto found = delimiter(piece.text)) {
            return *found;
        }
    }
    if (limit_) {
        return {Role::Beyond, 0};
    }
    const Level& level = open_.back();
    switch (level.state) {
        case State::Header:
            return header_line(piece);
        case State::Preamble:
            return {Role::Preamble, level.part};
        case State::Epilogue:
            return {Role::Epilogue, level.part};
        case State::Parts:
        case State::Message:
        case State::Body:
            break;  // the first two have a part above them
    }
    return {Role::Body, level.part};
}

/// RFC 2046 5.1.1: delimiter := CRLF "--" boundary; close-delimiter := delimiter "--"; transport
/// padding may follow.
/// NB: the whole line is compared, so that no longer boundary is taken for a shorter one; and a
/// line over 998 octets is none, however it is padded.
std::optional<Place> PartTree::delimiter(std::string_view line) {
    line = line.substr(0, line.find_last_not_of(" \t") + 1);
    // RFC 2046 5.1.2: a delimiter of an outer multipart ends all inner parts.
    for (std::size_t depth = open_.size(); depth-- > 0;) {
        const std::size_t part = open_[depth].part;
        if (open_[depth].state != State::Preamble && open_[depth].state != State::Parts) {
            continue;
        }
        const std::string& boundary = parts_[part].content.boundary;
        if (!line.substr(2).starts_with(boundary)) {
            continue;
        }
        const std::string_view rest = line.substr(2 + boundary.size());
        if (!rest.empty() && rest != "--") {
            continue;
        }
        if (header_is_old_ && open_.back().state == State::Header) {
            header_.clear();  // that of the part which ends here is empty
        }
        open_.resize(depth + 1, {});
        parts_[part].has_delimiter = true;
        if (rest.empty()) {
            open_.back().state = State::Parts;
            open_part(part, false);
        } else {
            open_.back().state = State::Epilogue;
        }
        return Place{Role::Delimiter, part};
    }
    return std::nullopt;
}

Place PartTree::header_line(const LinePiece& piece) {
    const std::size_t part = open_.back().part;
    if (header_is_old_) {
        header_.clear();
        header_is_old_ = false;
    }
    if (piece.begins && piece.ends && piece.text.empty()) {
        const std::size_t parent = parts_[part].parent;
        parts_[part].content = read_content(
            header_,
            parts_[part].starts_message ? DefaultType::Text : parts_[parent].content.of_parts);
        enter_body();
        return {Role::HeaderEnd, part};
    }
    if (header_.size() + piece.text.size() + 2 > kMaxPartHeader) {
        limit_ = errc::PartHeaderTooLarge;
        return {Role::Beyond, part};
    }
    header_ += piece.text;
    if (piece.ends) {
        header_ += "\r\n";
    }
    return {Role::Header, part};
}

void PartTree::open_part(std::size_t parent, bool starts_message) {
    if (parts_.size() == kMaxParts) {
        limit_ = errc::TooManyParts;
    } else if (open_.size() == kMaxDepth) {
        limit_ = errc::TooDeep;
    } else {
        open_.push_back({parts_.size(), State::Header});
        parts_.push_back({{}, parent, starts_message, false});
        header_is_old_ = true;
    }
}

/// The header of the innermost part was read.
void PartTree::enter_body() {
    Level& level = open_.back();
    const std::size_t part = level.part;
    switch (parts_[part].content.kind) {
        case Kind::Multipart:
            level.state = State::Preamble;
            return;
        case Kind::Message:
            // RFC 2046 5.2.1: the body is a message: a header again.
            level.state = State::Message;
            open_part(part, true);
            return;
        case Kind::Leaf:
        case Kind::Sealed:
        case Kind::Fragment:
        case Kind::Unbounded:
        case Kind::Unreadable:
            level.state = State::Body;
            return;
    }
}

}  // namespace relay::mime
