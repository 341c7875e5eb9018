// SignedFields: which header fields a signature covers, and of which none can be added on the way.
//
// Standards: RFC 6376 5.4 and 5.4.1 (what to sign), 8.15 (why to oversign).
// Threads:   immutable.
#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace dkim {

class SignedFields {
public:
    /// Signed once more than present by default: a reader shows the first of several, or the last.
    static constexpr std::array<std::string_view, 6> kOversigned = {
        "from", "subject", "date", "to", "reply-to", "content-type"};

    /// What a reader sees, what describes the body, and what mailing list software acts on. Not
    /// what relays add or remove on the way (Received, Return-Path, DKIM-Signature,
    /// Authentication-Results), nor Bcc.
    SignedFields() = default;
    /// Exactly these, each oversigned; lower case, `from` among them. None at all is the default.
    explicit SignedFields(std::vector<std::string> names) : names_(std::move(names)) {}

    /// True for a field whose every instance is signed. ASCII case is ignored.
    [[nodiscard]] bool contain(std::string_view name) const;
    /// Appends "name:" for each field that is signed once more than present.
    void append_oversigned(std::string& names) const;

private:
    std::vector<std::string> names_;
};

}  // namespace dkim
