#include "relay/status/status_server.h"

#include <chrono>
#include <filesystem>
#include <thread>
#include <unistd.h>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/relay/status/small_relay.h"

namespace relay::status {
namespace {

using nlohmann::json;

std::string get(const std::string& target) {
    return "GET " + target + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
}

std::string post(const std::string& target, const std::string& body = {}) {
    return "POST " + target +
           " HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + std::to_string(body.size()) +
           "\r\n\r\n" + body;
}

TEST(StatusServer, SaysThatItIsStarting) {
    const SmallRelay relay(SmallRelay::Phase::Starting);
    EXPECT_EQ(status_of(relay.ask_port(get("/healthz"))), 200);
    const auto ready = relay.ask_port(get("/readyz"));
    EXPECT_EQ(status_of(ready), 503);
    EXPECT_EQ(json::parse(body_of(ready))["reasons"], json::array({"starting"}));
    for (const char* page : {"/status", "/metrics"}) {
        EXPECT_EQ(status_of(relay.ask_port(get(page))), 503) << page;
    }
    EXPECT_EQ(status_of(relay.ask_control(post("/check"))), 503);
}

TEST(StatusServer, ServesItsPagesOnceToldTo) {
    SmallRelay relay(SmallRelay::Phase::Starting);
    relay.serve();
    for (const char* page : {"/healthz", "/readyz", "/status", "/metrics"}) {
        const auto answer = relay.ask_port(get(page));
        EXPECT_EQ(status_of(answer), 200) << page << "\n" << answer;
        EXPECT_EQ(status_of(relay.ask_control(get(page))), 200) << page;
    }
    EXPECT_EQ(json::parse(body_of(relay.ask_port(get("/readyz"))))["ready"], true);
    EXPECT_EQ(json::parse(body_of(relay.ask_port(get("/healthz"))))["healthy"], true);
    EXPECT_NE(relay.ask_port(get("/metrics")).find("Content-Type: text/plain; version=0.0.4"),
              std::string::npos);
}

TEST(StatusServer, AnswersHeadWithoutContent) {
    const SmallRelay relay;
    const auto answer = relay.ask_port("HEAD /status HTTP/1.1\r\nHost: localhost\r\n\r\n");
    EXPECT_EQ(status_of(answer), 200);
    EXPECT_EQ(body_of(answer), "");
}

TEST(StatusServer, IsNotReadyOnceItStops) {
    const SmallRelay relay;
    relay.server->stopping();
    const auto answer = relay.ask_port(get("/readyz"));
    EXPECT_EQ(status_of(answer), 503);
    EXPECT_EQ(json::parse(body_of(answer))["reasons"], json::array({"shutting down"}));
    EXPECT_EQ(status_of(relay.ask_port(get("/healthz"))), 200);
}

TEST(StatusServer, IsNotReadyWithoutAUsableKey) {
    const SmallRelay relay;
    std::filesystem::remove(relay.folder->path() + "/key.pem");
    relay.current->set(relay.config, dkim::KeyRing::load(*relay.config));
    const auto answer = relay.ask_port(get("/readyz"));
    EXPECT_EQ(status_of(answer), 503);
    EXPECT_NE(answer.find("no usable signing key for example.com"), std::string::npos) << answer;
}

TEST(StatusServer, RefusesForeignHosts) {
    const SmallRelay relay;
    EXPECT_EQ(status_of(relay.ask_port("GET /status HTTP/1.1\r\nHost: evil.example\r\n\r\n")), 421);
    EXPECT_EQ(status_of(relay.ask_port("GET /status HTTP/1.1\r\nHost: mail.example.com\r\n\r\n")),
              200);
}

TEST(StatusServer, KeepsMessagesOffThePort) {
    SmallRelay relay;
    const auto id = relay.store("user@example.net");
    EXPECT_EQ(status_of(relay.ask_port(get("/messages/" + id.text()))), 403);
    EXPECT_EQ(status_of(relay.ask_port(get("/queue"))), 403);
    EXPECT_EQ(status_of(relay.ask_port(post("/queue/delete", R"({"all": true})"))), 403);
    EXPECT_EQ(relay.ask_port(get("/status")).find("user@example.net"), std::string::npos);
    EXPECT_EQ(relay.queue_store->totals()->waiting, 1U);
}

TEST(StatusServer, ExplainsAMessage) {
    SmallRelay relay;
    const auto id = relay.store("user@example.net", "why it is held");
    const auto answer = relay.ask_control(get("/messages/" + id.text()));
    ASSERT_EQ(status_of(answer), 200) << answer;
    const auto page = json::parse(body_of(answer));
    EXPECT_EQ(page["id"], id.text());
    EXPECT_EQ(page["state"], "held");
    EXPECT_EQ(page["hold"]["reason"], "why it is held");
    EXPECT_EQ(page["recipients"][0]["address"], "user@example.net");
    EXPECT_EQ(status_of(relay.ask_control(get("/messages/0000000000000"))), 404);
}

TEST(StatusServer, ListsTheQueue) {
    SmallRelay relay;
    const auto id = relay.store("user@example.net");
    relay.store("user@example.org");
    const auto answer = relay.ask_control(get("/queue?recipient=user%40example.net"));
    ASSERT_EQ(status_of(answer), 200) << answer;
    const auto page = json::parse(body_of(answer));
    ASSERT_EQ(page["messages"].size(), 1U);
    EXPECT_EQ(page["messages"][0]["id"], id.text());
    EXPECT_EQ(status_of(relay.ask_control(get("/queue?recipient=nobody"))), 400);
    EXPECT_EQ(status_of(relay.ask_control(get("/queue?nonsense=1"))), 400);
}

TEST(StatusServer, DeletesWhatIsSelected) {
    SmallRelay relay;
    const auto id = relay.store("user@example.net");
    relay.store("user@example.org");
    const auto answer =
        relay.ask_control(post("/queue/delete", R"({"id": ")" + id.text() + R"("})"));
    EXPECT_EQ(status_of(answer), 200) << answer;
    EXPECT_EQ(json::parse(body_of(answer))["deleted"], 1);
    EXPECT_EQ(relay.queue_store->totals()->waiting, 1U);
    EXPECT_EQ(relay.metrics.recipients_deleted.value(), 1U);
}

TEST(StatusServer, MakesWaitingMailDue) {
    SmallRelay relay;
    const auto id = relay.store("user@example.net");
    const auto answer =
        relay.ask_control(post("/queue/retry", R"({"domain": "example.net", "state": "waiting"})"));
    EXPECT_EQ(status_of(answer), 200) << answer;
    EXPECT_EQ(json::parse(body_of(answer))["retried"], 1);
    EXPECT_LE(relay.queue_store->next_due()->value(), relay.queue_store->load(id)->envelope.due());
}

TEST(StatusServer, RefusesACommandThatMightMeanEverything) {
    SmallRelay relay;
    relay.store("user@example.net", "held");
    for (const char* body : {"", "{}", R"({"all": false})", "nonsense", R"({"sendr": "x"})"}) {
        EXPECT_EQ(status_of(relay.ask_control(post("/queue/delete", body))), 400) << body;
    }
    EXPECT_EQ(status_of(relay.ask_control(post("/queue/retry", R"({"state": "held"})"))), 400);
    EXPECT_EQ(relay.queue_store->totals()->held, 1U);
    EXPECT_EQ(status_of(relay.ask_control(post("/queue/delete", R"({"all": true})"))), 200);
    EXPECT_EQ(relay.queue_store->totals()->held, 0U);
}

TEST(StatusServer, HoldsAndReleases) {
    SmallRelay relay;
    const auto id = relay.store("user@example.net");
    relay.store("user@example.org", "no PTR record");
    const auto held =
        relay.ask_control(post("/queue/hold", R"({"domain": "example.net", "reason": "wait"})"));
    ASSERT_EQ(status_of(held), 200) << held;
    EXPECT_EQ(json::parse(body_of(held))["held"], 1);
    EXPECT_EQ(relay.queue_store->load(id)->envelope.hold.reason, "held by a person: wait");
    for (const char* body : {"{}", R"({"all": true, "state": "waiting"})", R"({"reason": "x"})"}) {
        EXPECT_EQ(status_of(relay.ask_control(post("/queue/release", body))), 400) << body;
    }
    EXPECT_EQ(status_of(relay.ask_control(post("/queue/hold", R"({"reason": "all?"})"))), 400);
    EXPECT_EQ(
        status_of(relay.ask_control(post("/queue/hold", R"({"all": true, "reason": "a\nb"})"))),
        400);
    const auto released = relay.ask_control(post("/queue/release", R"({"all": true})"));
    ASSERT_EQ(status_of(released), 200) << released;
    EXPECT_EQ(json::parse(body_of(released))["released"], 1);
    EXPECT_EQ(json::parse(body_of(released))["held_otherwise"], 1);
    EXPECT_EQ(relay.queue_store->load(id)->envelope.hold.reason, "");
}

TEST(StatusServer, PausesAndResumes) {
    const SmallRelay relay;
    const std::string order = R"({"sender": "jo@example.com"})";
    const auto paused = relay.ask_control(post("/pause", order));
    ASSERT_EQ(status_of(paused), 200) << paused;
    EXPECT_EQ(json::parse(body_of(paused))["paused"], true);
    EXPECT_EQ(json::parse(body_of(relay.ask_control(post("/pause", order))))["paused"], false);
    const auto shown = body_of(relay.ask_control(get("/status")));
    EXPECT_EQ(json::parse(shown)["paused"][0]["sender"], "jo@example.com");
    const auto to_all = body_of(relay.ask_port(get("/status")));
    EXPECT_EQ(json::parse(to_all)["delivery"]["state"], "holding");
    EXPECT_EQ(to_all.find("jo@"), std::string::npos) << to_all;
    for (const char* body : {"", "{}", R"({"domain": "a..b"})"}) {
        EXPECT_EQ(status_of(relay.ask_control(post("/pause", body))), 400) << body;
        EXPECT_EQ(status_of(relay.ask_control(post("/resume", body))), 400) << body;
    }
    EXPECT_EQ(json::parse(body_of(relay.ask_control(post("/resume", order))))["resumed"], true);
    EXPECT_EQ(json::parse(body_of(relay.ask_control(post("/resume", order))))["resumed"], false);
    EXPECT_EQ(json::parse(body_of(relay.ask_port(get("/status"))))["delivery"]["state"], "ok");
}

TEST(StatusServer, ChecksTheQueue) {
    SmallRelay relay;
    const auto id = relay.store("user@example.net");  // its size and hash are made up
    const auto answer = relay.ask_control(post("/queue/check"));
    ASSERT_EQ(status_of(answer), 200) << answer;
    const auto page = json::parse(body_of(answer));
    EXPECT_EQ(page["checked"], 1);
    ASSERT_EQ(page["damaged"].size(), 1U);
    EXPECT_EQ(page["damaged"][0]["id"], id.text());
    relay.server->stopping();
    EXPECT_EQ(status_of(relay.ask_control(post("/queue/check"))), 503);
}

TEST(StatusServer, ReloadsAndTellsProblems) {
    SmallRelay relay;
    EXPECT_EQ(status_of(relay.ask_control(post("/reload"))), 200);
    relay.reload_problems = {"signet.toml:1:1: wrong"};
    const auto answer = relay.ask_control(post("/reload"));
    EXPECT_EQ(status_of(answer), 422);
    EXPECT_EQ(json::parse(body_of(answer))["problems"], json::array({"signet.toml:1:1: wrong"}));
}

TEST(StatusServer, AsksForTheSelfCheck) {
    SmallRelay relay;
    EXPECT_EQ(status_of(relay.ask_control(post("/check"))), 202);
    EXPECT_EQ(relay.checks, 1);
}

TEST(StatusServer, TakesASelectorOutOfService) {
    SmallRelay relay;
    const auto retire = [&](const std::string& body) {
        return relay.ask_control(post("/dkim/retire", body));
    };
    for (const char* body :
         {"", "[]", "{}", R"({"domain": "example.com"})", R"({"selector": 1})"}) {
        EXPECT_EQ(status_of(retire(body)), 400) << body;
    }
    EXPECT_EQ(status_of(retire(R"({"domain": "example.com", "selector": "2026a"})")), 200);
    EXPECT_EQ(relay.retired, "example.com/2026a");
    const auto refused = retire(R"({"domain": "example.com", "selector": "last"})");
    EXPECT_EQ(status_of(refused), 409);
    EXPECT_NE(refused.find("its mail would be held"), std::string::npos) << refused;
}

TEST(StatusServer, AnswersMalformedRequestsWith400) {
    const SmallRelay relay;
    EXPECT_EQ(status_of(relay.ask_port("GET / HTTP/1.1\nHost: x\n\n")), 400);
    EXPECT_EQ(status_of(relay.ask_port("GET /" + std::string(20000, '/') + " HTTP/1.1\r\n\r\n")),
              431);
    EXPECT_EQ(status_of(relay.ask_port(get("/nonsense"))), 404);
    EXPECT_EQ(status_of(relay.ask_port(get("/healthz"))), 200);
}

TEST(StatusServer, SurvivesClientsThatLeave) {
    const SmallRelay relay;
    for (int i = 0; i < 100; ++i) {
        ::close(relay.connect_port());
    }
    EXPECT_EQ(status_of(relay.ask_port(get("/healthz"))), 200);
}

TEST(StatusServer, BoundsTheConnectionsOfEachDoor) {
    const SmallRelay relay;
    std::vector<int> idle;
    for (int i = 0; i < StatusServer::kMaxConnections; ++i) {
        idle.push_back(relay.connect_port());
    }
    // Accepted in order: whoever comes now is one too many, and the control socket has its own.
    EXPECT_EQ(relay.ask_port(get("/healthz")), "");
    EXPECT_EQ(status_of(relay.ask_control(get("/healthz"))), 200);
    // The control connection is counted until its coroutine has ended, a moment after its answer.
    for (int i = 0; i < 1000 && relay.server->open_connections() != StatusServer::kMaxConnections;
         ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    EXPECT_EQ(relay.server->open_connections(), StatusServer::kMaxConnections);
    for (const int connection : idle) {
        ::close(connection);
    }
}

TEST(StatusServer, RemovesItsSocketWhenItStops) {
    Folder folder;
    net::Loops loops(1);
    conf::Status settings;
    settings.address.port = 0;
    settings.control_socket.path = folder.path() + "/control.sock";
    {
        StatusServer server(loops);
        ASSERT_TRUE(server.open(settings, folder.path()));
        EXPECT_TRUE(std::filesystem::exists(settings.control_socket.path));
        EXPECT_GT(server.endpoint().port, 0);
    }
    EXPECT_FALSE(std::filesystem::exists(settings.control_socket.path));
}

TEST(StatusServer, NamesTheAddressThatIsTaken) {
    const SmallRelay relay;
    net::Loops loops(1);
    StatusServer second(loops);
    conf::Status settings;
    settings.address = relay.server->endpoint();
    settings.control_socket.path = relay.folder->path() + "/other.sock";
    const auto opened = second.open(settings, relay.folder->path());
    ASSERT_FALSE(opened);
    EXPECT_NE(opened.error().message().find(settings.address.text()), std::string::npos);
}

TEST(StatusServer, LeavesTheSocketOfALiveRelay) {
    const SmallRelay relay;
    net::Loops loops(1);
    StatusServer second(loops);
    conf::Status settings = relay.config->status;
    ASSERT_FALSE(second.open(settings, relay.config->data_dir));
    EXPECT_EQ(status_of(relay.ask_control(get("/healthz"))), 200);
}

}  // namespace
}  // namespace relay::status
