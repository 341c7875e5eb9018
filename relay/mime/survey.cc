#include "relay/mime/survey.h"

#include <utility>

#include "conf/utf8.h"
#include "relay/mime/fold.h"
#include "relay/mime/quoted_printable.h"

namespace relay::mime {

namespace {

/// RFC 2045 6.1: what says nothing, or nothing but 7bit, is right already.
bool may_hold_eight_bit(Encoding encoding) {
    return encoding == Encoding::EightBit || encoding == Encoding::Binary;
}

bool has_long_line(std::string_view header) {
    LineLimit limit;
    limit.update(header);
    return limit.exceeded();
}

}  // namespace

conf::Result<Survey> Survey::begin(std::string_view header, Wishes wishes) {
    Survey survey(read_content(header, DefaultType::Text), wishes);
    Fault& fault = survey.facts_.front().header;
    fault.eight_bit = !conf::is_ascii(header);
    fault.long_line = has_long_line(header);
    if (wishes.long_lines && fault.long_line) {
        if (auto folded = fold_long_lines(header); !folded) {
            return folded.error();
        }
    }
    return survey;
}

Survey::Survey(Content message, Wishes wishes)
    : wishes_(wishes), message_(message), tree_(std::move(message)), facts_(tree_.parts().size()) {}

void Survey::read(std::string_view octets) {
    lines_.read(octets, [this](const LinePiece& piece) { take(piece); });
}

void Survey::take(const LinePiece& piece) {
    const auto header_part = tree_.header_part();
    const Place place = tree_.place(piece);
    facts_.resize(tree_.parts().size());
    if (header_part && place.role != Role::Header) {
        end_header(*header_part);
    }

    length_ = piece.begins ? piece.text.size() : length_ + piece.text.size();
    const bool is_ascii = conf::is_ascii(piece.text);
    const auto note = [&](Fault& fault) {
        fault.long_line = fault.long_line || length_ > kLongestLine;
        fault.eight_bit = fault.eight_bit || !is_ascii;
    };
    Facts& facts = facts_[place.part];
    switch (place.role) {
        case Role::Header:
            note(facts.header);
            return;
        case Role::Preamble:
            note(facts.preamble);
            return;
        case Role::Epilogue:
            note(facts.epilogue);
            return;
        case Role::Body:
            note(facts.body);
            count(facts, tree_.parts()[place.part].content, piece, is_ascii);
            return;
        case Role::Beyond:
            note(beyond_);
            return;
        case Role::HeaderEnd:
        case Role::Delimiter:
            return;
    }
}

void Survey::count(Facts& facts, const Content& content, const LinePiece& piece, bool is_ascii) {
    if (!content.is_text || !is_identity(content.encoding)) {
        return;
    }
    facts.octets += piece.text.size() + (piece.ends ? 2 : 0);
    facts.escapes += octets_to_escape(piece.text);
    if (!is_ascii) {
        facts.utf8.update(piece.text);
    }
    if (piece.ends || (is_ascii && !piece.text.empty())) {
        facts.utf8.update_ascii();
    }
}

void Survey::end_header(std::size_t part) {
    if (!wishes_.long_lines || !facts_[part].header.long_line || error_) {
        return;
    }
    if (auto folded = fold_long_lines(tree_.header()); !folded) {
        error_ = folded.error();
    }
}

bool Survey::must_change(Fault fault) const {
    return (wishes_.long_lines && fault.long_line) || (wishes_.eight_bit && fault.eight_bit);
}

bool Survey::must_change(const Facts& facts) const {
    return must_change(facts.body) || must_change(facts.preamble) || must_change(facts.epilogue) ||
           (wishes_.long_lines && facts.header.long_line);
}

conf::Result<Plan> Survey::finish() {
    lines_.finish([this](const LinePiece& piece) { take(piece); });
    if (const auto part = tree_.header_part()) {
        end_header(*part);
    }
    if (error_) {
        return std::move(*error_);
    }
    const std::vector<Part>& parts = tree_.parts();
    if (tree_.limit()) {
        bool must = must_change(beyond_);
        for (const Facts& facts : facts_) {
            must = must || must_change(facts);
        }
        if (must) {
            return error(*tree_.limit());
        }
        return Plan(std::move(message_), {});
    }
    std::vector<PartChange> changes;
    changes.reserve(parts.size());
    for (std::size_t number = 0; number < parts.size(); ++number) {
        auto change = change_of(parts[number], facts_[number]);
        if (!change) {
            return change.error();
        }
        changes.push_back(*change);
    }
    change_what_encloses(changes);
    return Plan(std::move(message_), std::move(changes));
}

conf::Result<PartChange> Survey::change_of(const Part& part, const Facts& facts) const {
    PartChange change;
    change.fold_header = wishes_.long_lines && facts.header.long_line;
    const Content& content = part.content;
    const bool must = must_change(facts.body);
    switch (content.kind) {
        case Kind::Sealed:
            if (wishes_.long_lines && facts.body.long_line) {
                return error(errc::SealedPart, content.name);
            }
            return change;
        case Kind::Unreadable:
            if (must) {
                return error(errc::BadHeader, content.name);
            }
            return change;
        case Kind::Fragment:
            if (must) {
                return error(errc::Fragment, content.name);
            }
            return change;
        case Kind::Unbounded:
            if (must) {
                return error(errc::MissingBoundary, content.name);
            }
            return change;
        case Kind::Multipart:
            // RFC 2046 5.1.1: implementations must ignore what is before the first delimiter line
            // and after the last one.
            change.drop_preamble = must_change(facts.preamble);
            change.drop_epilogue = must_change(facts.epilogue);
            if (change.drop_preamble && !part.has_delimiter) {
                return error(errc::MissingBoundary, content.name);
            }
            return change;
        case Kind::Message:
            return change;
        case Kind::Leaf:
            break;
    }
    if (!must) {
        return change;
    }
    if (content.encoding == Encoding::Unknown) {
        if (wishes_.long_lines && facts.body.long_line) {
            return error(errc::UnknownEncoding, content.name);
        }
    } else if (content.encoding == Encoding::QuotedPrintable) {
        change.body = BodyChange::MendQuotedPrintable;
    } else if (content.encoding == Encoding::Base64) {
        change.body = BodyChange::MendBase64;
    } else {
        // Three octets instead of one, or four instead of three throughout.
        const bool is_mostly_plain = facts.escapes * 6 <= facts.octets;
        change.body =
            content.is_text && is_mostly_plain ? BodyChange::QuotedPrintable : BodyChange::Base64;
        if (content.takes_charset && facts.body.eight_bit) {
            // RFC 1428 3: "unknown-8bit" where nothing more is known.
            change.charset = facts.utf8.is_valid() ? Charset::Utf8 : Charset::Unknown;
        }
    }
    return change;
}

void Survey::change_what_encloses(std::vector<PartChange>& changes) const {
    const std::vector<Part>& parts = tree_.parts();
    std::vector<Left> left(parts.size());
    // A part comes behind what encloses it.
    for (std::size_t number = parts.size(); number-- > 0;) {
        const Part& part = parts[number];
        const Facts& facts = facts_[number];
        PartChange& change = changes[number];
        Left& own = left[number];
        const auto stays = [&own](Fault fault) {
            own.fault.long_line = own.fault.long_line || fault.long_line;
            own.fault.eight_bit = own.fault.eight_bit || fault.eight_bit;
        };
        const bool encloses =
            part.content.kind == Kind::Multipart || part.content.kind == Kind::Message;
        own.changed = own.changed || change.body != BodyChange::None || change.drop_preamble ||
                      change.drop_epilogue;
        if (change.body == BodyChange::None) {
            stays(facts.body);
        }
        if (!change.drop_preamble) {
            stays(facts.preamble);
        }
        if (!change.drop_epilogue) {
            stays(facts.epilogue);
        }
        // RFC 2045 6.4: 8bit and binary of what encloses must be true of what is inside.
        change.to_seven_bit = encloses && own.changed && !own.fault.long_line &&
                              !own.fault.eight_bit && may_hold_eight_bit(part.content.encoding);
        change.add_mime_version =
            part.starts_message && own.changed && !part.content.has_mime_version;
        if (number == 0) {
            return;
        }
        Left& outer = left[part.parent];
        outer.changed = outer.changed || own.changed;
        outer.fault.long_line = outer.fault.long_line || own.fault.long_line ||
                                (facts.header.long_line && !change.fold_header);
        outer.fault.eight_bit =
            outer.fault.eight_bit || own.fault.eight_bit || facts.header.eight_bit;
    }
}

}  // namespace relay::mime
