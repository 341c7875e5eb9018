// Moves as JSON: what a person orders of an export or an import, and what came of it.
//
// Standards: RFC 8259.
// Threads:   no state.     Errors: conf::Error without a code, with what to write.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "relay/spool_moves.h"
#include "relay/status/selection.h"

namespace relay::status {

struct ExportRequest {
    Selection selection;
    std::string folder;  // its whole path
    bool operator==(const ExportRequest&) const = default;
};

/// {"folder": "/srv/mail", "domain": "example.net"}.
conf::Result<ExportRequest> parse_export(std::string_view json);
/// {"folder": "/srv/mail"}: the path.
conf::Result<std::string> parse_import(std::string_view json);

std::string as_json(const ExportRequest& request);
std::string import_request(const std::string& folder);

/// "error" only where there is one.
nlohmann::ordered_json as_json(const Exported& exported);
nlohmann::ordered_json as_json(const Imported& imported);

/// The reverse, for who asked; nothing where it is no such answer.
std::optional<Exported> parse_exported(std::string_view json);
std::optional<Imported> parse_imported(std::string_view json);

}  // namespace relay::status
