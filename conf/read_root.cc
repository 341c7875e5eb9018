#include <algorithm>

#include "conf/mailbox.h"
#include "conf/read_tables.h"

namespace conf {

namespace {

using namespace std::chrono_literals;

constexpr std::string_view kDomainName = "a domain name like \"mail.example.com\"";
constexpr std::size_t kLongestUser = 32;  // useradd(8)
constexpr std::size_t kLongestNode = 63;

bool is_word_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
}

std::string word_fault(const std::string& word, std::size_t longest) {
    if (word.size() > longest || !std::all_of(word.begin(), word.end(), is_word_character)) {
        return "write up to " + std::to_string(longest) + " letters, digits, '-', '_' and '.'";
    }
    return {};
}

/// The account to become: run_as; or user, as long as no [[user]] needs that name.
void read_account(TableReader& root, Config& config) {
    constexpr std::string_view kExpected = "the name of a user, or \"\"";
    const auto take = [&](const std::string& value) {
        config.user = value;
        return word_fault(value, kLongestUser);
    };
    root.text("run_as", kExpected, take);
    const TableReader::Shape shape = root.shape("user");
    if (shape == TableReader::Shape::List || shape == TableReader::Shape::Table) {
        return;  // read_users() says what there is to say
    }
    if (shape != TableReader::Shape::Missing &&
        root.shape("run_as") != TableReader::Shape::Missing) {
        root.reading().report(root.reading().position("user"),
                              "'user' is 'run_as' by another name: write one of them");
        return;
    }
    root.text("user", kExpected, take);
}

}  // namespace

std::string host_fault(const DomainName& name) {
    if (!name.is_fully_qualified()) {
        return "write the full name with a dot in it, like \"mail.example.com\"";
    }
    // RFC 5321 2.3.5, RFC 1123 2.1: letters, digits and hyphens only.
    if (name.text().find('_') != std::string::npos) {
        return "a host or mail domain has no '_'";
    }
    // RFC 3696 2: the last label is not all digits, or the name would read as an address.
    const std::string& text = name.text();
    if (std::all_of(text.begin() + static_cast<std::ptrdiff_t>(text.rfind('.')) + 1,
                    text.end(),
                    [](char c) { return c >= '0' && c <= '9'; })) {
        return "write a name, no address";
    }
    return {};
}

void read_root(TableReader& root, Config& config) {
    root.require("hostname",
                 "write hostname = \"mail.example.com\", the name under which this relay greets");
    root.text("hostname", kDomainName, [&](const std::string& value) -> std::string {
        auto name = DomainName::parse(value);
        if (!name) {
            return name.error().message();
        }
        if (std::string fault = host_fault(*name); !fault.empty()) {
            return fault;
        }
        config.hostname = std::move(*name);
        return {};
    });
    root.require("postmaster",
                 "write postmaster = \"postmaster@example.com\", the sender of bounces");
    root.text("postmaster",
              "a mailbox like \"postmaster@example.com\"",
              [&](const std::string& value) -> std::string {
                  const auto mailbox = parse_mailbox(value);
                  if (!mailbox) {
                      return mailbox.error().message();
                  }
                  if (std::string fault = host_fault(mailbox->domain); !fault.empty()) {
                      return fault;
                  }
                  config.postmaster = mailbox->text();
                  config.postmaster_domain = mailbox->domain;
                  return {};
              });
    config.data_dir = root.reading().absolute(config.data_dir);
    root.text("data_dir", "the path of a folder", [&](const std::string& value) -> std::string {
        if (value.empty()) {
            return "write the path of a folder, like \"/var/lib/signet\"";
        }
        config.data_dir = root.reading().absolute(value);
        return {};
    });
    read_account(root, config);
    root.text("node", "a name of this relay, or \"\"", [&](const std::string& value) {
        config.node = value;
        return word_fault(value, kLongestNode);
    });
    root.duration("shutdown_grace", config.shutdown_grace, 0s, 1h);
}

}  // namespace conf
