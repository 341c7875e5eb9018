#include "relay/cli/dkim_key_commands.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <pwd.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <vector>

#include <nlohmann/json.hpp>

#include "conf/environment.h"
#include "dkim/errors.h"
#include "dkim/key_store.h"
#include "dkim/selector.h"
#include "relay/cli/ending.h"
#include "relay/clock.h"

namespace relay::cli {
namespace {

using Json = nlohmann::ordered_json;

void print(const std::string& text) {
    (void)std::fwrite(text.data(), 1, text.size(), stdout);
}

std::string page_of(const Json& json) {
    return json.dump(2, ' ', true, Json::error_handler_t::replace) + "\n";
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
    const std::chrono::year_month_day date(std::chrono::floor<std::chrono::days>(wall_clock()));
    std::array<char, 24> text{};
    (void)std::snprintf(text.data(),
                        text.size(),
                        "%c%04d%02u%02u",
                        type == dkim::KeyType::Rsa ? 's' : 'e',
                        static_cast<int>(date.year()),
                        static_cast<unsigned>(date.month()),
                        static_cast<unsigned>(date.day()));
    return text.data();
}

const conf::Selector* find_selector(const conf::Domain* domain, const std::string& name) {
    if (domain != nullptr) {
        for (const auto& selector : domain->selectors) {
            if (selector.name == name) {
                return &selector;
            }
        }
    }
    return nullptr;
}

/// The user who will read the key, where that is somebody else than we.
class Owner {
public:
    /// Root makes keys for the user that the relay drops to; everyone else for himself.
    static conf::Result<Owner> of(const conf::Config& config) {
        Owner owner;
        if (::geteuid() != 0 || config.user.empty()) {
            return owner;
        }
        passwd entry{};
        passwd* found = nullptr;
        std::vector<char> room(std::size_t{16} * 1024);
        ::getpwnam_r(config.user.c_str(), &entry, room.data(), room.size(), &found);
        if (found == nullptr) {
            return conf::Error{
                {}, "there is no user \"" + config.user + "\": make it, or correct `user`"};
        }
        owner.uid_ = entry.pw_uid;
        owner.gid_ = entry.pw_gid;
        return owner;
    }

    /// 0 or the reason.
    [[nodiscard]] int give(const std::string& path) const {
        return !uid_ || ::chown(path.c_str(), *uid_, gid_) == 0 ? 0 : errno;
    }

private:
    std::optional<uid_t> uid_;
    gid_t gid_ = 0;
};

/// Makes `path` with mode 0700 unless it is there. 0 or the reason.
int make_folder(const std::string& path, const Owner& owner) {
    if (::mkdir(path.c_str(), 0700) == 0) {
        return owner.give(path);
    }
    return errno == EEXIST ? 0 : errno;
}

std::string reason_text(int reason) {
    return std::generic_category().message(reason);
}

/// What is published for a key.
struct Record {
    conf::DomainName domain;
    std::string selector;
    dkim::KeyType type;
    int bits;
    std::string name;
    std::string value;

    Record(const conf::DomainName& owner, const std::string& under, const dkim::PrivateKey& key)
        : domain(owner),
          selector(under),
          type(key.type()),
          bits(key.bits()),
          name(under + "._domainkey." + owner.text()),
          value(key.record()) {}

    [[nodiscard]] std::string zone() const { return dkim::zone_file_record(name, value); }

