#include "relay/trace_header.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>

#include "conf/utf8.h"
#include "relay/mime/address_list.h"

namespace relay {

namespace {

/// What a client called itself, as RFC 5321 4.4 lets it stand in a Received field: octets that
/// could end or open something are left out.
std::string harmless(std::string_view name) {
    std::string result;
    for (const char c : name.substr(0, 255)) {
        const auto octet = static_cast<unsigned char>(c);
        if (octet > 0x20 && octet < 0x7f &&
            std::string_view("()<>\"\\;,").find(c) == std::string_view::npos) {
            result += c;
        }
    }
    return result.empty() ? "unknown" : result;
}

std::string address_literal(const std::string& address) {
    return address.find(':') == std::string::npos ? "[" + address + "]" : "[IPv6:" + address + "]";
}

/// White space, line ends and comments from the front.
void skip_cfws(std::string_view& text) {
    int depth = 0;
    while (!text.empty()) {
        const char c = text.front();
        if (depth == 0 && c != '(' && c != ' ' && c != '\t' && c != '\r' && c != '\n') {
            return;
        }
        depth += c == '(' ? 1 : (c == ')' && depth > 0) ? -1 : 0;
        text.remove_prefix(std::min<std::size_t>(depth > 0 && c == '\\' ? 2 : 1, text.size()));
    }
}

/// RFC 8601 5: a border relay MUST remove the fields that claim its own authserv-id: readers would
/// believe a stranger's verdict to be ours.
bool claims_to_be_ours(std::string_view value, const std::string& hostname) {
    skip_cfws(value);
    std::string name;
    if (value.starts_with('"')) {
        for (std::size_t i = 1; i < value.size() && value[i] != '"'; ++i) {
            i += value[i] == '\\' && i + 1 < value.size() ? 1U : 0U;
            name += value[i];
        }
    } else {
        name = value.substr(0, value.find_first_of(" \t\r\n;("));
    }
    return std::equal(
        name.begin(), name.end(), hostname.begin(), hostname.end(), [](char a, char b) {
            return (a >= 'A' && a <= 'Z' ? a - 'A' + 'a' : a) == b;
        });
}

/// RFC 3848: ESMTP, with S under TLS and A once logged in. RFC 6531 4.3: UTF8SMTP in its place.
std::string protocol(const Trace& trace) {
    if (!trace.extended && !trace.utf8) {
        return "SMTP";
    }
    return std::string(trace.utf8 ? "UTF8SMTP" : "ESMTP") + (trace.tls ? "S" : "") +
           (trace.authenticated ? "A" : "");
}

std::string received(const Trace& trace) {
    std::string field = "Received: ";
    if (!trace.client.empty()) {
        field += "from " + harmless(trace.helo) + " (" + address_literal(trace.client) + ")\r\n\t";
    }
    field += "by " + trace.hostname + " with " + protocol(trace) + " id " + trace.id.text();
    // RFC 6531 3.7.3 lets an address in UTF-8 stand here. NB: it is left out: a trace field would
    // then need SMTPUTF8 wherever the header is shown again, in a report for example.
    if (!trace.only_recipient.empty() && conf::is_ascii(trace.only_recipient)) {
        field += "\r\n\tfor <" + trace.only_recipient + ">";
    }
    field += ";\r\n\t" + rfc5322_date(trace.now) + "\r\n";
    return field;
}

/// RFC 6409 8.4: an address without a domain is completed.
std::string completed(const dkim::Field& field, const conf::DomainName& origin) {
    static constexpr std::array<std::string_view, 9> kAddressFields{"From",
                                                                    "Sender",
                                                                    "Reply-To",
                                                                    "To",
                                                                    "Cc",
                                                                    "Resent-From",
                                                                    "Resent-Sender",
                                                                    "Resent-To",
                                                                    "Resent-Cc"};
    const bool has_addresses = std::any_of(kAddressFields.begin(),
                                           kAddressFields.end(),
                                           [&field](auto name) { return field.is(name); });
    if (!has_addresses) {
        return std::string(field.raw);
    }
    return std::string(field.name) + ":" + mime::complete_list(field.value, origin) + "\r\n";
}

}  // namespace

std::string rfc5322_date(conf::Instant now) {
    static constexpr std::array<const char*, 7> kDays{
        "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static constexpr std::array<const char*, 12> kMonths{
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const auto second = std::chrono::floor<std::chrono::seconds>(now);
    const auto day = std::chrono::floor<std::chrono::days>(second);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss time(second - day);
    std::array<char, 64> text{};
    const int length = std::snprintf(text.data(),
                                     text.size(),
                                     "%s, %02u %s %04d %02d:%02d:%02d +0000",
                                     kDays[std::chrono::weekday(day).c_encoding()],
                                     static_cast<unsigned>(date.day()),
                                     kMonths[static_cast<unsigned>(date.month()) - 1],
                                     static_cast<int>(date.year()),
                                     static_cast<int>(time.hours().count()),
                                     static_cast<int>(time.minutes().count()),
                                     static_cast<int>(time.seconds().count()));
    return {text.data(), static_cast<std::size_t>(length)};
}

std::string final_header(const dkim::Header& header, const Trace& trace) {
    // RFC 5321 4.4: the trace field goes on top.
    std::string result = received(trace);
    bool from = false;
    bool date = false;
    bool message_id = false;
    for (const auto& field : header.fields()) {
        // RFC 5322 3.6.3: blind recipients are told to nobody. RFC 5321 4.4: only the last hop
        // writes Return-Path.
        if (field.is("Bcc") || field.is("Resent-Bcc") || field.is("Return-Path")) {
            continue;
        }
        if (field.is("Authentication-Results") && claims_to_be_ours(field.value, trace.hostname)) {
            continue;
        }
        from = from || field.is("From");
        date = date || field.is("Date");
        message_id = message_id || field.is("Message-ID");
        if (trace.origin) {
            result += completed(field, *trace.origin);
        } else {
            result += field.raw;
        }
    }
    if (!from) {
        result += "From: <" + trace.sender + ">\r\n";
    }
    if (!date) {
        result += "Date: " + rfc5322_date(trace.now) + "\r\n";
    }
    if (!message_id) {
        result += "Message-ID: <" + trace.id.text() + "@" + trace.hostname + ">\r\n";
    }
    return result;
}

}  // namespace relay
