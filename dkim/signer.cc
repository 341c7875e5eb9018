#include "dkim/signer.h"

#include <algorithm>
#include <span>

#include "conf/base64.h"
#include "dkim/ascii.h"
#include "dkim/canonical.h"
#include "dkim/errors.h"
#include "dkim/signed_fields.h"

namespace dkim {
namespace {

constexpr std::string_view kFieldName = "DKIM-Signature";
constexpr std::size_t kMaxLine = 77;  // RFC 5322 2.1.1: lines SHOULD be no more than 78 characters

// A header field that grows tag by tag and folds before a line becomes too long.
class FoldedField {
public:
    explicit FoldedField(std::string_view name) {
        text_.reserve(1024);
        text_.append(name).push_back(':');
        column_ = text_.size();
    }

    // A tag, on this line if it fits.
    void put_tag(std::string_view tag) {
        if (column_ + 1 + tag.size() > kMaxLine) {
            fold();
        } else {
            text_.push_back(' ');
            ++column_;
        }
        append(tag);
    }

    // A part that the one before it may touch, on this line if it fits.
    void put_part(std::string_view part) {
        if (column_ + part.size() > kMaxLine) {
            fold();
        }
        append(part);
    }

    // Text that may be cut anywhere.
    void put_cut(std::string_view octets) {
        while (!octets.empty()) {
            if (column_ >= kMaxLine) {
                fold();
            }
            const std::string_view line = octets.substr(0, kMaxLine - column_);
            append(line);
            octets.remove_prefix(line.size());
        }
    }

    [[nodiscard]] const std::string& text() const { return text_; }
    std::string finish() {
        text_.append("\r\n");
        return std::move(text_);
    }

private:
    void fold() {
        text_.append("\r\n ");
        column_ = 1;
    }
    void append(std::string_view octets) {
        text_.append(octets);
        column_ += octets.size();
    }

    std::string text_;
    std::size_t column_ = 0;
};

std::string_view algorithm_of(KeyType type) {
    switch (type) {
        case KeyType::Rsa:
            return "rsa-sha256";
        case KeyType::Ed25519:
            return "ed25519-sha256";
    }
    return {};
}

// The octets that are signed: canonical fields in the order of h=, our own field last.
class HashInput {
public:
    HashInput(const Header& header,
              const SignedFields& signed_fields,
              conf::Canonicalization canonicalization)
        : canonicalization_(canonicalization) {
        const std::span<const Field> fields = header.fields();
        std::size_t room = 1024;
        for (const Field& field : fields) {
            room += field.raw.size() + 2;
        }
        octets_.reserve(room);
        // RFC 6376 5.4.2: Signers choosing to sign an existing header field that occurs more than
        // once ... MUST sign the physically last instance ... then the next one up: so the whole
        // header is walked from its end.
        for (std::size_t i = fields.size(); i > 0; --i) {
            if (signed_fields.contain(fields[i - 1].name)) {
                append_canonical(fields[i - 1], canonicalization_, octets_);
                names_.append(fields[i - 1].name).push_back(':');
            }
        }
        std::transform(names_.begin(), names_.end(), names_.begin(), lower);
        // RFC 6376 5.4: h= may name fields that do not exist; they are the null string in the hash.
        signed_fields.append_oversigned(names_);
        names_.pop_back();
    }

    [[nodiscard]] const std::string& names() const { return names_; }

    // RFC 6376 3.7: the DKIM-Signature field is canonicalized with an empty b= and without a
    // trailing CRLF.
    const std::string& with(const std::string& own_field) {
        const Field field{own_field,
                          std::string_view(own_field).substr(0, kFieldName.size()),
                          std::string_view(own_field).substr(kFieldName.size() + 1)};
        append_canonical(field, canonicalization_, octets_);
        if (octets_.ends_with("\r\n")) {
            octets_.resize(octets_.size() - 2);
        }
        return octets_;
    }

private:
    conf::Canonicalization canonicalization_;
    std::string octets_;
    std::string names_;
};

}  // namespace

Signer::Signer(conf::DomainName domain,
               std::string selector,
               PrivateKey key,
               conf::Canonicalization header,
               SignedFields fields,
               conf::Duration expiry)
    : domain_(std::move(domain)),
      selector_(std::move(selector)),
      key_(std::move(key)),
      header_canonicalization_(header),
      fields_(std::move(fields)),
      expiry_(std::chrono::floor<std::chrono::seconds>(expiry)) {}

conf::Result<std::string> Signer::sign(const Header& header,
                                       const Digest& body,
                                       conf::Instant now,
                                       const conf::DomainName& author) const {
    // RFC 6376 5.4: The From header field MUST be signed. RFC 6376 8.15: a second one would be
    // shown unsigned.
    if (const std::size_t authors = header.count("From"); authors != 1) {
        return error(errc::BadHeader,
                     authors == 0 ? "no From: field" : "more than one From: field");
    }
    HashInput input(header, fields_, header_canonicalization_);
    const auto seconds = std::max<std::int64_t>(
        0, std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count());
    const std::string_view body_hash(reinterpret_cast<const char*>(body.sha256.data()),
                                     body.sha256.size());

    // RFC 6376 3.5, without l= (text could be appended).
    FoldedField field(kFieldName);
    std::string tag;
    const auto put = [&](std::string_view name, auto... values) {
        tag.assign(name);
        (tag.append(values), ...);
        tag.push_back(';');
        field.put_tag(tag);
    };
    put("v=1");
    put("a=", algorithm_of(key_.type()));
    put("c=", name_of(header_canonicalization_), "/", name_of(body.canonicalization));
    put("d=", domain_.text());
    put("s=", selector_);
    // RFC 6376 3.5: i= defaults to the domain of d=, and may be below it.
    if (!author.empty() && author != domain_) {
        put("i=@", author.text());
    }
    put("t=", std::to_string(seconds));
    if (expiry_.count() > 0) {
        put("x=", std::to_string(seconds + expiry_.count()));
    }
    put("bh=", conf::encode_base64(body_hash));
    field.put_tag("h=");
    for (std::string_view names = input.names(); !names.empty();) {
        const std::size_t colon = names.find(':');
        const std::size_t end = colon == std::string_view::npos ? names.size() : colon + 1;
        tag.assign(names.substr(0, end));
        names.remove_prefix(end);
        if (names.empty()) {
            tag.push_back(';');
        }
        field.put_part(tag);
    }
    field.put_tag("b=");

    const conf::Result<std::string> signature = key_.sign(input.with(field.text()));
    if (!signature) {
        return signature.error();
    }
    field.put_cut(conf::encode_base64(*signature));
    return field.finish();
}

std::string Signer::record_name() const {
    return selector_ + "._domainkey." + domain_.text();
}

}  // namespace dkim
