// The reading of each table into Config: one function a table, one file a group. Each asks for
// every key of its table.
//
// Rules between several values are validate()'s.
//
// Threads: no state.
// Errors: go to the Reading.
#pragma once

#include <string>

#include "conf/config.h"
#include "conf/table_reader.h"

namespace conf {

void read_root(TableReader& root, Config& config);       // hostname ... shutdown_grace
void read_listeners(TableReader& root, Config& config);  // [[listener]]
void read_users(TableReader& root, Config& config);      // [[user]]
void read_limits(TableReader& root, Config& config);
void read_intake(TableReader& root, Config& config);
void read_domains(TableReader& root, Config& config);  // [[domain]], [[domain.selector]]
void read_dkim(TableReader& root, Config& config);
void read_queue(TableReader& root, Config& config);
void read_delivery(TableReader& root, Config& config);
void read_dns(TableReader& root, Config& config);
void read_self_check(TableReader& root, Config& config);
void read_status(TableReader& root,
                 Config& config);  // behind read_root: its default lies in data_dir
void read_log(TableReader& root, Config& config);

/// The `senders` of a user or of an entry of `clients`.
void read_senders(TableReader& table, Senders& senders);

/// What keeps `name` from being a host or mail domain of the public DNS; nothing where it may be
/// one.
std::string host_fault(const DomainName& name);

}  // namespace conf
