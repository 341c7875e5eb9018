#include "relay/cli/dkim_verify_command.h"

#include <algorithm>
#include <cstdio>
#include <exception>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <nlohmann/json.hpp>

#include "dkim/author.h"
#include "dkim/field.h"
#include "dkim/selector.h"
#include "relay/cli/dkim_input.h"
#include "relay/cli/ending.h"
#include "relay/cli/table.h"
#include "relay/clock.h"
#include "relay/net/resolver.h"

namespace relay::cli {
namespace {

using Kind = dkim::Verdict::Kind;

/// Whose word counts: the domains in From:, or why nobody's does.
conf::Result<std::vector<conf::DomainName>> author_domains(const dkim::Header& header) {
    // RFC 6376 8.15: of two From: fields readers may show either.
    if (const auto count = header.count("From"); count != 1) {
        return conf::Error{{},
                           count == 0 ? "the message has no From: field"
                                      : "the message has more than one From: field"};
    }
    const auto authors = dkim::authors(header.find("From")->value);
    if (!authors) {
        return authors.error();
    }
    return dkim::domains_of(*authors);
}

dkim::KeyLookup key_lookup(const net::Answer& answer) {
    using Status = dkim::KeyLookup::Status;
    switch (answer.status) {
        case net::Answer::Status::Found:
            break;
        case net::Answer::Status::NoData:
        case net::Answer::Status::NoDomain:
            return {Status::NotFound, {}, {}};
        case net::Answer::Status::Failed:
        case net::Answer::Status::TimedOut:
        case net::Answer::Status::Bogus:
            return {Status::Unavailable, {}, answer.why};
    }
    dkim::KeyLookup lookup{Status::Found, {}, {}};
    for (const auto& octets : answer.rdata) {
        lookup.records.push_back(net::decode_txt(octets).value_or(""));
    }
    return lookup;
}

/// A line of the answer.
struct Judged {
    std::string domain;  // empty where the field names none
    std::string selector;
    std::string algorithm;
    std::string record;
    bool by_author = false;
    dkim::Verdict verdict;
};

Judged judged(const dkim::Signature& signature,
              dkim::Verdict verdict,
              const std::vector<conf::DomainName>& authors) {
    Judged line;
    line.domain = signature.domain.text();
    line.selector = signature.selector.text();
    if (signature.type) {
        line.algorithm = std::string(dkim::name_of(*signature.type)) + "-sha256";
    }
    if (!line.domain.empty() && !line.selector.empty()) {
        line.record = signature.key_name();
    }
    line.by_author = std::find(authors.begin(), authors.end(), signature.domain) != authors.end();
    line.verdict = std::move(verdict);
    return line;
}

std::string text_of(const std::vector<Judged>& lines) {
    if (lines.empty()) {
        return {};
    }
    const auto shown = [](const std::string& text) { return text.empty() ? "-" : text; };
    Table table({"RESULT", "DOMAIN", "SELECTOR", "ALGORITHM", "AUTHOR", "REASON"});
    for (const auto& line : lines) {
        table.add({std::string(dkim::name_of(line.verdict.kind)),
                   shown(line.domain),
                   shown(line.selector),
                   shown(line.algorithm),
                   line.by_author ? "yes" : "no",
                   line.verdict.reason});
    }
    return table.text();
}

std::string json_of(const std::vector<Judged>& lines) {
    using Json = nlohmann::ordered_json;
    const auto shown = [](const std::string& text) { return text.empty() ? Json() : Json(text); };
    auto list = Json::array();
    for (const auto& line : lines) {
        list.push_back({{"result", dkim::name_of(line.verdict.kind)},
                        {"domain", shown(line.domain)},
                        {"selector", shown(line.selector)},
                        {"algorithm", shown(line.algorithm)},
                        {"author", line.by_author},
                        {"record", shown(line.record)},
                        {"reason", line.verdict.reason}});
    }
    return list.dump(2, ' ', true, Json::error_handler_t::replace) + "\n";
}

int conclude(const std::vector<Judged>& lines,
             const conf::Result<std::vector<conf::DomainName>>& authors) {
    const auto any = [&](Kind kind) {
        return std::any_of(lines.begin(), lines.end(), [kind](const Judged& line) {
            return line.by_author && line.verdict.kind == kind;
        });
    };
    if (lines.empty()) {
        return end(Ending::No, "the message has no DKIM-Signature field: nobody signed it");
    }
    if (!authors) {
        return end(Ending::No, authors.error().message() + ": no signature can be its author's");
    }
    if (any(Kind::Pass)) {
        return status_of(Ending::Done);
    }
    if (any(Kind::TempError)) {
        return end(Ending::Unknown, "a key of the author's domain cannot be looked up: try again");
    }
    return end(Ending::No, "no signature by the author's domain passes: see the reasons");
}

/// The keys that `verifier` needs, from the configured DNS.
conf::Result<std::vector<dkim::KeyLookup>> keys_for(const dkim::Verifier& verifier,
                                                    const conf::Dns& settings) {
    std::vector<std::string> names;
    bool any = false;
    for (const auto& signature : verifier.signatures()) {
        names.push_back(signature.fault ? "" : signature.key_name());
        any = any || !names.back().empty();
    }
    if (!any) {
        return std::vector<dkim::KeyLookup>(names.size());
    }
    net::asio::io_context context(1);
    auto resolver = net::Resolver::create(settings, context);
    if (!resolver) {
        return resolver.error();
    }
    return find_keys(**resolver, context, names, [&] { (*resolver)->stop(); });
}

}  // namespace

std::vector<dkim::KeyLookup> find_keys(net::Dns& dns,
                                       net::asio::io_context& context,
                                       const std::vector<std::string>& names,
                                       const std::function<void()>& ended) {
    std::vector<dkim::KeyLookup> lookups(names.size());
    auto waiting = static_cast<std::size_t>(
        std::count_if(names.begin(), names.end(), [](const auto& name) { return !name.empty(); }));
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (names[i].empty()) {
            continue;
        }
        auto take = [&, i](const std::exception_ptr& thrown, const net::Answer& answer) {
            lookups[i] = thrown ? dkim::KeyLookup{dkim::KeyLookup::Status::Unavailable,
                                                  {},
                                                  "the question could not be asked"}
                                : key_lookup(answer);
            if (--waiting == 0) {
                ended();
            }
        };
        net::asio::co_spawn(
            context.get_executor(), dns.query(names[i], net::RecordType::Txt), std::move(take));
    }
    context.run();
    return lookups;
}

