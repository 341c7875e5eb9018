#include "dkim/signature.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <limits>

#include "dkim/ascii.h"
#include "dkim/tag_list.h"

namespace dkim {
namespace {

using Fault = std::optional<Verdict>;

Verdict useless(std::string reason) {
    return {Verdict::Kind::PermError, std::move(reason)};
}

std::string without_white_space(std::string_view text) {
    std::string out(text);
    std::erase_if(out, [](char c) { return is_wsp(c) || c == '\r' || c == '\n'; });
    return out;
}

/// The digits of a number; what 64 bits cannot hold is the largest that they can.
std::optional<std::uint64_t> number(std::string_view text) {
    constexpr std::uint64_t kLargest = std::numeric_limits<std::uint64_t>::max();
    if (text.empty() || !std::all_of(text.begin(), text.end(), is_digit)) {
        return std::nullopt;
    }
    std::uint64_t value = 0;
    for (const char c : text) {
        const auto digit = static_cast<std::uint64_t>(c - '0');
        if (value > (kLargest - digit) / 10) {
            return kLargest;
        }
        value = value * 10 + digit;
    }
    return value;
}

std::optional<conf::Canonicalization> canonicalization(std::string_view name) {
    if (name == "simple") {
        return conf::Canonicalization::Simple;
    }
    if (name == "relaxed") {
        return conf::Canonicalization::Relaxed;
    }
    return std::nullopt;
}

// One reader for each tag, in the order in which people want to hear what is wrong. RFC 6376 6.1.1:
// a missing required tag is a permanent failure.

Fault read_domain(const TagList& tags, Signature& signature) {
    const auto value = tags.find("d");
    if (!value) {
        return useless("d= is missing");
    }
    // RFC 8616 5: U-labels become A-labels before they are compared or looked up.
    auto domain = conf::DomainName::parse(*value);
    if (!domain) {
        return useless("d= is no domain name");
    }
    signature.domain = std::move(*domain);
    return std::nullopt;
}

Fault read_selector(const TagList& tags, Signature& signature) {
    const auto value = tags.find("s");
    if (!value) {
        return useless("s= is missing");
    }
    auto selector = conf::DomainName::parse(*value);
    if (!selector) {
        return useless("s= is no selector");
    }
    signature.selector = std::move(*selector);
    if (!conf::DomainName::parse(signature.key_name())) {
        return useless("s= and d= together are longer than a name in the DNS");
    }
    return std::nullopt;
}

Fault read_algorithm(const TagList& tags, Signature& signature) {
    const auto value = tags.find("a");
    if (!value) {
        return useless("a= is missing");
    }
    if (*value == "rsa-sha256") {
        signature.type = KeyType::Rsa;
        return std::nullopt;
    }
    if (*value == "ed25519-sha256") {
        signature.type = KeyType::Ed25519;
        return std::nullopt;
    }
    // RFC 8301 3.1: Verifiers MUST NOT verify using rsa-sha1.
    if (*value == "rsa-sha1") {
        return Verdict{Verdict::Kind::Fail, "a= is rsa-sha1, which proves nothing any more"};
    }
    return useless("a= is no algorithm that is known");
}

Fault read_version(const TagList& tags, Signature& /*signature*/) {
    const auto value = tags.find("v");
    if (!value) {
        return useless("v= is missing");
    }
    // RFC 6376 3.5: the value "1" ... compared as a string.
    return *value == "1" ? Fault() : useless("v= is not 1");
}

Fault read_canonicalization(const TagList& tags, Signature& signature) {
    // RFC 6376 3.5: OPTIONAL, default is "simple/simple"; if only one algorithm is named, that is
    // used for the header, and the "simple" algorithm for the body.
    const auto value = tags.find("c").value_or("simple");
    const std::size_t slash = value.find('/');
    const auto header = canonicalization(value.substr(0, slash));
    const auto body =
        canonicalization(slash == std::string_view::npos ? "simple" : value.substr(slash + 1));
    if (!header || !body) {
        return useless("c= is no canonicalization that is known");
    }
    signature.header_canonicalization = *header;
    signature.body_canonicalization = *body;
    return std::nullopt;
}

Fault read_names(const TagList& tags, Signature& signature) {
    const auto value = tags.find("h");
    if (!value) {
        return useless("h= is missing");
    }
    for (const std::string_view part : split_at_colons(*value)) {
        std::string name(part);
        std::transform(name.begin(), name.end(), name.begin(), lower);
        if (name.empty() || name.find_first_of(" \t\r\n") != std::string::npos) {
            return useless("h= is no list of field names");
        }
        signature.names.push_back(std::move(name));
    }
    // RFC 6376 6.1.1: If the "h=" tag does not include the From header field, the Verifier MUST
    // ignore the DKIM-Signature header field.
    if (std::find(signature.names.begin(), signature.names.end(), "from") ==
        signature.names.end()) {
        return useless("From is not signed (h=)");
    }
    return std::nullopt;
}

Fault read_identity(const TagList& tags, Signature& signature) {
    // RFC 6376 3.5: default is an empty local-part followed by an "@" followed by the domain from
    // the "d=" tag.
    signature.identity = signature.domain;
    const auto value = tags.find("i");
    if (!value) {
        return std::nullopt;
    }
    // RFC 6376 2.11: white space in dkim-quoted-printable is ignored.
    const std::string text = without_white_space(*value);
    const std::size_t at = text.rfind('@');
    if (at == std::string::npos) {
        return useless("i= has no @");
    }
    auto domain = conf::DomainName::parse(std::string_view(text).substr(at + 1));
    if (!domain) {
        return useless("i= has no domain name");
    }
    // RFC 6376 6.1.1: ... that the domain specified in the "d=" tag is the same as or a parent
    // domain of the domain part of the "i=" tag.
    if (!domain->is_within(signature.domain)) {
        return useless("i= is not within d=");
    }
    signature.identity = std::move(*domain);
    return std::nullopt;
}

Fault read_query(const TagList& tags, Signature& /*signature*/) {
    const auto methods = split_at_colons(tags.find("q").value_or("dns/txt"));
    return std::find(methods.begin(), methods.end(), "dns/txt") != methods.end()
               ? Fault()
               : useless("q= names no way to the key that is known");
}

Fault read_length(const TagList& tags, Signature& signature) {
    if (const auto value = tags.find("l")) {
        signature.body_length = number(*value);
        if (!signature.body_length) {
            return useless("l= is no number");
        }
    }
    return std::nullopt;
}

Fault read_body_hash(const TagList& tags, Signature& signature) {
    const auto value = tags.find("bh");
    if (!value) {
        return useless("bh= is missing");
    }
    const auto octets = decode_base64string(*value);
    if (!octets || octets->size() != signature.body_hash.size()) {
        return useless("bh= is no SHA-256 hash in base64");
    }
    std::transform(octets->begin(), octets->end(), signature.body_hash.begin(), [](char c) {
        return static_cast<std::uint8_t>(c);
    });
    return std::nullopt;
}

Fault read_octets(const TagList& tags, Signature& signature) {
    const auto value = tags.find("b");
    if (!value) {
        return useless("b= is missing");
    }
    auto octets = decode_base64string(*value);
    if (!octets || octets->empty()) {
        return useless("b= is no signature in base64");
    }
    signature.octets = std::move(*octets);
    // The white space that the tag list took off.
    const std::string_view whole = signature.field.value;
    const auto begin = static_cast<std::size_t>(value->data() - whole.data());
    const std::size_t equals = whole.rfind('=', begin - 1);
    const std::size_t end = std::min(whole.find(';', begin), whole.size());
    signature.b = whole.substr(equals + 1, end - equals - 1);
    return std::nullopt;
}

/// Times: t= has to be a number, x= lies behind it and is not over.
Fault judge_times(const TagList& tags, std::uint64_t now) {
    std::optional<std::uint64_t> made;
    if (const auto value = tags.find("t")) {
        made = number(*value);
        if (!made) {
            return useless("t= is no number");
        }
    }
    const auto value = tags.find("x");
    if (!value) {
        return std::nullopt;
    }
    const auto expires = number(*value);
    if (!expires) {
        return useless("x= is no number");
    }
    // RFC 6376 3.5: The value of the "x=" tag MUST be greater than the value of the "t=" tag if
    // both are present.
    if (made && *expires <= *made) {
        return useless("x= is not after t=");
    }
    if (*expires < now) {
        return Verdict{Verdict::Kind::Fail, "it has expired (x=)"};
    }
    return std::nullopt;
}

constexpr std::array kReaders = {read_domain,
                                 read_selector,
                                 read_algorithm,
                                 read_version,
                                 read_canonicalization,
                                 read_names,
                                 read_identity,
                                 read_query,
                                 read_length,
                                 read_body_hash,
                                 read_octets};

}  // namespace

std::string_view name_of(Verdict::Kind kind) {
    switch (kind) {
        case Verdict::Kind::Pass:
            return "pass";
        case Verdict::Kind::Fail:
            return "fail";
        case Verdict::Kind::PermError:
            return "permerror";
        case Verdict::Kind::TempError:
            return "temperror";
        case Verdict::Kind::Policy:
            return "policy";
    }
    return {};
}

Signature Signature::read(const Field& field, conf::Instant now) {
    Signature signature;
    signature.field = field;
    const auto tags = TagList::parse(field.value, TagList::Characters::Utf8);
    if (!tags) {
        signature.fault = useless(tags.error().detail);
        return signature;
    }
    for (const auto reader : kReaders) {
        signature.fault = reader(*tags, signature);
        if (signature.fault) {
            return signature;
        }
    }
    const auto seconds = std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
    signature.fault =
        judge_times(*tags, static_cast<std::uint64_t>(std::max<std::int64_t>(0, seconds)));
    return signature;
}

std::string Signature::key_name() const {
    return selector.text() + "._domainkey." + domain.text();
}

}  // namespace dkim
