#include "relay/cli/dkim_commands.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <optional>
#include <pwd.h>
#include <string_view>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <vector>

#include "dkim/errors.h"
#include "dkim/key_ring.h"
#include "dkim/key_store.h"
#include "dkim/selector.h"

namespace relay::cli {
namespace {

constexpr int kDone = 0;
constexpr int kNo = 1;
constexpr int kUsage = 2;
constexpr int kUnknown = 3;

int complain(int status, const std::string& what) {
    std::fprintf(stderr, "signet: %s\n", what.c_str());
    return status;
}

void print(const std::string& text) {
    std::fwrite(text.data(), 1, text.size(), stdout);
}

conf::Instant now() {
    return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

std::string quoted(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') {
            out += '\\';
        }
        if (static_cast<unsigned char>(c) < ' ') {
            char escape[8];
            std::snprintf(escape, sizeof escape, "\\u%04x", static_cast<unsigned>(c));
            out += escape;
        } else {
            out += c;
        }
    }
    return out + '"';
}

struct KeyKind {
    std::string_view name;
    dkim::KeyType type;
    int bits;
};
constexpr std::array<KeyKind, 3> kKinds = {{{"rsa2048", dkim::KeyType::Rsa, 2048},
                                            {"rsa4096", dkim::KeyType::Rsa, 4096},
                                            {"ed25519", dkim::KeyType::Ed25519, 0}}};

std::string default_selector(dkim::KeyType type) {
    const std::chrono::year_month_day date(
        std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now()));
    char text[24];
    std::snprintf(text,
                  sizeof text,
                  "%c%04d%02u%02u",
                  type == dkim::KeyType::Rsa ? 's' : 'e',
                  static_cast<int>(date.year()),
                  static_cast<unsigned>(date.month()),
                  static_cast<unsigned>(date.day()));
    return text;
}

const conf::Selector* find_selector(const conf::Domain* domain, const std::string& name) {
    if (domain != nullptr) {
        for (const conf::Selector& selector : domain->selectors) {
            if (selector.name == name) {
                return &selector;
            }
        }
    }
    return nullptr;
}

// The user who will read the key, where that is somebody else than we.
class Owner {
public:
    // Root makes keys for the user that the relay drops to; everyone else for himself.
    static conf::Result<Owner> of(const conf::Config& config) {
        Owner owner;
        if (::geteuid() != 0 || config.user.empty()) {
            return owner;
        }
        passwd entry{};
        passwd* found = nullptr;
        std::vector<char> room(16 * 1024);
        ::getpwnam_r(config.user.c_str(), &entry, room.data(), room.size(), &found);
        if (found == nullptr) {
            return conf::Error{
                {}, "there is no user \"" + config.user + "\": make it, or correct `user`"};
        }
        owner.uid_ = entry.pw_uid;
        owner.gid_ = entry.pw_gid;
        return owner;
    }

    // 0 or the reason.
    [[nodiscard]] int give(const std::string& path) const {
        return !uid_ || ::chown(path.c_str(), *uid_, gid_) == 0 ? 0 : errno;
    }

private:
    std::optional<uid_t> uid_;
    gid_t gid_ = 0;
};

// Makes `path` with mode 0700 unless it is there. 0 or the reason.
int make_folder(const std::string& path, const Owner& owner) {
    if (::mkdir(path.c_str(), 0700) == 0) {
        return owner.give(path);
    }
    return errno == EEXIST ? 0 : errno;
}

std::string reason_text(int reason) {
    return std::generic_category().message(reason);
}

std::string kind_text(dkim::KeyType type, int bits) {
    switch (type) {
        case dkim::KeyType::Rsa:
            return "rsa " + std::to_string(bits);
        case dkim::KeyType::Ed25519:
            return "ed25519";
    }
    return {};
}

// What stands behind `dkim create` once all names are known to be good.
struct NewKey {
    conf::DomainName domain;
    std::string selector;
    std::string path;
    bool domain_configured = false;
    bool selector_configured = false;
};

