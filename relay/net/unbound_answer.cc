#include "relay/net/unbound_answer.h"

#include <string_view>
#include <unbound.h>

namespace relay::net {
namespace {

constexpr int kMaxRecords = 1000;  // of one answer; a site has no use for more

std::string rcode_text(int rcode) {
    switch (rcode) {
        case 1:
            return "FORMERR";
        case 2:
            return "SERVFAIL";
        case 4:
            return "NOTIMP";
        case 5:
            return "REFUSED";
        default:
            return "RCODE " + std::to_string(rcode);
    }
}

/// Number of records in the authority section: without an SOA there, libunbound's ttl of a negative
/// answer is undefined.
bool has_authority(const ub_result& result) {
    constexpr int kCountAt = 8;
    if (result.answer_packet == nullptr || result.answer_len < kCountAt + 2) {
        return false;
    }
    const auto* packet = static_cast<const unsigned char*>(result.answer_packet);
    return packet[kCountAt] != 0 || packet[kCountAt + 1] != 0;
}

void take_records(const ub_result& result, Answer& answer) {
    for (int i = 0; i < kMaxRecords && result.data[i] != nullptr; ++i) {
        if (result.len[i] >= 0) {
            answer.rdata.emplace_back(result.data[i], static_cast<std::size_t>(result.len[i]));
        }
    }
}

}  // namespace

std::string question_text(const std::string& name, RecordType type) {
    return std::string(relay::net::name(type)) + " of " + name;
}

Answer answer_from(int error, const ub_result* result, const std::string& name, RecordType type) {
    Answer answer;
    if (error != 0 || result == nullptr) {
        answer.why = std::string(ub_strerror(error)) + " for " + question_text(name, type);
        return answer;
    }
    // A bogus answer comes with its data and RCODE 0: this goes before anything else.
    if (result->bogus != 0) {
        answer.status = Answer::Status::Bogus;
        answer.why = "DNSSEC validation failed for " + question_text(name, type);
        if (result->why_bogus != nullptr) {
            answer.why += std::string(": ") + result->why_bogus;
        }
        return answer;
    }
    constexpr int kNoError = 0;
    constexpr int kNameError = 3;
    if (result->rcode != kNoError && result->rcode != kNameError) {
        answer.why = rcode_text(result->rcode) + " for " + question_text(name, type);
        return answer;
    }
    answer.secure = result->secure != 0;
    answer.via_cname = result->canonname != nullptr;
    const bool found = result->havedata != 0 && result->rcode == kNoError;
    if (found) {
        take_records(*result, answer);
    }
    if (found && !answer.rdata.empty()) {
        answer.status = Answer::Status::Found;
    } else {
        answer.status = result->nxdomain != 0 ? Answer::Status::NoDomain : Answer::Status::NoData;
    }
    if ((found || has_authority(*result)) && result->ttl > 0) {
        answer.ttl = std::chrono::seconds(result->ttl);
    }
    return answer;
}

}  // namespace relay::net
