#include "relay/cli/dkim_sign_command.h"

#include <cstdint>
#include <cstdio>
#include <utility>
#include <variant>

#include "dkim/author.h"
#include "dkim/body_hash.h"
#include "dkim/field.h"
#include "dkim/key_ring.h"
#include "queue/address.h"
#include "relay/cli/dkim_input.h"
#include "relay/cli/ending.h"
#include "relay/clock.h"
#include "relay/metrics.h"
#include "relay/signing.h"
#include "relay/submission_rules.h"

namespace relay::cli {
namespace {

/// What the relay answers to who submits it.
int refuse(const smtp::Reply& reply, const dkim::KeyRing& keys) {
    if (reply.code / 100 != 4) {
        return end(Ending::No, reply.text + ": correct the message or the configuration");
    }
    for (const std::string& problem : keys.problems()) {
        complain(problem);
    }
    return end(Ending::Unknown, reply.text);
}

void print(const std::string& text) {
    (void)std::fwrite(text.data(), 1, text.size(), stdout);
}

}  // namespace

int dkim_sign(const std::string& file, std::shared_ptr<const conf::Config> config) {
    auto input = DkimInput::open(file);
    if (!input) {
        return end(Ending::Unknown, input.error().message());
    }
    const auto block = input->header();
    if (!block) {
        return end(Ending::Unknown, block.error().message());
    }
    const auto header = dkim::Header::parse(*block);
    if (!header) {
        return end(Ending::No, header.error().message() + ": correct the message");
    }
    if (header->find("From") == nullptr) {
        return end(Ending::No, "the message has no From field: it says for which domain to sign");
    }
    auto keys = dkim::KeyRing::load(*config);
    const Setup setup{std::move(config), std::move(keys)};
    // From: must name its domains itself, since nothing is completed here: hence no intake.origin.
    const queue::Address nobody;
    const auto authors = judge_header(*header, {nobody, nullptr}, conf::Intake{});
    if (const auto* reply = std::get_if<smtp::Reply>(&authors)) {
        return refuse(*reply, *setup.keys);
    }
    const std::uint64_t limit = setup.config->limits.message_size;
    dkim::BodyHash hash(setup.config->dkim.body_canonicalization);
    std::string body;
    for (;;) {
        const auto piece = input->body();
        if (!piece) {
            return end(Ending::Unknown, piece.error().message());
        }
        if (piece->empty()) {
            break;
        }
        if (block->size() + body.size() + piece->size() > limit) {
            return end(Ending::No,
                       "the message is larger than limits.message_size, " + std::to_string(limit) +
                           " octets: make it smaller, or raise that");
        }
        hash.update(*piece);
        body += *piece;
    }
    Metrics metrics;
    const auto outcome = sign(setup,
                              metrics,
                              *block,
                              dkim::domains_of(std::get<std::vector<dkim::Author>>(authors)),
                              hash.finish(),
                              wall_clock());
    if (const auto* reply = std::get_if<smtp::Reply>(&outcome)) {
        return refuse(*reply, *setup.keys);
    }
    print(std::get<Signatures>(outcome).fields);
    print(*block + "\r\n");
    print(body);
    return status_of(Ending::Done);
}

}  // namespace relay::cli