int dkim_verify(const std::string& file, const conf::Config& config, bool json) {
    auto input = DkimInput::open(file);
    if (!input) {
        return end(Ending::Unknown, input.error().message());
    }
    const auto block = input->header();
    if (!block) {
        return end(Ending::Unknown, block.error().message());
    }
    auto header = dkim::Header::parse(*block);
    if (!header) {
        return end(Ending::Unknown, header.error().message() + ": is this a message?");
    }
    const auto authors = author_domains(*header);
    dkim::Verifier verifier(std::move(*header), wall_clock());
    for (;;) {
        const auto piece = input->body();
        if (!piece) {
            return end(Ending::Unknown, piece.error().message());
        }
        if (piece->empty()) {
            break;
        }
        verifier.update(*piece);
    }
    verifier.finish();
    const auto lookups = keys_for(verifier, config.dns);
    if (!lookups) {
        return end(Ending::Unknown, lookups.error().message());
    }
    std::vector<Judged> lines;
    for (std::size_t i = 0; i < lookups->size(); ++i) {
        lines.push_back(judged(verifier.signatures()[i],
                               verifier.judge(i, (*lookups)[i]),
                               authors.has_value() ? *authors : std::vector<conf::DomainName>()));
    }
    if (verifier.unread() > 0) {
        lines.push_back({{},
                         {},
                         {},
                         {},
                         false,
                         {Kind::Policy,
                          std::to_string(verifier.unread()) + " more signatures: only the first " +
                              std::to_string(dkim::Verifier::kMaxSignatures) + " are looked at"}});
    }
    const auto page = json ? json_of(lines) : text_of(lines);
    (void)std::fwrite(page.data(), 1, page.size(), stdout);
    return conclude(lines, authors);
}

}  // namespace relay::cli
