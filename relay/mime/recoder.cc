#include "relay/mime/recoder.h"

#include <type_traits>
#include <utility>

#include "relay/mime/header_edit.h"

namespace relay::mime {

namespace {

template <class Writer, class Act>
void with_writer(Writer& writer, Act act) {
    std::visit(
        [&act](auto& one) {
            if constexpr (!std::is_same_v<std::decay_t<decltype(one)>, std::monostate>) {
                act(one);
            }
        },
        writer);
}

void copy(const LinePiece& piece, std::string& out) {
    out += piece.text;
    if (piece.ends) {
        out += "\r\n";
    }
}

std::string_view encoding_of(const PartChange& change) {
    switch (change.body) {
        case BodyChange::QuotedPrintable:
            return "quoted-printable";
        case BodyChange::Base64:
            return "base64";
        case BodyChange::None:
        case BodyChange::MendQuotedPrintable:
        case BodyChange::MendBase64:
            break;
    }
    return change.to_seven_bit ? "7bit" : "";
}

std::string_view name_of(Charset charset) {
    switch (charset) {
        case Charset::Keep:
            break;
        case Charset::Utf8:
            return "utf-8";
        case Charset::Unknown:
            return "unknown-8bit";
    }
    return "";
}

}  // namespace

Recoder::Recoder(Plan plan)
    : plan_(std::move(plan)), changes_(plan_.changes()), tree_(plan_.message_) {}

std::string Recoder::header(std::string_view header) const {
    return new_header(0, header);
}

std::string Recoder::new_header(std::size_t part, std::string_view header) const {
    if (part >= plan_.parts_.size() || plan_.parts_[part] == PartChange{}) {
        return std::string(header);
    }
    const PartChange& change = plan_.parts_[part];
    HeaderEdit edit;
    edit.transfer_encoding = encoding_of(change);
    edit.charset = name_of(change.charset);
    edit.add_mime_version = change.add_mime_version;
    edit.fold = change.fold_header;
    return edit_header(header, edit);
}

void Recoder::write(std::string_view octets, std::string& out) {
    if (!changes_) {
        out += octets;
        return;
    }
    lines_.read(octets, [this, &out](const LinePiece& piece) { take(piece, out); });
}

void Recoder::take(const LinePiece& piece, std::string& out) {
    const auto header_part = tree_.header_part();
    const Place place = tree_.place(piece);
    if (header_part && place.role != Role::Header) {
        out += new_header(*header_part, tree_.header());
    }
    // A plan that changes something knows all parts.
    const PartChange change =
        place.part < plan_.parts_.size() ? plan_.parts_[place.part] : PartChange{};
    switch (place.role) {
        case Role::Header:
            return;
        case Role::Preamble:
            if (!change.drop_preamble) {
                copy(piece, out);
            }
            return;
        case Role::Epilogue:
            if (!change.drop_epilogue) {
                copy(piece, out);
            }
            return;
        case Role::Body:
            if (change.body != BodyChange::None) {
                write_body(piece, change.body, out);
            } else {
                copy(piece, out);
            }
            return;
        case Role::Delimiter:
            end_body(out);
            copy(piece, out);
            return;
        case Role::HeaderEnd:
        case Role::Beyond:
            copy(piece, out);
            return;
    }
}

void Recoder::write_body(const LinePiece& piece, BodyChange change, std::string& out) {
    if (std::holds_alternative<std::monostate>(writer_)) {
        switch (change) {
            case BodyChange::None:
                return;
            case BodyChange::QuotedPrintable:
                writer_ = QuotedPrintableEncoder();
                break;
            case BodyChange::Base64:
                writer_ = Base64Encoder();
                break;
            case BodyChange::MendQuotedPrintable:
                writer_ = QuotedPrintableMender();
                break;
            case BodyChange::MendBase64:
                writer_ = Base64Mender();
                break;
        }
    }
    with_writer(writer_, [&](auto& writer) {
        if (line_end_due_) {
            writer.line_end(out);
        }
        writer.text(piece.text, out);
    });
    line_end_due_ = piece.ends;
}

/// A delimiter follows.
void Recoder::end_body(std::string& out) {
    with_writer(writer_, [&out](auto& writer) { writer.finish(out); });
    writer_ = std::monostate();
    if (std::exchange(line_end_due_, false)) {
        out += "\r\n";
    }
}

void Recoder::finish(std::string& out) {
    lines_.finish([this, &out](const LinePiece& piece) { take(piece, out); });
    if (!changes_) {
        return;
    }
    if (const auto part = tree_.header_part()) {
        out += new_header(*part, tree_.header());
    }
    // Without a delimiter behind it, the last CRLF is the part's own.
    with_writer(writer_, [this, &out](auto& writer) {
        if (std::exchange(line_end_due_, false)) {
            writer.line_end(out);
        }
        writer.finish(out);
        using One = std::decay_t<decltype(writer)>;
        if constexpr (std::is_same_v<One, Base64Encoder> || std::is_same_v<One, Base64Mender>) {
            out += "\r\n";
        }
    });
    writer_ = std::monostate();
}

}  // namespace relay::mime