std::string instructions(const NewKey& made, const dkim::PrivateKey& key) {
    std::string text = made.path + "\n\n";
    if (made.selector_configured) {
        text += "The configuration names this selector already.\n";
    } else {
        text += made.domain_configured ? "Add this below the [[domain]] " + made.domain.text() +
                                             " in the configuration:\n\n"
                                       : "Add this to the configuration:\n\n[[domain]]\nname = \"" +
                                             made.domain.text() + "\"\n";
        text += "  [[domain.selector]]\n  name = " + quoted(made.selector) +
                "\n  key = " + quoted(made.path) + "\n";
    }
    text +=
        "\nPublish this TXT record:\n\n" +
        dkim::zone_file_record(made.selector + "._domainkey." + made.domain.text(), key.record()) +
        "\n";
    if (key.type() == dkim::KeyType::Ed25519) {
        // RFC 8463 5.1: verifiers that know rsa-sha256 alone are still common.
        text +=
            "\nMany receivers cannot verify Ed25519 yet: keep an RSA selector beside this one.\n";
    }
    return text;
}

int write_key(const NewKey& made, const dkim::PrivateKey& key, const Owner& owner) {
    const conf::Result<void> saved = dkim::save_new_key(made.path, key);
    if (!saved) {
        if (saved.error().code == dkim::errc::KeyExists) {
            return complain(kNo,
                            saved.error().message() +
                                ": choose another --selector or --out; keys are never replaced");
        }
        return complain(kUnknown, saved.error().message() + ": choose another place with --out");
    }
    if (const int reason = owner.give(made.path); reason != 0) {
        return complain(kUnknown,
                        made.path + ": " + reason_text(reason) +
                            ": give this file to the user of the relay with chown");
    }
    print(instructions(made, key));
    return kDone;
}

}  // namespace

int dkim_create(const DkimCreate& options, const conf::Config* config) {
    const conf::Config defaults;
    const conf::Config& used = config != nullptr ? *config : defaults;
    const auto kind = std::find_if(kKinds.begin(), kKinds.end(), [&](const KeyKind& candidate) {
        return candidate.name == options.type;
    });
    if (kind == kKinds.end()) {
        return complain(
            kUsage,
            "unknown key type \"" + options.type + "\": choose rsa2048, rsa4096 or ed25519");
    }
    conf::Result<conf::DomainName> domain = conf::DomainName::parse(options.domain);
    if (!domain || !domain->is_fully_qualified()) {
        return complain(kUsage,
                        "\"" + options.domain + "\" is no mail domain" +
                            (domain ? "" : " (" + domain.error().message() + ")") +
                            ": give one such as example.com");
    }
    const conf::Result<conf::DomainName> selector = conf::DomainName::parse(
        options.selector.empty() ? default_selector(kind->type) : options.selector);
    if (!selector || !conf::DomainName::parse(selector->text() + "._domainkey." + domain->text())) {
        return complain(
            kUsage,
            "\"" + options.selector + "\" cannot be a selector: use letters, digits and hyphens");
    }
    const conf::Result<Owner> owner = Owner::of(used);
    if (!owner) {
        return complain(kUnknown, owner.error().message());
    }

    const conf::Domain* const configured = used.find_domain(*domain);
    const conf::Selector* const known = find_selector(configured, selector->text());
    NewKey made{*domain, selector->text(), options.out, configured != nullptr, known != nullptr};
    if (made.path.empty() && known != nullptr) {
        made.path = known->key;
    }
    if (made.path.empty()) {
        const std::string folder = used.data_dir + "/keys";
        int reason = make_folder(used.data_dir, *owner);
        if (reason == 0) {
            reason = make_folder(folder, *owner);
        }
        if (reason != 0) {
            return complain(kUnknown,
                            folder + ": " + reason_text(reason) +
                                ": make this folder, or choose another place with --out");
        }
        made.path = folder + "/" + domain->text() + "." + selector->text() + ".pem";
    }
    const conf::Result<dkim::PrivateKey> key = dkim::PrivateKey::create(kind->type, kind->bits);
    if (!key) {
        return complain(kUnknown, key.error().message() + ": is OpenSSL 3 complete here?");
    }
    return write_key(made, *key, *owner);
}

