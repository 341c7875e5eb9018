#include "relay/cli/check_command.h"

#include <cstdio>
#include <exception>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <nlohmann/json.hpp>

#include "dkim/key_ring.h"
#include "relay/check/checks.h"
#include "relay/net/resolver.h"

namespace relay::cli {
namespace {

constexpr int kYes = 0;
constexpr int kNo = 1;
constexpr int kUnknown = 3;

int complain(int status, const std::string& what) {
    std::fprintf(stderr, "signet: %s\n", what.c_str());
    return status;
}

void append_lines(std::string& page, std::string_view title, std::string_view text) {
    constexpr std::string_view kIndent = "           ";
    page += kIndent;
    page += title;
    for (const char c : text) {
        page += c;
        if (c == '\n') {
            page += kIndent;
            page.append(title.size(), ' ');
        }
    }
    page += '\n';
}

/// All domains of `options` in canonical spelling; nothing when one is not configured.
conf::Result<std::vector<std::string>> chosen(const CheckOptions& options,
                                              const conf::Config& config) {
    std::vector<std::string> domains;
    for (const auto& text : options.domains) {
        const auto name = conf::DomainName::parse(text);
        if (!name) {
            return conf::Error{{}, name.error().message() + ": write a domain name"};
        }
        if (config.find_domain(*name) == nullptr) {
            return conf::Error{{},
                               name->text() +
                                   " is no [[domain]] of the configuration: add it, or "
                                   "name one that is"};
        }
        domains.push_back(name->text());
    }
    return domains;
}

}  // namespace

std::string findings_text(const Findings& findings) {
    std::string page;
    for (const auto& [domain, list] : findings) {
        page += domain.empty() ? "source addresses\n" : domain + "\n";
        for (const auto& finding : list) {
            auto verdict = std::string(check::name(finding.verdict));
            verdict.resize(8, ' ');
            page += "  " + verdict + " " + finding.reason() + "\n";
            if (!finding.effect.empty()) {
                append_lines(page, "effect:  ", finding.effect);
            }
            if (!finding.publish.empty()) {
                append_lines(page, "publish: ", finding.publish);
            }
        }
        if (list.empty()) {
            page += "  nothing to check\n";
        }
    }
    return page;
}

std::string findings_json(const Findings& findings) {
    auto list = nlohmann::ordered_json::array();
    for (const auto& [domain, found] : findings) {
        for (const auto& finding : found) {
            list.push_back({{"domain", domain},
                            {"check", finding.check},
                            {"subject", finding.subject},
                            {"verdict", check::name(finding.verdict)},
                            {"seen", finding.seen},
                            {"effect", finding.effect},
                            {"publish", finding.publish},
                            {"ttl", finding.ttl.count()}});
        }
    }
    const nlohmann::ordered_json page{{"findings", std::move(list)}};
    return page.dump(2, ' ', true, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

int exit_status(const Findings& findings, bool strict) {
    auto worst = check::Verdict::Pass;
    bool warns = false;
    for (const auto& [domain, list] : findings) {
        for (const auto& finding : list) {
            worst = check::graver(worst, finding.verdict);
            warns = warns || finding.verdict == check::Verdict::Warn;
        }
    }
    if (worst == check::Verdict::Block || (strict && warns)) {
        return kNo;
    }
    return worst == check::Verdict::Unknown ? kUnknown : kYes;
}

int check_command(const CheckOptions& options, std::shared_ptr<const conf::Config> config) {
    auto domains = chosen(options, *config);
    if (!domains) {
        return complain(kNo, domains.error().message());
    }
    net::asio::io_context context(1);
    auto resolver = net::Resolver::create(config->dns, context);
    if (!resolver) {
        return complain(kUnknown, resolver.error().message());
    }
    Findings findings;
    std::exception_ptr failed;
    auto ended = [&](std::exception_ptr thrown, Findings found) {
        failed = thrown;
        findings = std::move(found);
        (*resolver)->stop();
    };
    net::asio::co_spawn(
        context.get_executor(),
        check::run_checks(**resolver, config, dkim::KeyRing::load(*config), std::move(*domains)),
        std::move(ended));
    context.run();
    if (failed) {
        try {
            std::rethrow_exception(failed);
        } catch (const std::exception& error) {
            return complain(kUnknown, std::string("the check ended early: ") + error.what());
        }
    }
    const auto page = options.json ? findings_json(findings) : findings_text(findings);
    std::fwrite(page.data(), 1, page.size(), stdout);
    return exit_status(findings, options.strict);
}

}  // namespace relay::cli
