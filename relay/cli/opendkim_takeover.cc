#include "relay/cli/opendkim_takeover.h"

#include <algorithm>
#include <variant>

#include "conf/parse.h"
#include "dkim/key.h"

namespace relay::cli {
namespace {

std::string quoted(std::string_view text) {
    return '"' + std::string(text) + '"';
}

/// What the configuration has against this [[domain]] with this selector, judged by its own reader;
/// nothing where it takes both.
std::string refusal(const conf::DomainName& domain, const conf::DomainName& selector) {
    constexpr unsigned kDomainLine = 3;
    const auto loaded = conf::parse("hostname = \"relay.example\"\npostmaster = \"postmaster@" +
                                        domain.text() + "\"\n[[domain]]\nname = \"" +
                                        domain.text() + "\"\n[[domain.selector]]\nname = \"" +
                                        selector.text() + "\"\nkey = \"/key.pem\"\n",
                                    "/");
    if (const auto* problems = std::get_if<std::vector<conf::Problem>>(&loaded)) {
        for (const auto& problem : *problems) {
            if (problem.line >= kDomainLine) {
                return problem.text;
            }
        }
        return problems->empty() ? "" : problems->front().text;
    }
    return {};
}

}  // namespace

OpendkimTakeover::OpendkimTakeover(const dkim::OpendkimKeyTable& keys,
                                   const dkim::OpendkimSigningTable& signings)
    : keys_(keys.keys) {
    for (const auto& fault : keys.faults) {
        remark(Table::Keys, fault.line, fault.text);
    }
    for (const auto& fault : signings.faults) {
        remark(Table::Signings, fault.line, fault.text);
    }
    for (const auto& key : keys_) {
        add_key(key);
    }
    for (const auto& signing : signings.signings) {
        take(signing);
    }
    remark_unused();
    std::stable_sort(remarks_.begin(), remarks_.end(), [](const Remark& a, const Remark& b) {
        return std::tie(a.table, a.line) < std::tie(b.table, b.line);
    });
}

void OpendkimTakeover::add_key(const Key& key) {
    const auto [place, is_new] = by_name_.emplace(key.name, &key);
    if (is_new) {
        return;
    }
    const auto& first = *place->second;
    const bool same = first.domain == key.domain && first.selector == key.selector &&
                      first.place == key.place && first.path == key.path;
    remark(Table::Keys,
           key.line,
           "the key " + quoted(key.name) + " stands in line " + std::to_string(first.line) +
               " already, and that one counts: remove one of them",
           same && key.place != Key::Place::Inline ? Loss::None : Loss::Some);
}

void OpendkimTakeover::take(const Signing& signing) {
    if (!seen_.emplace(signing.reach, signing.domain.text(), signing.key).second) {
        remark(Table::Signings,
               signing.line,
               "the same as a line above: remove one of them",
               Loss::None);
        return;
    }
    if (signing.key == "%") {
        take_by_own_name(signing);
        return;
    }
    const auto found = by_name_.find(signing.key);
    if (found == by_name_.end()) {
        remark(Table::Signings,
               signing.line,
               "there is no usable key " + quoted(signing.key) +
                   " in the key table: correct the name or that line");
        return;
    }
    take(signing, *found->second);
}

// opendkim.conf(5), SigningTable: "If the first field contains only a "%" character, it will be
// replaced by the domain found in the From: header field."
void OpendkimTakeover::take_by_own_name(const Signing& signing) {
    bool any = false;
    for (const auto& key : keys_) {
        const auto name = conf::DomainName::parse(key.name);
        if (!name || by_name_.at(key.name) != &key) {
            continue;
        }
        const bool matches = signing.reach == Reach::Everyone ||
                             (name->is_within(signing.domain) &&
                              (*name == signing.domain) == (signing.reach == Reach::Domain));
        if (matches) {
            any = true;
            auto own = signing;
            own.reach = Reach::Domain;
            own.domain = *name;
            take(own, key);
        }
    }
    if (!any) {
        remark(Table::Signings,
               signing.line,
               "no key has the name of a domain that " + quoted(signing.pattern) +
                   " stands for: add one, or remove this line");
    }
}

void OpendkimTakeover::take(const Signing& signing, const Key& key) {
    used_.insert(key.name);
    const auto lose = [&](std::string text) {
        remark(Table::Signings, signing.line, std::move(text));
    };
    if (!key.domain && signing.reach != Reach::Domain) {
        lose(quoted(signing.pattern) + " signs with " + quoted(key.name) +
             " in the name of each domain: write a [[domain]] for every one that sends");
        return;
    }
    const auto& signer = key.domain ? *key.domain : signing.domain;
    if (signing.reach == Reach::Everyone) {
        lose(quoted(signing.pattern) + " signs for other domains in the name of " + signer.text() +
             ", which DMARC does not count: it is taken over for " + signer.text() +
             " alone; write a [[domain]] with a key of its own for every other one that sends");
        add(signer, Reach::Domain, key);
    } else if (signer == signing.domain) {
        add(signer, signing.reach, key);
    } else if (signing.domain.is_within(signer)) {
        lose("mail of " + signing.domain.text() + " was signed in the name of " + signer.text() +
             ": write subdomains = true below its [[domain]], which holds for all names below it");
        return;
    } else {
        lose("mail of " + signing.domain.text() + " was signed in the name of " + signer.text() +
             ", which DMARC does not count: make a key of its own with `signet dkim create " +
             signing.domain.text() + "`");
        return;
    }
    // RFC 6376 3.5, i=: "the default is an empty local-part followed by an "@" followed by the
    // domain from the "d=" tag".
    if (!signing.signer.empty() && signing.signer != "@%" &&
        signing.signer != "@" + signer.text()) {
        lose("the signer " + quoted(signing.signer) +
             " is left out: Signet writes no i=, which "
             "stands for @" +
             signer.text());
    }
}

void OpendkimTakeover::add(const conf::DomainName& name, Reach reach, const Key& key) {
    const auto lose = [&](std::string text) { remark(Table::Keys, key.line, std::move(text)); };
    if (const auto fault = refusal(name, key.selector); !fault.empty()) {
        lose("selector " + key.selector.text() + " of " + name.text() + ": " + fault);
        return;
    }
    auto& taken = domain(name);
    taken.itself = taken.itself || reach == Reach::Domain;
    taken.subdomains = taken.subdomains || reach == Reach::Subdomains;
    Selector selector{key.line, key.selector.text(), key.path_for(name), {}};
    const auto same =
        std::find_if(taken.selectors.begin(), taken.selectors.end(), [&](const Selector& other) {
            return other.name == selector.name;
        });
    if (same != taken.selectors.end()) {
        if (same->path != selector.path) {
            lose("the selector " + selector.name + " of " + name.text() +
                 " has another key in line " + std::to_string(same->line) +
                 ": only one of them is in DNS; remove the other");
        }
        return;
    }
    selector.fault = fault_of(key, selector.path);
    if (!selector.fault.empty()) {
        lose("selector " + selector.name + " of " + name.text() + ": " + selector.fault);
    }
    taken.selectors.push_back(std::move(selector));
}

OpendkimTakeover::Domain& OpendkimTakeover::domain(const conf::DomainName& name) {
    const auto [place, is_new] = places_.emplace(name, domains_.size());
    if (is_new) {
        domains_.push_back({name, false, false, {}});
    }
    return domains_[place->second];
}

std::string OpendkimTakeover::fault_of(const Key& key, const std::string& path) {
    switch (key.place) {
        case Key::Place::File:
            break;
        case Key::Place::Relative:
            return path + ": begins where OpenDKIM ran: write the whole path";
        case Key::Place::Inline:
            return "the table holds the key itself: write it to a file with mode 0600 and name "
                   "that";
    }
    const auto [place, is_new] = judged_.try_emplace(path);
    if (is_new) {
        if (const auto loaded = dkim::PrivateKey::load(path, false); !loaded) {
            place->second = loaded.error().message();
        }
    }
    return place->second;
}

void OpendkimTakeover::remark_unused() {
    for (const auto& key : keys_) {
        if (!used_.contains(key.name) && by_name_.at(key.name) == &key) {
            remark(Table::Keys,
                   key.line,
                   "the key " + quoted(key.name) +
                       " is left out: no line of the signing table that can be followed names it",
                   Loss::None);
        }
    }
}

}  // namespace relay::cli