int dkim_record(const std::string& domain, const conf::Config& config, bool json) {
    const conf::Result<conf::DomainName> name = conf::DomainName::parse(domain);
    if (!name) {
        return complain(kUsage, "\"" + domain + "\" is no domain: " + name.error().message());
    }
    const conf::Domain* const configured = config.find_domain(*name);
    if (configured == nullptr || configured->selectors.empty()) {
        return complain(kNo,
                        "no selector of " + name->text() +
                            " is configured: make one with `signet dkim create " + name->text() +
                            "`");
    }
    int status = kDone;
    std::string out;
    for (const conf::Selector& selector : configured->selectors) {
        const conf::Result<dkim::PrivateKey> key =
            dkim::PrivateKey::load(selector.key, config.dkim.allow_world_readable_keys);
        if (!key) {
            status = complain(kUnknown, "selector " + selector.name + ": " + key.error().message());
            continue;
        }
        const std::string record_name = selector.name + "._domainkey." + name->text();
        const std::string zone = dkim::zone_file_record(record_name, key->record());
        if (!json) {
            out += zone + "\n";
            continue;
        }
        out += out.empty() ? "[" : ",\n ";
        out += "{\"domain\":" + quoted(name->text()) + ",\"selector\":" + quoted(selector.name) +
               ",\"type\":" + quoted(dkim::name_of(key->type())) +
               ",\"bits\":" + std::to_string(key->bits()) + ",\"name\":" + quoted(record_name) +
               ",\"value\":" + quoted(key->record()) + ",\"zone\":" + quoted(zone) + "}";
    }
    if (json) {
        out += out.empty() ? "[]\n" : "]\n";
    }
    print(out);
    return status;
}

int dkim_status(const conf::Config& config, bool json) {
    const std::shared_ptr<const dkim::KeyRing> ring = dkim::KeyRing::load(config);
    const conf::Instant instant = now();
    const std::vector<dkim::SelectorReport> reports = dkim::selector_reports(*ring, instant);

    std::string out;
    if (json) {
        for (const dkim::SelectorReport& report : reports) {
            out += out.empty() ? "[" : ",\n ";
            out += "{\"domain\":" + quoted(report.domain.text()) +
                   ",\"selector\":" + quoted(report.selector) + ",\"type\":" +
                   (report.type ? quoted(dkim::name_of(*report.type)) : std::string("null")) +
                   ",\"bits\":" + (report.type ? std::to_string(report.bits) : "null") +
                   ",\"state\":" + quoted(dkim::name_of(report.state)) +
                   ",\"detail\":" + quoted(report.text()) +
                   ",\"record\":" + quoted(report.record_name) + "}";
        }
        out += out.empty() ? "[]\n" : "]\n";
    } else {
        using Row = std::array<std::string, 5>;
        std::vector<Row> rows{{"DOMAIN", "SELECTOR", "KEY", "RECORD", "STATE"}};
        for (const dkim::SelectorReport& report : reports) {
            rows.push_back({report.domain.text(),
                            report.selector,
                            report.type ? kind_text(*report.type, report.bits) : "-",
                            report.record_name,
                            report.text()});
        }
        Row::size_type column = 0;
        std::array<std::size_t, 5> widths{};
        for (const Row& row : rows) {
            for (column = 0; column < row.size(); ++column) {
                widths[column] = std::max(widths[column], row[column].size());
            }
        }
        for (const Row& row : rows) {
            for (column = 0; column + 1 < row.size(); ++column) {
                out += row[column];
                out.append(widths[column] - row[column].size() + 2, ' ');
            }
            out += row.back() + "\n";
        }
    }
    print(out);

    bool any = false;
    int status = kDone;
    for (const conf::DomainName& domain : ring->domains()) {
        switch (ring->standing(domain, instant)) {
            case dkim::KeyRing::Standing::Signs:
                any = true;
                break;
            case dkim::KeyRing::Standing::KeyUnusable:
                status = complain(kNo,
                                  "mail of " + domain.text() +
                                      " cannot be signed: see the states of its selectors");
                break;
            case dkim::KeyRing::Standing::Unknown:
            case dkim::KeyRing::Standing::EnvelopeOnly:
                break;
        }
    }
    if (status == kDone && !any) {
        return complain(kNo, "no domain signs: make a key with `signet dkim create DOMAIN`");
    }
    return status;
}

}  // namespace relay::cli
