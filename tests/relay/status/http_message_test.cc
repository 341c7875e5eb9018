#include "relay/status/http_message.h"

#include <gtest/gtest.h>

namespace relay::status {
namespace {

TEST(HttpResponse, SaysItsLengthAndEndsTheConnection) {
    Response response;
    response.body = "hello\n";
    const std::string octets = wire(response, Method::Get, "now");
    EXPECT_TRUE(octets.starts_with("HTTP/1.1 200 OK\r\nDate: now\r\n"));
    EXPECT_NE(octets.find("\r\nContent-Length: 6\r\n"), std::string::npos);
    EXPECT_NE(octets.find("\r\nConnection: close\r\n"), std::string::npos);
    EXPECT_TRUE(octets.ends_with("\r\n\r\nhello\n"));
}

TEST(HttpResponse, ForbidsBrowsersToRunOrGuess) {
    const std::string octets = wire(Response{}, Method::Get, "now");
    EXPECT_NE(octets.find("\r\nX-Content-Type-Options: nosniff\r\n"), std::string::npos);
    EXPECT_NE(octets.find("\r\nContent-Security-Policy: default-src 'none'"), std::string::npos);
    EXPECT_EQ(octets.find("Access-Control"), std::string::npos);
}

TEST(HttpResponse, ToHeadHasTheSameHeaderAndNoContent) {
    Response response;
    response.body = "hello\n";
    const std::string whole = wire(response, Method::Get, "now");
    const std::string head = wire(response, Method::Head, "now");
    EXPECT_EQ(whole, head + "hello\n");
}

TEST(HttpResponse, NamesWhatIsAllowed) {
    Response response = error_response(405, "no");
    response.allow = "GET, HEAD";
    EXPECT_NE(wire(response, Method::Post, "now").find("\r\nAllow: GET, HEAD\r\n"),
              std::string::npos);
}

TEST(HttpResponse, OfAnErrorIsJsonWhateverTheWords) {
    EXPECT_EQ(error_response(400, "a \"b\"\n").body, "{\"error\":\"a \\\"b\\\"\\n\"}\n");
    EXPECT_EQ(error_response(400, "\xff").body, "{\"error\":\"\xef\xbf\xbd\"}\n");
}

}  // namespace
}  // namespace relay::status
