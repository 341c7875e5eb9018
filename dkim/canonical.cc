#include "dkim/canonical.h"

#include "dkim/ascii.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace dkim {
namespace {

// RFC 6376 3.4.2 The "relaxed" Header Canonicalization Algorithm
void append_relaxed(const Field& field, std::string& out) {
    const std::size_t start = out.size();
    // Room for the longest outcome, so that the loop writes without looking.
    out.resize(start + field.name.size() + 1 + field.value.size() + 2);
    char* to = out.data() + start;
    // Convert all header field names (not the header field values) to lowercase.
    for (const char c : field.name) {
        *to++ = lower(c);
    }
    // Delete any WSP characters remaining before and after the colon separating the header field
    // name from the header field value.  The colon separator MUST be retained.
    *to++ = ':';
    // Unfold all header field continuation lines: a CRLF in a value stands before WSP always
    // (Header::parse). Convert all sequences of one or more WSP characters to a single SP
    // character. Delete all WSP characters at the end of each unfolded header field value.
    const char* const value = to;
    bool space = false;
    for (const char c : field.value) {
        if (is_wsp(c)) {
            space = true;
        } else if (c != '\r' && c != '\n') {
            if (space && to != value) {
                *to++ = ' ';
            }
            space = false;
            *to++ = c;
        }
    }
    *to++ = '\r';
    *to++ = '\n';
    out.resize(static_cast<std::size_t>(to - out.data()));
}

}  // namespace

void append_canonical(const Field& field,
                      conf::Canonicalization canonicalization,
                      std::string& out) {
    switch (canonicalization) {
        case conf::Canonicalization::Simple:
            // RFC 6376 3.4.1: the "simple" algorithm does not change header fields in any way.
            out.append(field.raw);
            return;
        case conf::Canonicalization::Relaxed:
            append_relaxed(field, out);
            return;
    }
}

std::string_view name_of(conf::Canonicalization canonicalization) {
    switch (canonicalization) {
        case conf::Canonicalization::Simple:
            return "simple";
        case conf::Canonicalization::Relaxed:
            return "relaxed";
    }
    return {};
}

const char* find_reducible(const char* at, const char* end) {
#if defined(__SSE2__)
    const __m128i space = _mm_set1_epi8(' ');
    const __m128i tab = _mm_set1_epi8('\t');
    // Sixteen octets at a time, each judged together with the one behind it: hence seventeen.
    while (end - at > 16) {
        const __m128i here = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
        const __m128i next = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at + 1));
        const __m128i next_is_low = _mm_cmpeq_epi8(_mm_min_epu8(next, space), next);
        const __m128i hit = _mm_or_si128(_mm_cmpeq_epi8(here, tab),
                                         _mm_and_si128(_mm_cmpeq_epi8(here, space), next_is_low));
        const int mask = _mm_movemask_epi8(hit);
        if (mask != 0) {
            return at + __builtin_ctz(static_cast<unsigned>(mask));
        }
        at += 16;
    }
#endif
    for (; at != end; ++at) {
        if (*at == '\t' ||
            (*at == ' ' && (at + 1 == end || static_cast<unsigned char>(at[1]) <= ' '))) {
            return at;
        }
    }
    return end;
}

}  // namespace dkim
