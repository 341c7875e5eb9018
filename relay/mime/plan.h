// Plan: what changes in a message so that SMTP can carry it, part by part.
//
// Threads: values. Memory: kMaxParts parts.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "relay/mime/content.h"

namespace relay::mime {

enum class BodyChange : std::uint8_t {
    None,
    QuotedPrintable,
    Base64,
    MendQuotedPrintable,
    MendBase64,
};

enum class Charset : std::uint8_t { Keep, Utf8, Unknown };

struct PartChange {
    BodyChange body = BodyChange::None;
    Charset charset = Charset::Keep;
    bool to_seven_bit = false;  // its Content-Transfer-Encoding; of what holds parts
    bool add_mime_version = false;
    bool fold_header = false;
    bool drop_preamble = false;
    bool drop_epilogue = false;

    bool operator==(const PartChange&) const = default;
};

class Plan {
public:
    /// Where nothing does, the message may be sent as it is.
    [[nodiscard]] bool changes() const {
        for (const PartChange& part : parts_) {
            if (part != PartChange{}) {
                return true;
            }
        }
        return false;
    }

private:
    friend class Survey;
    friend class Recoder;
    Plan(Content message, std::vector<PartChange> parts)
        : message_(std::move(message)), parts_(std::move(parts)) {}

    Content message_;
    std::vector<PartChange> parts_;  // by their number in the PartTree
};

}  // namespace relay::mime
