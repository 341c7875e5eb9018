#include "conf/mailbox.h"
#include "conf/read_tables.h"

namespace conf {

namespace {

constexpr std::size_t kLongestUserName = 255;

/// Neither C0 nor C1: a name is shown and logged.
bool has_control(std::string_view name) {
    for (std::size_t i = 0; i < name.size(); ++i) {
        const auto octet = static_cast<unsigned char>(name[i]);
        const bool c1 =
            octet == 0xC2 && i + 1 < name.size() && static_cast<unsigned char>(name[i + 1]) < 0xA0;
        if (octet < 0x20 || octet == 0x7F || c1) {
            return true;
        }
    }
    return false;
}

/// A domain or a mailbox; what is wrong with it, or nothing.
std::string take_sender(const std::string& value,
                        const std::string& path,
                        Senders& senders,
                        Reading& reading) {
    Mailbox mailbox;
    if (value.find('@') == std::string::npos) {
        auto domain = DomainName::parse(value);
        if (!domain) {
            return domain.error().message();
        }
        mailbox.domain = std::move(*domain);
    } else {
        auto parsed = parse_mailbox(value);
        if (!parsed) {
            return parsed.error().message();
        }
        mailbox = std::move(*parsed);
    }
    if (std::string fault = host_fault(mailbox.domain); !fault.empty()) {
        return fault;
    }
    reading.name_domain(path, mailbox.domain);
    if (mailbox.local.empty()) {
        senders.domains.push_back(std::move(mailbox.domain));
    } else {
        senders.mailboxes.push_back(std::move(mailbox));
    }
    return {};
}

void read_user(TableReader& table, User& user) {
    table.require("name", "write name = \"billing\", under which somebody logs in");
    table.text("name", "a name like \"billing\"", [&](const std::string& value) -> std::string {
        if (value.empty() || value.size() > kLongestUserName || has_control(value)) {
            return "write 1 to 255 octets without control characters";
        }
        user.name = value;
        return {};
    });
    table.require("password", "write password = and what `signet hash-password` prints, in quotes");
    table.secret(
        "password",
        "what `signet hash-password` prints, or { file = \"...\" } of a file that holds it",
        [&](const std::string& value) -> std::string {
            auto verifier = ScramVerifier::parse(value);
            if (!verifier) {
                return verifier.error().message();
            }
            user.password = std::move(*verifier);
            return {};
        });
    read_senders(table, user.senders);
}

}  // namespace

void read_senders(TableReader& table, Senders& senders) {
    Reading& reading = table.reading();
    const bool listed = table.texts(
        "senders",
        "a list of domains and mailboxes, like [\"example.com\", \"billing@example.org\"]",
        [&](const std::string& value, const std::string& path) {
            return take_sender(value, path, senders, reading);
        });
    if (!listed) {
        return;
    }
    senders.any = false;
    const std::string path = table.path() + ".senders";
    if (!reading.has_position(path + "[0]")) {
        reading.report(
            reading.position(path),
            "'senders' is empty, so nothing could be sent: name domains or mailboxes, or "
            "leave the key out for every [[domain]]");
    }
}

void read_users(TableReader& root, Config& config) {
    const TableReader::Shape shape = root.shape("user");
    if (shape != TableReader::Shape::List && shape != TableReader::Shape::Table) {
        return;  // missing, or the account of read_root()
    }
    root.tables("user", [&](TableReader& table) { read_user(table, config.users.emplace_back()); });
}

}  // namespace conf
