#include "relay/status/request_reader.h"

#include <gtest/gtest.h>

namespace relay::status {
namespace {

using State = RequestReader::State;
using Content = RequestReader::Content;

/// Status of the refusal; 0 for a complete request, -1 when more is wanted.
int verdict(std::string_view octets, Content content = Content::Read) {
    RequestReader reader(content);
    switch (reader.feed(octets)) {
        case State::Complete:
            return 0;
        case State::NeedMore:
            return -1;
        case State::Refused:
            return reader.refusal().status;
    }
    return -2;
}

/// The verdict in pieces of one octet.
int verdict_octet_by_octet(std::string_view octets) {
    RequestReader reader(Content::Read);
    for (const char c : octets) {
        if (reader.feed({&c, 1}) == State::Refused) {
            return reader.refusal().status;
        }
    }
    return reader.state() == State::Complete ? 0 : -1;
}

TEST(RequestReader, ReadsAGet) {
    RequestReader reader(Content::Ignore);
    ASSERT_EQ(reader.feed("GET /queue?state=held&x HTTP/1.1\r\nHost: localhost:8025\r\n\r\n"),
              State::Complete);
    EXPECT_EQ(reader.request().method, Method::Get);
    EXPECT_EQ(reader.request().path, "/queue");
    EXPECT_EQ(reader.request().query, "state=held&x");
    EXPECT_EQ(reader.request().host, "localhost:8025");
    EXPECT_EQ(reader.request().body, "");
}

TEST(RequestReader, TakesHttp10WithoutHost) {
    RequestReader reader(Content::Ignore);
    ASSERT_EQ(reader.feed("HEAD /healthz HTTP/1.0\r\n\r\n"), State::Complete);
    EXPECT_EQ(reader.request().method, Method::Head);
    EXPECT_FALSE(reader.request().host);
}

TEST(RequestReader, ReadsContentUpToItsLength) {
    RequestReader reader(Content::Read);
    ASSERT_EQ(reader.feed("POST /check HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhel"),
              State::NeedMore);
    ASSERT_EQ(reader.feed("lo, and the next request"), State::Complete);
    EXPECT_EQ(reader.request().body, "hello");
}

TEST(RequestReader, SaysTheSameOctetByOctet) {
    for (const std::string_view octets :
         {"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
          "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}",
          "GET / HTTP/1.1\nHost: x\n\n",
          "GET / HTTP/1.1\r\nHost: x\r\nHost : y\r\n\r\n",
          "\r\n\r\n"}) {
        EXPECT_EQ(verdict(octets), verdict_octet_by_octet(octets)) << octets;
    }
}

TEST(RequestReader, WantsMoreOfAnUnfinishedHeader) {
    EXPECT_EQ(verdict(""), -1);
    EXPECT_EQ(verdict("GET / HTTP/1.1\r\nHost: x\r\n"), -1);
    EXPECT_EQ(verdict("GET / HTTP/1.1\r\nHost: x\r\n\r"), -1);
}

TEST(RequestReader, RefusesWhatIsNoHttp) {
    EXPECT_EQ(verdict("EHLO client.example\r\n\r\n"), 400);
    EXPECT_EQ(verdict("GET / HTTP/2.0\r\nHost: x\r\n\r\n"), 400);
    EXPECT_EQ(verdict("GET /\r\n\r\n"), 400);
    EXPECT_EQ(verdict("\r\n\r\n"), 400);
    EXPECT_EQ(verdict(std::string_view("\x16\x03\x01\x00", 4)), 400);
}

TEST(RequestReader, RefusesBareLineEnds) {
    EXPECT_EQ(verdict("GET / HTTP/1.1\nHost: x\n\n"), 400);
    EXPECT_EQ(verdict("GET / HTTP/1.1\r\nHost: x\rX: y\r\n\r\n"), 400);
    EXPECT_EQ(verdict("GET / HTTP/1.1\r\nHost: x\r\nX: a\nb\r\n\r\n"), 400);
}

TEST(RequestReader, RefusesNul) {
    EXPECT_EQ(verdict(std::string_view("GET / HTTP/1.1\r\nHost: a\0b\r\n\r\n", 28)), 400);
}

TEST(RequestReader, RefusesFoldedLines) {
    EXPECT_EQ(verdict("GET / HTTP/1.1\r\nHost: x\r\n y\r\n\r\n"), 400);
    EXPECT_EQ(verdict("GET / HTTP/1.1\r\nHost: x\r\n\ty\r\n\r\n"), 400);
    EXPECT_EQ(verdict(" GET / HTTP/1.1\r\nHost: x\r\n\r\n"), 400);
}

TEST(RequestReader, RefusesASpaceBeforeTheColon) {
    EXPECT_EQ(verdict("GET / HTTP/1.1\r\nHost : x\r\n\r\n"), 400);
}

TEST(RequestReader, WantsExactlyOneHost) {
    EXPECT_EQ(verdict("GET / HTTP/1.1\r\n\r\n"), 400);
    EXPECT_EQ(verdict("GET / HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n"), 400);
}

TEST(RequestReader, RefusesLengthWithEncoding) {
    EXPECT_EQ(verdict("POST /check HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n"
                      "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
              400);
    EXPECT_EQ(verdict("POST /check HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
                      "Content-Length: 5\r\n\r\n0\r\n\r\n"),
              400);
}

TEST(RequestReader, WantsALengthOfContent) {
    EXPECT_EQ(verdict("POST /check HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"),
              411);
}

TEST(RequestReader, RefusesOddLengths) {
    for (const std::string length : {"-1", "1x", "0x10", "99999999999999999999", "1, 2", ""}) {
        EXPECT_EQ(verdict("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: " + length + "\r\n\r\n"),
                  400)
            << length;
    }
    EXPECT_EQ(
        verdict("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"),
        400);
}

TEST(RequestReader, RefusesContentWhereNoneBelongs) {
    EXPECT_EQ(verdict("GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx"), 400);
    EXPECT_EQ(verdict("GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"), 400);
    EXPECT_EQ(verdict("GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"), 0);
}

TEST(RequestReader, BoundsContent) {
    const auto post = [](std::size_t length) {
        return "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(length) +
               "\r\n\r\n";
    };
    EXPECT_EQ(verdict(post(RequestReader::kMaxContent)), -1);
    EXPECT_EQ(
        verdict(post(RequestReader::kMaxContent) + std::string(RequestReader::kMaxContent, 'x')),
        0);
    EXPECT_EQ(verdict(post(RequestReader::kMaxContent + 1)), 413);
}

TEST(RequestReader, LeavesContentWhereCommandsAreNotTaken) {
    EXPECT_EQ(
        verdict("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 999999999\r\n\r\n", Content::Ignore),
        0);
}

TEST(RequestReader, BoundsTheHeader) {
    const std::string start = "GET / HTTP/1.1\r\nHost: x\r\nX: ";
    const auto padded = [&](std::size_t size) {
        return start + std::string(size - start.size() - 4, 'x') + "\r\n\r\n";
    };
    EXPECT_EQ(verdict(padded(RequestReader::kMaxHeader)), 0);
    EXPECT_EQ(verdict(padded(RequestReader::kMaxHeader + 1)), 431);
    EXPECT_EQ(verdict("GET /" + std::string(20000, 'x') + " HTTP/1.1\r\n\r\n"), 431);
}

TEST(RequestReader, BoundsTheFields) {
    const auto fields = [](std::size_t count) {
        std::string octets = "GET / HTTP/1.1\r\nHost: x\r\n";
        for (std::size_t i = 1; i < count; ++i) {
            octets += "X: y\r\n";
        }
        return octets + "\r\n";
    };
    EXPECT_EQ(verdict(fields(RequestReader::kMaxFields)), 0);
    EXPECT_EQ(verdict(fields(RequestReader::kMaxFields + 1)), 431);
}

TEST(RequestReader, WantsAPath) {
    EXPECT_EQ(verdict("GET http://localhost/ HTTP/1.1\r\nHost: x\r\n\r\n"), 400);
    EXPECT_EQ(verdict("CONNECT localhost:25 HTTP/1.1\r\nHost: x\r\n\r\n"), 400);
    EXPECT_EQ(verdict("GET /#part HTTP/1.1\r\nHost: x\r\n\r\n"), 400);
    EXPECT_EQ(verdict("GET /\xc3\xa4 HTTP/1.1\r\nHost: x\r\n\r\n"), 400);
}

TEST(RequestReader, KeepsOtherMethodsApart) {
    RequestReader reader(Content::Read);
    ASSERT_EQ(reader.feed("DELETE /queue HTTP/1.1\r\nHost: x\r\n\r\n"), State::Complete);
    EXPECT_EQ(reader.request().method, Method::Other);
}

TEST(RequestReader, StaysRefused) {
    RequestReader reader(Content::Read);
    ASSERT_EQ(reader.feed("\n"), State::Refused);
    EXPECT_EQ(reader.feed("GET / HTTP/1.1\r\nHost: x\r\n\r\n"), State::Refused);
}

}  // namespace
}  // namespace relay::status
