#include "relay/mime/content.h"

#include <utility>

#include "dkim/field.h"
#include "relay/mime/content_type.h"
#include "relay/mime/header_edit.h"

namespace relay::mime {

namespace {

constexpr std::size_t kLongestName = 80;  // of a type, in a reply

// RFC 2045 6.1: these values are not case sensitive.
Encoding read_encoding(const dkim::Field* field) {
    if (field == nullptr) {
        return Encoding::None;
    }
    const std::string token = read_only_token(field->value);
    if (token.empty()) {
        return Encoding::None;
    }
    if (token == "7bit") {
        return Encoding::SevenBit;
    }
    if (token == "8bit") {
        return Encoding::EightBit;
    }
    if (token == "binary") {
        return Encoding::Binary;
    }
    if (token == "quoted-printable") {
        return Encoding::QuotedPrintable;
    }
    return token == "base64" ? Encoding::Base64 : Encoding::Unknown;
}

Kind kind_of(const ContentType& type, Encoding encoding) {
    const bool multipart = type.type == "multipart";
    // RFC 1847 2.1 and 2.2: the parts are opaque to what transports them.
    if (multipart && (type.subtype == "signed" || type.subtype == "encrypted")) {
        return Kind::Sealed;
    }
    // NB: RFC 2045 6.4 forbids an encoding of composite types. What has one can be read only after
    // decoding, so it is a leaf here.
    if (!is_identity(encoding)) {
        return Kind::Leaf;
    }
    if (multipart) {
        return type.boundary.empty() ? Kind::Unbounded : Kind::Multipart;
    }
    if (type.type == "message") {
        if (type.subtype == "rfc822") {
            return Kind::Message;
        }
        // RFC 2046 5.2.2 and 5.2.3: these must be 7bit.
        if (type.subtype == "partial" || type.subtype == "external-body") {
            return Kind::Fragment;
        }
    }
    return Kind::Leaf;
}

Content unreadable(std::string why) {
    Content content;
    content.kind = Kind::Unreadable;
    content.is_text = false;
    content.takes_charset = false;
    content.name = std::move(why);
    return content;
}

}  // namespace

Content read_content(std::string_view header, DefaultType default_type) {
    const auto fields = dkim::Header::parse(header);
    if (!fields) {
        return unreadable(fields.error().detail);
    }
    // Readers disagree on which of two counts.
    for (const std::string_view name : {kContentType, kTransferEncoding}) {
        if (fields->count(name) > 1) {
            return unreadable("more than one " + std::string(name));
        }
    }
    Content content;
    content.has_mime_version = fields->find(kMimeVersion) != nullptr;
    content.encoding = read_encoding(fields->find(kTransferEncoding));
    const dkim::Field* field = fields->find(kContentType);
    if (field == nullptr) {
        // RFC 2046 5.1.5: in a digest, the default is message/rfc822.
        if (default_type == DefaultType::Message) {
            content.kind = is_identity(content.encoding) ? Kind::Message : Kind::Leaf;
            content.is_text = false;
            content.takes_charset = false;
        }
        return content;
    }
    const auto type = read_content_type(field->value);
    if (!type) {
        // RFC 2045 5.2: what is invalid is plain text in US-ASCII. No charset fits into it.
        content.takes_charset = false;
        return content;
    }
    content.kind = kind_of(*type, content.encoding);
    content.is_text = type->type == "text";
    content.takes_charset =
        content.is_text && !type->names_charset && field->raw.size() <= kLongestCharsetField;
    content.of_parts = type->type == "multipart" && type->subtype == "digest" ? DefaultType::Message
                                                                              : DefaultType::Text;
    content.boundary = type->boundary;
    content.name = (type->type + "/" + type->subtype).substr(0, kLongestName);
    return content;
}

}  // namespace relay::mime
