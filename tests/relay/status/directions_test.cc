#include "relay/status/directions.h"

#include <gtest/gtest.h>

namespace relay::status {
namespace {

std::variant<Directions, Response> ask(Method method,
                                       std::string path,
                                       Channel channel = Channel::Port,
                                       std::optional<std::string> host = "localhost",
                                       std::string query = "") {
    Request request;
    request.method = method;
    request.path = std::move(path);
    request.query = std::move(query);
    request.host = std::move(host);
    return direct(request, channel, "mail.example.com");
}

/// 0 when the page is given.
int status(const std::variant<Directions, Response>& answer) {
    const auto* refusal = std::get_if<Response>(&answer);
    return refusal == nullptr ? 0 : refusal->status;
}

TEST(Directions, LeadToThePublicPages) {
    const std::pair<const char*, Page> pages[] = {{"/healthz", Page::Health},
                                                  {"/readyz", Page::Ready},
                                                  {"/status", Page::Status},
                                                  {"/metrics", Page::Metrics}};
    for (const auto& [path, page] : pages) {
        for (const auto channel : {Channel::Port, Channel::Control}) {
            for (const auto method : {Method::Get, Method::Head}) {
                const auto answer = ask(method, path, channel);
                ASSERT_EQ(status(answer), 0) << path;
                EXPECT_EQ(std::get<Directions>(answer).page, page);
            }
        }
    }
}

TEST(Directions, KeepMessagesAndCommandsOnTheControlSocket) {
    EXPECT_EQ(status(ask(Method::Get, "/messages/0000000000001")), 403);
    EXPECT_EQ(status(ask(Method::Get, "/queue")), 403);
    for (const char* path : {"/queue/retry",
                             "/queue/delete",
                             "/queue/hold",
                             "/queue/release",
                             "/queue/check",
                             "/queue/export",
                             "/queue/import",
                             "/pause",
                             "/resume",
                             "/reload",
                             "/check",
                             "/dkim/retire"}) {
        EXPECT_EQ(status(ask(Method::Post, path)), 403) << path;
        EXPECT_EQ(status(ask(Method::Post, path, Channel::Control)), 0) << path;
        EXPECT_EQ(status(ask(Method::Get, path, Channel::Control)), 405) << path;
    }
}

TEST(Directions, NameTheAllowedMethods) {
    const auto page = ask(Method::Post, "/status");
    ASSERT_EQ(status(page), 405);
    EXPECT_EQ(std::get<Response>(page).allow, "GET, HEAD");
    const auto command = ask(Method::Get, "/check", Channel::Control);
    ASSERT_EQ(status(command), 405);
    EXPECT_EQ(std::get<Response>(command).allow, "POST");
    EXPECT_EQ(status(ask(Method::Other, "/status")), 405);
}

TEST(Directions, KnowNoOtherPage) {
    for (const char* path : {"/", "/nonsense", "/status/", "/messages", "//status", "/STATUS"}) {
        EXPECT_EQ(status(ask(Method::Get, path, Channel::Control)), 404) << path;
    }
}

TEST(Directions, ReadTheQueueId) {
    const auto answer = ask(Method::Get, "/messages/0000000000001", Channel::Control);
    ASSERT_EQ(status(answer), 0);
    EXPECT_EQ(std::get<Directions>(answer).page, Page::Message);
    EXPECT_EQ(std::get<Directions>(answer).id, queue::MessageId(1));
    EXPECT_EQ(status(ask(Method::Get, "/messages/", Channel::Control)), 400);
    EXPECT_EQ(status(ask(Method::Get, "/messages/../etc/passwd", Channel::Control)), 400);
}

TEST(Directions, TakeParametersForTheQueueAlone) {
    EXPECT_EQ(status(ask(Method::Get, "/queue", Channel::Control, "x", "state=held")), 0);
    EXPECT_EQ(status(ask(Method::Get, "/status", Channel::Port, "localhost", "a=b")), 400);
}

TEST(Directions, RefuseForeignHostsOnThePort) {
    EXPECT_EQ(status(ask(Method::Get, "/status", Channel::Port, "evil.example")), 421);
    EXPECT_EQ(status(ask(Method::Get, "/status", Channel::Port, "mail.example.com")), 0);
    EXPECT_EQ(status(ask(Method::Get, "/status", Channel::Port, std::nullopt)), 0);
    EXPECT_EQ(status(ask(Method::Get, "/status", Channel::Control, "evil.example")), 0);
}

TEST(Directions, TakeEveryHostWhileStarting) {
    Request request;
    request.path = "/healthz";
    request.host = "not.known.yet.example";
    EXPECT_EQ(status(direct(request, Channel::Port, std::nullopt)), 0);
}

TEST(Host, IsOursByAddressNameOrLocalhost) {
    for (const char* host : {"127.0.0.1",
                             "127.0.0.1:8025",
                             "192.0.2.7:80",
                             "[::1]",
                             "[::1]:8025",
                             "localhost",
                             "LocalHost:8025",
                             "localhost.",
                             "mail.example.com",
                             "Mail.Example.Com:8025"}) {
        EXPECT_TRUE(is_our_host(host, "mail.example.com")) << host;
    }
}

TEST(Host, IsForeignOtherwise) {
    for (const char* host : {"",
                             ":8025",
                             ".",
                             "evil.example",
                             "localhost.evil.example",
                             "mail.example.com.evil.example",
                             "127.0.0.1.evil.example",
                             "[::1",
                             "[::1]x",
                             "[127.0.0.1]",
                             "::1",
                             "localhost:port",
                             "localhost:123456",
                             "[::1]:x"}) {
        EXPECT_FALSE(is_our_host(host, "mail.example.com")) << host;
    }
}

}  // namespace
}  // namespace relay::status
