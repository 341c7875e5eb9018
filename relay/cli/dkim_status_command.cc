#include "relay/cli/dkim_status_command.h"

#include <cerrno>
#include <cstdio>
#include <map>

#include <nlohmann/json.hpp>

#include "dkim/retire.h"
#include "dkim/selector.h"
#include "relay/check/kept_lives.h"
#include "relay/cli/ending.h"
#include "relay/cli/queue_access.h"
#include "relay/cli/table.h"
#include "relay/clock.h"
#include "relay/status/selectors_json.h"

namespace relay::cli {

namespace {

using Json = nlohmann::ordered_json;

conf::Error strange_answer() {
    return {{}, "the relay's answer is not understood: is it of this version?"};
}

conf::Result<Json> ask_running(const ControlClient& client) {
    const auto answer = client.get("/status");
    if (!answer) {
        return answer.error();
    }
    if (answer->status != 200) {
        return conf::Error{{}, answer->error()};
    }
    auto page = Json::parse(answer->body, nullptr, false);
    if (!page.is_object() || !page.contains("selectors") || !page["selectors"].is_array()) {
        return strange_answer();
    }
    return std::move(page["selectors"]);
}

/// What a relay that does not run knew last; nothing at all where none ever ran.
conf::Result<dkim::Lives> last_known(const conf::Config& config) {
    const auto store = open_stopped_store(config);
    if (!store) {
        if (store.error().code.value() == ENOENT) {
            return dkim::Lives();
        }
        return store.error();
    }
    auto kept = check::recall_lives(**store);
    if (!kept) {
        return kept.error();
    }
    return std::move(kept->lives);
}

conf::Result<Json> find_selectors(const conf::Config& config) {
    const auto running = find_running(config);
    if (!running) {
        return running.error();
    }
    if (*running) {
        return ask_running(**running);
    }
    const auto lives = last_known(config);
    if (!lives) {
        return lives.error();
    }
    const dkim::RotationRules rules{config.dkim.prove, config.dkim.retire_after};
    return status::selectors_json(
        dkim::selector_reports(*dkim::KeyRing::load(config), *lives, rules, wall_clock()));
}

std::string text_of(const Json& entry, const char* key) {
    return entry.contains(key) && entry[key].is_string() ? entry[key].get<std::string>() : "";
}

std::string key_text(const Json& entry) {
    const std::string type = text_of(entry, "type");
    if (type == "rsa" && entry.contains("bits") && entry["bits"].is_number_integer()) {
        return type + " " + std::to_string(entry["bits"].get<int>());
    }
    return type.empty() ? "-" : type;
}

std::string table_of(const Json& selectors) {
    Table table({"DOMAIN", "SELECTOR", "KEY", "STATE", "SINCE", "DETAIL"});
    for (const Json& entry : selectors) {
        const std::string since = text_of(entry, "since");
        table.add({text_of(entry, "domain"),
                   text_of(entry, "selector"),
                   key_text(entry),
                   text_of(entry, "state"),
                   since.empty() ? "-" : since,
                   text_of(entry, "detail")});
    }
    return table.text();
}

/// Complains of each [[domain]] that should sign and does not.
int judge(const conf::Config& config, const Json& selectors) {
    std::map<std::string, bool> signs;
    for (const auto& domain : config.domains) {
        if (domain.sign && !domain.envelope_only) {
            signs[domain.name.text()] = false;
        }
    }
    for (const Json& entry : selectors) {
        const auto found = signs.find(text_of(entry, "domain"));
        if (found != signs.end() && text_of(entry, "state") == "signing") {
            found->second = true;
        }
    }
    if (signs.empty()) {
        return end(Ending::No, "no domain signs: make a key with `signet dkim create DOMAIN`");
    }
    int status = status_of(Ending::Done);
    for (const auto& [domain, does] : signs) {
        if (!does) {
            status = end(Ending::No,
                         "mail of " + domain + " cannot leave: see what its selectors wait for");
        }
    }
    return status;
}

int retire_running(const ControlClient& client,
                   const std::string& domain,
                   const std::string& selector) {
    const auto answer =
        client.post("/dkim/retire", Json{{"domain", domain}, {"selector", selector}}.dump());
    if (!answer) {
        return end(Ending::Unknown, answer.error().message());
    }
    if (answer->status == 200) {
        return status_of(Ending::Done);
    }
    return end(answer->status == 409 ? Ending::No : Ending::Unknown, answer->error());
}

int retire_stopped(const conf::Config& config,
                   const std::string& domain,
                   const std::string& selector) {
    const auto store = open_stopped_store(config);
    if (!store) {
        return end(Ending::Unknown, store.error().message());
    }
    const auto kept = check::recall_lives(**store);
    if (!kept) {
        return end(Ending::Unknown, kept.error().message());
    }
    const auto ring = dkim::KeyRing::load(config);
    const auto name = conf::DomainName::parse(domain);
    const auto found = name ? ring->domains().find(*name) : ring->domains().end();
    if (found == ring->domains().end()) {
        return end(Ending::No, domain + " is no [[domain]]");
    }
    const dkim::RotationRules rules{config.dkim.prove, config.dkim.retire_after};
    const dkim::DomainLives& before = kept->lives.of(*name);
    const auto after = dkim::retire(found->second, before, selector, rules, wall_clock());
    if (!after) {
        return end(Ending::No, after.error().message());
    }
    const auto committed = (*store)->commit(check::changes_of(*name, before, *after));
    if (!committed) {
        return end(Ending::Unknown, committed.error().message());
    }
    return status_of(Ending::Done);
}

}  // namespace

int dkim_status(const conf::Config& config, bool json) {
    const auto selectors = find_selectors(config);
    if (!selectors) {
        return end(Ending::Unknown, selectors.error().message());
    }
    const std::string page =
        json ? selectors->dump(2, ' ', true, Json::error_handler_t::replace) + "\n"
             : table_of(*selectors);
    (void)std::fwrite(page.data(), 1, page.size(), stdout);
    return judge(config, *selectors);
}

int dkim_retire(const conf::Config& config,
                const std::string& domain,
                const std::string& selector) {
    const auto running = find_running(config);
    if (!running) {
        return end(Ending::Unknown, running.error().message());
    }
    const int status = *running ? retire_running(**running, domain, selector)
                                : retire_stopped(config, domain, selector);
    if (status == status_of(Ending::Done)) {
        const std::string told = selector + " of " + domain +
                                 " signs no more. Keep its record published until `signet dkim "
                                 "status` calls it removable.\n";
        (void)std::fwrite(told.data(), 1, told.size(), stdout);
    }
    return status;
}

}  // namespace relay::cli
