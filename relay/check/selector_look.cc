#include "relay/check/selector_look.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "dkim/published.h"
#include "relay/check/fresh_dns.h"
#include "relay/check/texts.h"

namespace relay::check {

namespace {

net::Task<dkim::Look> look_at(FreshDns& dns,
                              net::Authorities& authorities,
                              const dkim::KeyRing::DomainKeys& keys,
                              const dkim::KeyRing::Entry& entry,
                              conf::Instant now) {
    const std::string name = entry.signer->record_name();
    const net::Answer answer = co_await dns.query(name, net::RecordType::Txt);
    dkim::Look look;
    if (!answer.definite()) {
        look.seen = answer.why;
        co_return look;
    }
    const net::AuthorityView view = co_await authorities.ask(name, net::RecordType::Txt);
    std::vector<dkim::Witness> witnesses;
    for (const auto& [server, said] : view.answers) {
        if (said.definite()) {  // a silent server is no disagreement
            witnesses.push_back({server, dkim::judge_records(keys, entry, texts_of(said), now)});
        }
    }
    look = dkim::combine(dkim::judge_records(keys, entry, texts_of(answer), now), witnesses);
    if (look.sight == dkim::Sight::Ours && witnesses.empty() && view.temporary) {
        look.sight = dkim::Sight::Unseen;  // who is authoritative could not be found out
        look.seen = view.why;
    }
    look.negative_ttl = view.negative_ttl;
    co_return look;
}

}  // namespace

net::Task<SelectorLooks> look_at_selectors(net::Dns& dns,
                                           net::Authorities& authorities,
                                           std::shared_ptr<const dkim::KeyRing> keys,
                                           conf::DomainName domain,
                                           conf::Instant now) {
    SelectorLooks result;
    const auto found = keys->domains().find(domain);
    if (found == keys->domains().end()) {
        co_return result;
    }
    for (const auto& entry : found->second.entries) {
        if (!entry.signer) {
            continue;
        }
        FreshDns fresh(dns);
        dkim::Look look = co_await look_at(fresh, authorities, found->second, entry, now);
        result.by_selector[entry.selector.name] = std::move(look);
        result.ttl = std::min(result.ttl, fresh.ttl());
    }
    co_return result;
}

}  // namespace relay::check
