#include "relay/status/moves_json.h"

#include <utility>

namespace relay::status {

namespace {

using nlohmann::ordered_json;

constexpr const char* kSayFolder = R"(folder: write its whole path: "/srv/mail")";

/// The folder; what is left of the object is behind it.
conf::Result<std::string> take_folder(ordered_json& json) {
    if (!json.is_object()) {
        return conf::Error{{}, "the body must be a JSON object"};
    }
    const auto found = json.find("folder");
    if (found == json.end() || !found->is_string()) {
        return conf::Error{{}, kSayFolder};
    }
    auto folder = found->get<std::string>();
    json.erase("folder");
    return folder;
}

std::string text_of(const ordered_json& json) {
    return json.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

std::optional<std::size_t> count_of(const ordered_json& json, const char* key) {
    const auto found = json.find(key);
    if (found == json.end() || !found->is_number_unsigned()) {
        return std::nullopt;
    }
    return found->get<std::size_t>();
}

std::string string_of(const ordered_json& json, const char* key) {
    const auto found = json.find(key);
    return found != json.end() && found->is_string() ? found->get<std::string>() : "";
}

}  // namespace

conf::Result<ExportRequest> parse_export(std::string_view json) {
    auto parsed = ordered_json::parse(json, nullptr, false);
    auto folder = take_folder(parsed);
    if (!folder) {
        return folder.error();
    }
    auto selection = parse_selection(text_of(parsed));
    if (!selection) {
        return selection.error();
    }
    return ExportRequest{std::move(*selection), std::move(*folder)};
}

conf::Result<std::string> parse_import(std::string_view json) {
    auto parsed = ordered_json::parse(json, nullptr, false);
    auto folder = take_folder(parsed);
    if (folder && !parsed.empty()) {
        return conf::Error{{}, "a folder is imported whole: write nothing but \"folder\""};
    }
    return folder;
}

std::string as_json(const ExportRequest& request) {
    auto json = ordered_json::parse(as_json(request.selection), nullptr, false);
    json["folder"] = request.folder;
    return text_of(json);
}

std::string import_request(const std::string& folder) {
    return text_of(ordered_json{{"folder", folder}});
}

ordered_json as_json(const Exported& exported) {
    ordered_json json{{"exported", exported.exported}, {"left", exported.left}};
    if (!exported.error.empty()) {
        json["error"] = exported.error;
    }
    return json;
}

ordered_json as_json(const Imported& imported) {
    ordered_json json{{"imported", imported.imported}, {"known", imported.known}};
    json["refused"] = ordered_json::array();
    for (const auto& refused : imported.refused) {
        json["refused"].push_back({{"file", refused.file}, {"error", refused.error}});
    }
    if (!imported.error.empty()) {
        json["error"] = imported.error;
    }
    return json;
}

std::optional<Exported> parse_exported(std::string_view json) {
    const auto parsed = ordered_json::parse(json, nullptr, false);
    if (!parsed.is_object()) {
        return std::nullopt;
    }
    const auto exported = count_of(parsed, "exported");
    const auto left = count_of(parsed, "left");
    if (!exported || !left) {
        return std::nullopt;
    }
    return Exported{*exported, *left, string_of(parsed, "error")};
}

std::optional<Imported> parse_imported(std::string_view json) {
    const auto parsed = ordered_json::parse(json, nullptr, false);
    if (!parsed.is_object()) {
        return std::nullopt;
    }
    const auto imported = count_of(parsed, "imported");
    const auto known = count_of(parsed, "known");
    const auto refused = parsed.find("refused");
    if (!imported || !known || refused == parsed.end() || !refused->is_array()) {
        return std::nullopt;
    }
    Imported result{*imported, *known, {}, string_of(parsed, "error")};
    for (const auto& each : *refused) {
        if (!each.is_object()) {
            return std::nullopt;
        }
        result.refused.push_back({string_of(each, "file"), string_of(each, "error")});
    }
    return result;
}

}  // namespace relay::status