    /// `path` of the key file, where it is told.
    [[nodiscard]] Json json(const std::string& path) const {
        Json json{{"domain", domain.text()},
                  {"selector", selector},
                  {"type", dkim::name_of(type)},
                  {"bits", bits}};
        if (!path.empty()) {
            json["key"] = path;
        }
        json["name"] = name;
        json["value"] = value;
        json["zone"] = zone();
        return json;
    }
};

/// What stands behind `dkim create` once all names are known to be good.
struct NewKey {
    conf::DomainName domain;
    std::string selector;
    std::string path;
    bool domain_configured = false;
    bool selector_configured = false;
};

std::string instructions(const NewKey& made, const Record& record) {
    std::string text = made.path + "\n\n";
    if (made.selector_configured) {
        text += "The configuration names this selector already.\n";
    } else {
        text += made.domain_configured ? "Add this below the [[domain]] " + made.domain.text() +
                                             " in the configuration:\n\n"
                                       : "Add this to the configuration:\n\n[[domain]]\nname = \"" +
                                             made.domain.text() + "\"\n";
        text += "  [[domain.selector]]\n  name = " + configuration_string(made.selector) +
                "\n  key = " + configuration_string(made.path) + "\n";
    }
    text += "\nPublish this TXT record:\n\n" + record.zone() + "\n";
    if (record.type == dkim::KeyType::Ed25519) {
        // RFC 8463 5.1: verifiers that know rsa-sha256 alone are still common.
        text +=
            "\nMany receivers cannot verify Ed25519 yet: keep an RSA selector beside this one.\n";
    }
    return text;
}

int write_key(const NewKey& made, const dkim::PrivateKey& key, const Owner& owner, bool json) {
    const auto saved = dkim::save_new_key(made.path, key);
    if (!saved) {
        if (saved.error().code == dkim::errc::KeyExists) {
            return end(Ending::No,
                       saved.error().message() +
                           ": choose another --selector or --out; keys are never replaced");
        }
        return end(Ending::Unknown, saved.error().message() + ": choose another place with --out");
    }
    if (const int reason = owner.give(made.path); reason != 0) {
        return end(Ending::Unknown,
                   made.path + ": " + reason_text(reason) +
                       ": give this file to the user of the relay with chown");
    }
    const Record record(made.domain, made.selector, key);
    print(json ? page_of(record.json(made.path)) : instructions(made, record));
    return status_of(Ending::Done);
}

/// The folder for keys that the configuration does not name, made where it is missing.
conf::Result<std::string> key_folder(const conf::Config& config, const Owner& owner) {
    std::string folder = config.data_dir + "/keys";
    int reason = make_folder(config.data_dir, owner);
    if (reason == 0) {
        reason = make_folder(folder, owner);
    }
    if (reason != 0) {
        return conf::Error{{},
                           folder + ": " + reason_text(reason) +
                               ": make this folder, or choose another place with --out"};
    }
    return folder;
}

}  // namespace

std::string configuration_string(std::string_view text) {
    // A string of JSON is one of TOML but for DEL, which only TOML wants escaped.
    const Json json(conf::escape_environment(text));
    std::string quoted;
    for (const char c : json.dump(-1, ' ', false, Json::error_handler_t::replace)) {
        quoted += c == '\x7f' ? std::string("\\u007F") : std::string(1, c);
    }
    return quoted;
}

int dkim_create(const DkimCreate& options, const conf::Config* config) {
    const conf::Config defaults;
    const auto& used = config != nullptr ? *config : defaults;
    const auto* const kind = std::find_if(kKinds.begin(), kKinds.end(), [&](const auto& candidate) {
        return candidate.name == options.type;
    });
    if (kind == kKinds.end()) {
        return end(Ending::Usage,
                   "unknown key type \"" + options.type + "\": choose rsa2048, rsa4096 or ed25519");
    }
    const auto domain = conf::DomainName::parse(options.domain);
    if (!domain || !domain->is_fully_qualified()) {
        return end(Ending::Usage,
                   "\"" + options.domain + "\" is no mail domain" +
                       (domain ? "" : " (" + domain.error().message() + ")") +
                       ": give one such as example.com");
    }
    const auto selector = conf::DomainName::parse(
        options.selector.empty() ? default_selector(kind->type) : options.selector);
    // RFC 6376 3.6.2.1: the record stands at SELECTOR._domainkey.DOMAIN.
    if (!selector || !conf::DomainName::parse(selector->text() + "._domainkey." + domain->text())) {
        return end(
            Ending::Usage,
            "\"" + options.selector + "\" cannot be a selector: use letters, digits and hyphens");
    }
    const auto owner = Owner::of(used);
    if (!owner) {
        return end(Ending::Unknown, owner.error().message());
    }

    const auto* const configured = used.find_domain(*domain);
    const auto* const known = find_selector(configured, selector->text());
    NewKey made{*domain, selector->text(), {}, configured != nullptr, known != nullptr};
    if (!options.out.empty()) {
        // Whole: the configuration takes other paths from its own folder.
        made.path = std::filesystem::absolute(options.out).lexically_normal();
    } else if (known != nullptr) {
        made.path = known->key;
    } else {
        const auto folder = key_folder(used, *owner);
        if (!folder) {
            return end(Ending::Unknown, folder.error().message());
        }
        made.path = *folder + "/" + domain->text() + "." + selector->text() + ".pem";
    }
    const auto key = dkim::PrivateKey::create(kind->type, kind->bits);
    if (!key) {
        return end(Ending::Unknown, key.error().message() + ": is OpenSSL 3 complete here?");
    }
    return write_key(made, *key, *owner, options.json);
}

int dkim_record(const std::string& domain, const conf::Config& config, RecordForm form) {
    const auto name = conf::DomainName::parse(domain);
    if (!name) {
        return end(Ending::Usage, "\"" + domain + "\" is no domain: " + name.error().message());
    }
    const auto* const configured = config.find_domain(*name);
    if (configured == nullptr || configured->selectors.empty()) {
        return end(Ending::No,
                   "no selector of " + name->text() +
                       " is configured: make one with `signet dkim create " + name->text() + "`");
    }
    auto status = status_of(Ending::Done);
    auto list = Json::array();
    std::string text;
    for (const auto& selector : configured->selectors) {
        const auto key =
            dkim::PrivateKey::load(selector.key, config.dkim.allow_world_readable_keys);
        if (!key) {
            status =
                end(Ending::Unknown, "selector " + selector.name + ": " + key.error().message());
            continue;
        }
        const Record record(*name, selector.name, *key);
        switch (form) {
            case RecordForm::Zone:
                text += record.zone() + "\n";
                break;
            case RecordForm::Lines:
                text += (text.empty() ? "" : "\n") + record.name + "\n" + record.value + "\n";
                break;
            case RecordForm::Json:
                list.push_back(record.json({}));
                break;
        }
    }
    print(form == RecordForm::Json ? page_of(list) : text);
    return status;
}

}  // namespace relay::cli
