#include "relay/mime/header_edit.h"

#include "dkim/field.h"
#include "relay/mime/content_type.h"
#include "relay/mime/fold.h"

namespace relay::mime {

namespace {

std::string field_of(std::string_view name, std::string_view value) {
    std::string field(name);
    field += ": ";
    field += value;
    return field += "\r\n";
}

/// The charset goes right behind the subtype, where no comment or quote can be open.
std::string with_charset(const dkim::Field& field, std::string_view charset) {
    const auto type = read_content_type(field.value);
    std::string result(field.raw);
    if (type) {
        const auto value = static_cast<std::size_t>(field.value.data() - field.raw.data());
        result.insert(value + type->end, "; charset=" + std::string(charset));
    }
    return result;
}

std::string with_values(std::string_view header, const HeaderEdit& edit) {
    const auto fields = dkim::Header::parse(header);
    if (!fields) {
        return std::string(header);
    }
    std::string result;
    bool has_type = false;
    bool has_encoding = false;
    for (const dkim::Field& field : fields->fields()) {
        if (!edit.transfer_encoding.empty() && field.is(kTransferEncoding)) {
            result += field_of(field.name, edit.transfer_encoding);
            has_encoding = true;
        } else if (!edit.charset.empty() && field.is(kContentType)) {
            result += with_charset(field, edit.charset);
            has_type = true;
        } else {
            result += field.raw;
        }
    }
    if (edit.add_mime_version) {
        result += field_of(kMimeVersion, "1.0");
    }
    if (!edit.charset.empty() && !has_type) {
        result += field_of(kContentType, "text/plain; charset=" + std::string(edit.charset));
    }
    if (!edit.transfer_encoding.empty() && !has_encoding) {
        result += field_of(kTransferEncoding, edit.transfer_encoding);
    }
    return result;
}

}  // namespace

std::string edit_header(std::string_view header, const HeaderEdit& edit) {
    std::string result = with_values(header, edit);
    if (edit.fold) {
        if (auto folded = fold_long_lines(result)) {
            return std::move(*folded);
        }
    }
    return result;
}

}  // namespace relay::mime
