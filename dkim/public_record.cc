#include <algorithm>
#include <array>

#include "dkim/errors.h"
#include "dkim/key.h"
#include "dkim/tag_list.h"

namespace dkim {
namespace {

conf::Error bad(std::string detail) {
    return error(errc::BadRecord, std::move(detail));
}

bool lists(std::string_view value, std::string_view wanted) {
    const std::vector<std::string_view> parts = split_at_colons(value);
    return std::find(parts.begin(), parts.end(), wanted) != parts.end();
}

}  // namespace

// RFC 6376 3.6.1
conf::Result<PublicRecord> PublicRecord::parse(std::string_view text) {
    const conf::Result<TagList> list = TagList::parse(text);
    if (!list) {
        return bad(list.error().detail);
    }
    PublicRecord record;
    // v= ... If specified, this tag MUST be set to "DKIM1" ... This tag MUST be the first tag in
    // the record.
    if (const auto version = list->find("v")) {
        if (*version != "DKIM1") {
            return bad("v= is not DKIM1");
        }
        if (list->tags().front().name != "v") {
            return bad("v= is not the first tag");
        }
    }
    // h= Acceptable hash algorithms (... OPTIONAL, defaults to allowing all algorithms).
    if (const auto hashes = list->find("h"); hashes && !lists(*hashes, "sha256")) {
        return bad("h= does not allow sha256");
    }
    // k= Key type (plain-text; OPTIONAL, default is "rsa"). RFC 8463 4: "ed25519".
    if (const auto type = list->find("k")) {
        if (*type == "ed25519") {
            record.type = KeyType::Ed25519;
        } else if (*type != "rsa") {
            return bad("k= is neither rsa nor ed25519");
        }
    }
    // s= Service Type ... A colon-separated list ... "*" matches all service types; "email".
    if (const auto services = list->find("s");
        services && !lists(*services, "*") && !lists(*services, "email")) {
        return bad("s= does not allow email");
    }
    // t= Flags ... "y": this domain is testing DKIM. "s": the domain of i= is that of d=, and no
    // subdomain of it.
    if (const auto flags = list->find("t")) {
        record.testing = lists(*flags, "y");
        record.strict = lists(*flags, "s");
    }
    // p= Public-key data (base64; REQUIRED). An empty value means that this public key has been
    // revoked.
    const auto key = list->find("p");
    if (!key) {
        return bad("p= is missing");
    }
    std::optional<std::string> octets = decode_base64string(*key);
    if (!octets) {
        return bad("p= is not base64");
    }
    record.key = std::move(*octets);
    return record;
}

// RFC 1035 5.1 and 3.3: character strings of at most 255 octets; \" and \\ and \DDD stand for what
// a quoted string cannot hold.
std::string zone_file_record(std::string_view name, std::string_view value) {
    std::string line(name);
    line += name.empty() || name.back() != '.' ? ". IN TXT (" : " IN TXT (";
    do {
        const std::string_view piece = value.substr(0, 255);
        value.remove_prefix(piece.size());
        line += " \"";
        for (const char c : piece) {
            const auto octet = static_cast<unsigned char>(c);
            if (octet < 0x20 || octet > 0x7e) {
                line += {'\\',
                         static_cast<char>('0' + octet / 100),
                         static_cast<char>('0' + octet / 10 % 10),
                         static_cast<char>('0' + octet % 10)};
                continue;
            }
            if (c == '"' || c == '\\') {
                line += '\\';
            }
            line += c;
        }
        line += '"';
    } while (!value.empty());
    line += " )";
    return line;
}

}  // namespace dkim
