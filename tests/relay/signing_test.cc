#include "relay/signing.h"

#include <chrono>

#include <gtest/gtest.h>

#include "relay/body_digest.h"
#include "relay/clock.h"
#include "tests/support/relay_stage.h"

namespace {

using namespace std::chrono_literals;
using relay::Setup;
using relay::Signatures;
using support::RelayStage;

const std::string kHeader = "From: <app@example.com>\r\nSubject: x\r\n";
const std::string kRequired = "[dkim]\nprove = \"required\"\n";

conf::DomainName name(const std::string& text) {
    return conf::DomainName::parse(text).value();
}

std::variant<Signatures, relay::smtp::Reply> signed_by(
    const Setup& setup, const std::vector<conf::DomainName>& authors) {
    relay::Metrics metrics;
    return relay::sign(setup, metrics, kHeader, authors, {}, relay::wall_clock());
}

Signatures signatures(const Setup& setup, const std::vector<conf::DomainName>& authors) {
    auto outcome = signed_by(setup, authors);
    if (const auto* reply = std::get_if<relay::smtp::Reply>(&outcome)) {
        ADD_FAILURE() << reply->text;
        return {};
    }
    return std::get<Signatures>(outcome);
}

/// A setup in which the key k1 of example.com was seen as `sight`.
Setup seen(const RelayStage& stage, dkim::Sight sight) {
    Setup setup = stage.current->get();
    dkim::Life life;
    life.key = setup.keys->keys_of(name("example.com"))->entries[0].key_id;
    life.sight = sight;
    if (sight == dkim::Sight::Ours) {
        life.proven_from = relay::wall_clock() - 1h;
    }
    auto lives = std::make_shared<dkim::Lives>();
    lives->set(name("example.com"), {{"k1", life}});
    setup.lives = lives;
    return setup;
}

queue::EnvelopeHead message(const std::string& by, const std::string& author = "example.com") {
    queue::EnvelopeHead head;
    head.author_domain = author;
    head.signed_by = by;
    head.accepted = relay::wall_clock();
    return head;
}

bool leaves(const Setup& setup, const queue::EnvelopeHead& head, conf::Duration later = 0ms) {
    return relay::may_leave(setup, head, relay::wall_clock() + later);
}

TEST(Signing, WithoutProofItIsStoredAndNotFitToLeave) {
    const RelayStage stage(kRequired);
    for (const auto sight : {dkim::Sight::Unseen, dkim::Sight::Absent, dkim::Sight::Disagreed}) {
        const auto made = signatures(seen(stage, sight), {name("example.com")});
        EXPECT_EQ(made.by, "example.com/k1");
        EXPECT_FALSE(made.fit);
    }
    EXPECT_TRUE(signatures(seen(stage, dkim::Sight::Ours), {name("example.com")}).fit);
}

TEST(Signing, AKeyThatIsKnownToBeWrongNeverSigns) {
    const RelayStage stage(kRequired);
    for (const auto sight : {dkim::Sight::Different, dkim::Sight::Revoked}) {
        const auto made = signatures(seen(stage, sight), {name("example.com")});
        EXPECT_EQ(made.fields, "");
        EXPECT_FALSE(made.fit);
    }
}

TEST(Signing, OneDomainOfSeveralAuthorsSignsOnce) {
    const RelayStage stage("[[domain]]\nname = \"plain.example\"\nsign = false\n");
    const auto setup = stage.current->get();
    const auto made = signatures(setup, {name("example.com"), name("plain.example")});
    EXPECT_EQ(made.by, "example.com/k1");
    EXPECT_EQ(signatures(setup, {name("plain.example")}).fields, "");
    EXPECT_TRUE(std::holds_alternative<relay::smtp::Reply>(
        signed_by(setup, {name("example.com"), name("other.example")})));
    EXPECT_TRUE(
        std::holds_alternative<relay::smtp::Reply>(signed_by(setup, {name("www.example.com")})));
}

TEST(Signing, WhatIsSignedByAProvenSelectorMayLeave) {
    const RelayStage stage(kRequired);
    const auto setup = seen(stage, dkim::Sight::Ours);
    EXPECT_TRUE(leaves(setup, message("example.com/k1")));
    EXPECT_FALSE(leaves(setup, message("")));
    EXPECT_FALSE(leaves(setup, message("example.com/old")));
    EXPECT_FALSE(leaves(setup, message("example.com/k1,example.com/old")));
    EXPECT_FALSE(leaves(setup, message("other.example/k1")));
    for (const auto sight : {dkim::Sight::Absent, dkim::Sight::Revoked, dkim::Sight::Unseen}) {
        EXPECT_FALSE(leaves(seen(stage, sight), message("example.com/k1")));
    }
}

TEST(Signing, EveryAuthorNeedsASignatureOrNeedsNone) {
    const RelayStage stage("[[domain]]\nname = \"plain.example\"\nsign = false\n" + kRequired);
    const auto setup = seen(stage, dkim::Sight::Ours);
    EXPECT_TRUE(leaves(setup, message("", "plain.example")));
    EXPECT_FALSE(leaves(setup, message("", "plain.example,example.com")));
    EXPECT_TRUE(leaves(setup, message("example.com/k1", "plain.example,example.com")));
}

TEST(Signing, MailOfADomainThatIsGoneKeepsItsSignature) {
    const RelayStage stage;
    const auto setup = stage.current->get();
    EXPECT_TRUE(leaves(setup, message("gone.example/a", "gone.example")));
    EXPECT_FALSE(leaves(setup, message("", "gone.example")));
}

TEST(Signing, WhatEndsSoonIsSignedAnew) {
    const RelayStage stage("[dkim]\nprove = \"off\"\nsignature_expiry = \"10d\"\n");
    const auto setup = stage.current->get();
    EXPECT_TRUE(leaves(setup, message("example.com/k1"), 9 * 24h - 1min));
    EXPECT_FALSE(leaves(setup, message("example.com/k1"), 9 * 24h + 1min));
    const RelayStage brief("[dkim]\nprove = \"off\"\nsignature_expiry = \"2h\"\n");
    EXPECT_TRUE(leaves(brief.current->get(), message("example.com/k1"), 59min));
    EXPECT_FALSE(leaves(brief.current->get(), message("example.com/k1"), 61min));
}

TEST(Signing, AgainTakesTheStoredHashAndHeader) {
    const RelayStage stage(kRequired);
    relay::Metrics metrics;
    queue::Content content;
    content.header = kHeader;
    dkim::BodyHash hash(conf::Canonicalization::Simple);
    hash.update("text\r\n");
    const auto digest = hash.finish();
    content.body_hash = relay::packed(digest);
    const auto now = relay::wall_clock();
    const auto setup = seen(stage, dkim::Sight::Ours);
    const auto made = relay::sign_again(setup, metrics, message(""), content, now);
    ASSERT_TRUE(made) << made.error().message();
    EXPECT_EQ(made->by, "example.com/k1");
    EXPECT_NE(made->fields.find("c=relaxed/simple;"), std::string::npos) << made->fields;
    EXPECT_EQ(relay::unpacked(content.body_hash), digest);
    for (const auto sight : {dkim::Sight::Absent, dkim::Sight::Different}) {
        EXPECT_FALSE(relay::sign_again(seen(stage, sight), metrics, message(""), content, now));
    }
    content.body_hash = "s";
    EXPECT_FALSE(relay::sign_again(setup, metrics, message(""), content, now));
}

}  // namespace
