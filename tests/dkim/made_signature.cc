#include "tests/dkim/made_signature.h"

#include <algorithm>
#include <utility>

#include "conf/base64.h"
#include "dkim/sha256.h"
#include "dkim/tag_list.h"
#include "dkim/verify.h"
#include "tests/dkim/reference_canonical.h"

namespace test {
namespace {

std::string lower_case(std::string text) {
    for (char& c : text) {
        c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    }
    return text;
}

std::vector<std::string> raw_fields(const std::string& block) {
    std::vector<std::string> fields;
    std::vector<std::string> parts = reference::lines(block);
    parts.pop_back();
    for (const std::string& line : parts) {
        if (reference::white(line.front())) {
            fields.back() += line + "\r\n";
        } else {
            fields.push_back(line + "\r\n");
        }
    }
    return fields;
}

}  // namespace

std::string made_signature(const std::string& tags,
                           const std::string& block,
                           const std::string& body,
                           const dkim::PrivateKey& key) {
    const auto list = dkim::TagList::parse(tags, dkim::TagList::Characters::Utf8).value();
    const std::string c(list.find("c").value_or("simple"));
    const bool relaxed = c.substr(0, 7) == "relaxed";
    std::string canonical =
        c.ends_with("/relaxed") ? reference::relaxed_body(body) : reference::simple_body(body);
    if (const auto length = list.find("l")) {
        canonical.resize(std::min<std::size_t>(canonical.size(), std::stoul(std::string(*length))));
    }
    const auto digest = dkim::sha256(canonical);
    std::string own = "DKIM-Signature: " + tags + ";";
    if (!list.find("bh")) {
        own += " bh=" +
               conf::encode_base64({reinterpret_cast<const char*>(digest.data()), digest.size()}) +
               ";";
    }
    own += " b=";

    std::vector<std::string> fields = raw_fields(block);
    std::string data;
    for (const auto name : dkim::split_at_colons(list.find("h").value_or("from"))) {
        for (auto field = fields.rbegin(); field != fields.rend(); ++field) {
            const std::string own_name = lower_case(field->substr(0, field->find(':')));
            if (reference::without_white_end(own_name) == lower_case(std::string(name))) {
                data += relaxed ? reference::relaxed_field(*field) : *field;
                fields.erase(std::next(field).base());
                break;
            }
        }
    }
    const std::string last = own + "\r\n";
    data += relaxed ? reference::relaxed_field(last) : last;
    data.resize(data.size() - 2);
    return own + conf::encode_base64(key.sign(data).value()) + "\r\n";
}

std::vector<dkim::Verdict> judged(const std::string& block,
                                  const std::string& body,
                                  const Zone& zone,
                                  long long now_seconds) {
    auto header = dkim::Header::parse(block);
    if (!header) {
        return {};
    }
    dkim::Verifier verifier(std::move(*header), conf::Instant{std::chrono::seconds(now_seconds)});
    for (std::size_t at = 0, piece = 1; at < body.size(); at += piece, piece = piece * 3 % 101) {
        verifier.update(std::string_view(body).substr(at, piece));
    }
    verifier.finish();
    std::vector<dkim::Verdict> verdicts;
    for (std::size_t i = 0; i < verifier.signatures().size(); ++i) {
        const std::string name = verifier.signatures()[i].key_name();
        dkim::KeyLookup lookup;
        if (name == zone.silent) {
            lookup = {dkim::KeyLookup::Status::Unavailable, {}, "SERVFAIL for TXT of " + name};
        } else if (const auto found = zone.records.find(name); found != zone.records.end()) {
            lookup = {dkim::KeyLookup::Status::Found, found->second, {}};
        }
        verdicts.push_back(verifier.judge(i, lookup));
    }
    return verdicts;
}

}  // namespace test
