#include "relay/check/fresh_dns.h"

#include <algorithm>
#include <utility>

namespace relay::check {
namespace {

using std::chrono::seconds;

seconds believable(const net::Answer& answer) {
    if (!answer.definite()) {
        return seconds(10);
    }
    if (answer.status != net::Answer::Status::Found && answer.ttl == seconds(0)) {
        return seconds(5);
    }
    return std::max(answer.ttl, seconds(1));
}

}  // namespace

net::Task<net::Answer> FreshDns::query(std::string name, net::RecordType type) {
    return query_fresh(std::move(name), type);
}

net::Task<net::Answer> FreshDns::query_fresh(std::string name, net::RecordType type) {
    net::Answer answer = co_await dns_.query_fresh(std::move(name), type);
    ttl_ = std::min(ttl_, believable(answer));
    co_return answer;
}

}  // namespace relay::check
