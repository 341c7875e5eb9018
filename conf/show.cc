#include <array>
#include <cstdio>

#include "conf/environment.h"
#include "conf/names.h"
#include "conf/parse.h"
#include "conf/units.h"

namespace conf {

namespace {

/// A TOML basic string (TOML 1.0, "String") that parse() reads back to `value`.
std::string quoted(std::string_view value) {
    std::string text = "\"";
    for (const char c : escape_environment(value)) {
        const auto octet = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            text += '\\';
            text += c;
        } else if (octet < 0x20 || octet == 0x7F) {
            std::array<char, 8> escape{};
            (void)std::snprintf(
                escape.data(), escape.size(), "\\u%04X", static_cast<unsigned>(octet));
            text += escape.data();
        } else {
            text += c;
        }
    }
    return text + "\"";
}

std::string date_text(Instant instant) {
    using namespace std::chrono;
    const auto day = floor<days>(instant);
    const year_month_day date(day);
    const hh_mm_ss<milliseconds> time(instant - day);
    std::array<char, 64> buffer{};
    (void)std::snprintf(buffer.data(),
                        buffer.size(),
                        "%04d-%02u-%02uT%02d:%02d:%02d",
                        static_cast<int>(date.year()),
                        static_cast<unsigned>(date.month()),
                        static_cast<unsigned>(date.day()),
                        static_cast<int>(time.hours().count()),
                        static_cast<int>(time.minutes().count()),
                        static_cast<int>(time.seconds().count()));
    std::string text = buffer.data();
    if (const auto fraction = time.subseconds().count(); fraction != 0) {
        (void)std::snprintf(buffer.data(), buffer.size(), ".%03d", static_cast<int>(fraction));
        text += buffer.data();
    }
    return text + "Z";
}

/// "[a, b]" of TOML values.
template <class Values, class Value>
std::string listed(const Values& values, const Value& value_of) {
    std::string list;
    for (const auto& value : values) {
        list.append(list.empty() ? "" : ", ").append(value_of(value));
    }
    return "[" + list + "]";
}

/// Collects lines of "key = value" under their headers.
class Page {
public:
    explicit Page(Secrets secrets) : secrets_(secrets) {}

