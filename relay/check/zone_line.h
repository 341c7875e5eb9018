// One record in zone-file form, as Finding::publish shows it. TXT records: dkim::zone_file_record.
#pragma once

#include <string>

#include "conf/ip_address.h"

namespace relay::check {

/// "mail.example.com. IN A 192.0.2.1"
inline std::string address_line(const std::string& name, const conf::IpAddress& address) {
    return name + (address.is_v4() ? ". IN A " : ". IN AAAA ") + address.text();
}

/// "1.2.0.192.in-addr.arpa. IN PTR mail.example.com."
inline std::string ptr_line(const conf::IpAddress& address, const std::string& name) {
    return address.reverse_name() + ". IN PTR " + name + ".";
}

}  // namespace relay::check
