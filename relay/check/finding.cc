#include "relay/check/finding.h"

namespace relay::check {
namespace {

int weight(Verdict verdict) {
    switch (verdict) {
        case Verdict::Pass:
            return 0;
        case Verdict::Info:
            return 1;
        case Verdict::Warn:
            return 2;
        case Verdict::Unknown:
            return 3;
        case Verdict::Block:
            return 4;
    }
    return 3;
}

}  // namespace

std::string_view name(Verdict verdict) {
    switch (verdict) {
        case Verdict::Pass:
            return "pass";
        case Verdict::Info:
            return "info";
        case Verdict::Warn:
            return "warn";
        case Verdict::Block:
            return "block";
        case Verdict::Unknown:
            return "unknown";
    }
    return "?";
}

Verdict graver(Verdict one, Verdict other) {
    return weight(one) < weight(other) ? other : one;
}

std::string Finding::reason() const {
    return check + " of " + subject + ": " + seen;
}

}  // namespace relay::check