    void header(std::string_view heading) { text_.append("\n").append(heading).append("\n"); }
    void raw(std::string_view key, std::string_view value) {
        text_.append(key).append(" = ").append(value).append("\n");
    }
    void string(std::string_view key, std::string_view value) { raw(key, quoted(value)); }
    void number(std::string_view key, std::uint64_t value) { raw(key, std::to_string(value)); }
    void number(std::string_view key, int value) { raw(key, std::to_string(value)); }
    void boolean(std::string_view key, bool value) { raw(key, value ? "true" : "false"); }
    void duration(std::string_view key, Duration value) { string(key, duration_text(value)); }
    void secret(std::string_view key, std::string_view value) {
        raw(key, secrets_ == Secrets::Plain ? quoted(value) : quoted(kMask));
    }
    template <class Values, class Text>
    void list(std::string_view key, const Values& values, const Text& text_of) {
        raw(key, listed(values, [&](const auto& value) { return quoted(text_of(value)); }));
    }
    std::string take() { return std::move(text_); }

private:
    std::string text_;
    Secrets secrets_;
};

std::string network_text(const IpNetwork& network) {
    return network.text();
}

std::string senders_value(const Senders& senders) {
    std::vector<std::string> texts;
    for (const DomainName& domain : senders.domains) {
        texts.push_back(domain.text());
    }
    for (const Mailbox& mailbox : senders.mailboxes) {
        texts.push_back(mailbox.text());
    }
    return listed(texts, quoted);
}

std::string client_value(const Client& client) {
    if (client.senders.any) {
        return quoted(client.network.text());
    }
    return "{ net = " + quoted(client.network.text()) +
           ", senders = " + senders_value(client.senders) + " }";
}

void show_listener(Page& page, const Listener& listener) {
    page.header("[[listener]]");
    page.string("address", listener.address.text());
    page.string("tls", name_of(kListenerTlsNames, listener.tls));
    page.string("certificate", listener.certificate);
    page.string("key", listener.key);
    page.string("client_ca", listener.client_ca);
    page.string("auth", name_of(kAuthNames, listener.auth));
    page.raw("clients", listed(listener.clients, client_value));
    page.list("proxy_protocol", listener.proxy_protocol, network_text);
    page.string("bare_newline", name_of(kBareNewlineNames, listener.bare_newline));
}

void show_user(Page& page, const User& user) {
    page.header("[[user]]");
    page.string("name", user.name);
    page.secret("password", user.password.text());
    if (!user.senders.any) {
        page.raw("senders", senders_value(user.senders));
    }
}

void show_limits(Page& page, const Limits& limits) {
    page.header("[limits]");
    page.string("message_size", size_text(limits.message_size));
    page.number("recipients", limits.recipients);
    page.number("connections", limits.connections);
    page.number("connections_per_client", limits.connections_per_client);
    page.number("messages_per_connection", limits.messages_per_connection);
    page.number("errors", limits.errors);
    page.string("memory", size_text(limits.memory));
    page.number("messages_per_minute_per_client", limits.messages_per_minute_per_client);
    page.number("queue_messages", limits.queue_messages);
    page.duration("command_timeout", limits.command_timeout);
    page.duration("data_timeout", limits.data_timeout);
    page.string("min_free_disk", limits.min_free_disk ? size_text(*limits.min_free_disk) : "auto");
}

void show_intake(Page& page, const Intake& intake) {
    page.header("[intake]");
    page.string("origin", intake.origin ? intake.origin->text() : "");
    page.string("received_client", name_of(kReceivedClientNames, intake.received_client));
    page.string("long_lines", name_of(kLongLinesNames, intake.long_lines));
    page.string("eight_bit", name_of(kEightBitNames, intake.eight_bit));
}

void show_domain(Page& page, const Domain& domain) {
    page.header("[[domain]]");
    page.string("name", domain.name.text());
    page.boolean("envelope_only", domain.envelope_only);
    page.boolean("subdomains", domain.subdomains);
    page.boolean("sign", domain.sign);
    if (domain.headers.empty()) {
        page.string("headers", "default");
    } else {
        page.list("headers", domain.headers, [](const std::string& name) { return name; });
    }
    for (const Selector& selector : domain.selectors) {
        page.header("[[domain.selector]]");
        page.string("name", selector.name);
        page.string("key", selector.key);
        if (selector.sign_from) {
            page.raw("sign_from", date_text(*selector.sign_from));
        }
        if (selector.sign_until) {
            page.raw("sign_until", date_text(*selector.sign_until));
        }
    }
}

void show_dkim(Page& page, const Dkim& dkim) {
    page.header("[dkim]");
    page.string("prove", name_of(kProveNames, dkim.prove));
    page.duration("retire_after", dkim.retire_after);
    page.duration("signature_expiry", dkim.signature_expiry);
    const CanonicalizationPair pair{dkim.header_canonicalization, dkim.body_canonicalization};
    page.string("canonicalization", name_of(kCanonicalizationNames, pair));
    page.boolean("allow_world_readable_keys", dkim.allow_world_readable_keys);
}

void show_queue(Page& page, const Queue& queue) {
    page.header("[queue]");
    page.string("store", name_of(kStoreNames, queue.store));
    page.list("retry", queue.retry, duration_text);
    page.duration("expire_after", queue.expire_after);
    page.duration("delay_warning", queue.delay_warning);
    page.duration("history", queue.history);
    page.string("history_size", size_text(queue.history_size));
    page.number("active_messages", queue.active_messages);
}

void show_delivery(Page& page, const Delivery& delivery) {
    page.header("[delivery]");
    page.number("port", delivery.port);
    page.string("addresses", name_of(kAddressNames, delivery.addresses));
    page.number("connections", delivery.connections);
    page.number("connections_per_site", delivery.connections_per_site);
    page.number("messages_per_connection", delivery.messages_per_connection);
    page.number("recipients_per_transaction", delivery.recipients_per_transaction);
    page.number("connection_attempts_per_message", delivery.connection_attempts_per_message);
    page.duration("idle_timeout", delivery.idle_timeout);
    page.duration("connect_timeout", delivery.connect_timeout);
    page.duration("greeting_timeout", delivery.greeting_timeout);
    page.duration("mail_timeout", delivery.mail_timeout);
    page.duration("rcpt_timeout", delivery.rcpt_timeout);
    page.duration("data_timeout", delivery.data_timeout);
    page.duration("block_timeout", delivery.block_timeout);
    page.duration("dot_timeout", delivery.dot_timeout);
    page.string("tls", name_of(kTlsNames, delivery.tls));
    if (delivery.allowed_private_addresses.empty()) {
        page.boolean("allow_private_addresses", delivery.allow_all_private_addresses);
    } else {
        page.list("allow_private_addresses", delivery.allowed_private_addresses, network_text);
    }
}

void show_dns(Page& page, const Dns& dns) {
    page.header("[dns]");
    if (dns.servers.empty()) {
        page.string("servers", "system");
    } else {
        page.list("servers", dns.servers, [](const Endpoint& server) { return server.text(); });
    }
    page.string("trust_anchor", name_of(kTrustAnchorNames, Only::This));
    page.list("local_data", dns.local_data, [](const std::string& line) { return line; });
    page.duration("timeout", dns.timeout);
    page.string("cache_size", size_text(dns.cache_size));
}

}  // namespace

std::string show(const Config& config, Secrets secrets) {
    Page page(secrets);
    page.string("hostname", config.hostname.text());
    page.string("postmaster", config.postmaster);
    page.string("data_dir", config.data_dir);
    page.string("run_as", config.user);
    page.string("node", config.node);
    page.duration("shutdown_grace", config.shutdown_grace);
    for (const Listener& listener : config.listeners) {
        show_listener(page, listener);
    }
    for (const User& user : config.users) {
        show_user(page, user);
    }
    show_limits(page, config.limits);
    show_intake(page, config.intake);
    for (const Domain& domain : config.domains) {
        show_domain(page, domain);
    }
    show_dkim(page, config.dkim);
    show_queue(page, config.queue);
    show_delivery(page, config.delivery);
    show_dns(page, config.dns);
    page.header("[self_check]");
    page.string("mode", name_of(kCheckModeNames, config.self_check.mode));
    page.duration("interval", config.self_check.interval);
    page.header("[status]");
    page.string("address", config.status.address.text());
    page.string("control_socket", config.status.control_socket.text());
    page.header("[log]");
    page.string("level", name_of(kLogLevelNames, config.log.level));
    page.string("format", name_of(kLogFormatNames, config.log.format));
    return page.take();
}

}  // namespace conf
