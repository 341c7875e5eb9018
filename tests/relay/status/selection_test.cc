#include "relay/status/selection.h"

#include <gtest/gtest.h>

#include "tests/relay/status/made_up.h"

namespace relay::status {
namespace {

using namespace std::chrono_literals;

std::string query_fault(std::string_view query) {
    const auto parsed = parse_query(query);
    return parsed ? "right" : parsed.error().message();
}

std::string json_fault(std::string_view json) {
    const auto parsed = parse_selection(json);
    return parsed ? "right" : parsed.error().message();
}

std::string filter_fault(const Selection& selection) {
    const auto filter = filter_of(selection, kNoon);
    return filter ? "right" : filter.error().message();
}

TEST(Query, NamesEveryPart) {
    const auto parsed = parse_query(
        "id=0000000000001&sender=a%40example.com&recipient=b%40example.net&domain=example.net&"
        "state=held&older-than=1h&from=0000000000002");
    ASSERT_TRUE(parsed) << parsed.error().message();
    const Selection expected{
        "0000000000001", "a@example.com", "b@example.net", "example.net", "held", "1h", false};
    EXPECT_EQ(parsed->selection, expected);
    EXPECT_EQ(parsed->from, queue::MessageId(2));
}

TEST(Query, MayBeEmpty) {
    const auto parsed = parse_query("");
    ASSERT_TRUE(parsed);
    EXPECT_TRUE(parsed->selection.is_empty());
    EXPECT_EQ(parsed->from, queue::MessageId(0));
    EXPECT_EQ(query_fault("&&"), "right");
}

TEST(Query, LeavesAPlusSignAlone) {
    const auto parsed = parse_query("sender=a+tag@example.com");
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->selection.sender, "a+tag@example.com");
}

TEST(Query, RefusesWhatItDoesNotUnderstand) {
    EXPECT_NE(query_fault("sendr=a@b.example").find("unknown parameter \"sendr\""),
              std::string::npos);
    EXPECT_NE(query_fault("all=true"), "right");
    EXPECT_NE(query_fault("sender"), "right");
    EXPECT_NE(query_fault("sender=%4"), "right");
    EXPECT_NE(query_fault("sender=%"), "right");
    EXPECT_NE(query_fault("sender=%g0"), "right");
    EXPECT_NE(query_fault("sender=a&sender=b"), "right");
    EXPECT_NE(query_fault("from=nonsense"), "right");
    EXPECT_NE(query_fault("from=0000000000001&from=0000000000002"), "right");
}

TEST(SelectionJson, NamesEveryPart) {
    const auto parsed = parse_selection(R"({"sender": "<>", "older-than": "2d", "all": true})");
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->sender, "<>");
    EXPECT_EQ(parsed->older_than, "2d");
    EXPECT_TRUE(parsed->all);
}

TEST(SelectionJson, IsAnObjectOfStrings) {
    EXPECT_EQ(json_fault("{}"), "right");
    for (const char* wrong : {"",
                              "[]",
                              "null",
                              "\"id\"",
                              "{",
                              R"({"id": 1})",
                              R"({"id": null})",
                              R"({"all": "yes"})",
                              R"({"everything": true})",
                              "{\"id\": \"\xff\"}"}) {
        EXPECT_NE(json_fault(wrong), "right") << wrong;
    }
}

TEST(SelectionJson, SurvivesDeepNesting) {
    EXPECT_NE(json_fault(std::string(60000, '[')), "right");
    EXPECT_NE(json_fault(R"({"id":)" + std::string(30000, '[') + std::string(30000, ']') + "}"),
              "right");
}

TEST(Selection, IsEmptyUntilAPartIsGiven) {
    EXPECT_TRUE(Selection{}.is_empty());
    Selection all;
    all.all = true;
    EXPECT_TRUE(all.is_empty());
    Selection held;
    held.state = "held";
    EXPECT_FALSE(held.is_empty());
}

TEST(Selection, ReadsItsOwnTexts) {
    const Selection selection{"0000000000001",
                              "a+b&c=d%@example.com",
                              "x@example.net",
                              "example.net",
                              "waiting",
                              "15m",
                              true};
    const auto query = parse_query(as_query(selection, queue::MessageId(9)));
    ASSERT_TRUE(query) << query.error().message();
    EXPECT_EQ(query->from, queue::MessageId(9));
    auto without_all = selection;
    without_all.all = false;
    EXPECT_EQ(query->selection, without_all);
    const auto json = parse_selection(as_json(selection));
    ASSERT_TRUE(json);
    EXPECT_EQ(*json, selection);
    EXPECT_EQ(as_query({}, std::nullopt), "");
    EXPECT_EQ(as_json(Selection{}), "{}");
}

TEST(Selection, BecomesAFilter) {
    const Selection selection{
        "0000000000001", "A@Example.COM", "b@EXAMPLE.net", "Example.Net.", "active", "90m", false};
    const auto filter = filter_of(selection, kNoon);
    ASSERT_TRUE(filter) << filter.error().message();
    EXPECT_EQ(filter->id, queue::MessageId(1));
    EXPECT_EQ(filter->sender, "A@example.com");
    EXPECT_EQ(filter->recipient, "b@example.net");
    EXPECT_EQ(filter->domain, "example.net");
    EXPECT_EQ(filter->state, queue::Filter::State::Active);
    EXPECT_EQ(filter->accepted_before, kNoon - 90min);
}

TEST(Selection, NamesAddressesBeyondAscii) {
    Selection selection;
    selection.sender = "j\u00fcrgen@B\u00dcCHER.example";
    selection.recipient = "\u7528\u6237@example.net";
    const auto filter = filter_of(selection, kNoon);
    ASSERT_TRUE(filter) << filter.error().message();
    EXPECT_EQ(filter->sender, "j\u00fcrgen@xn--bcher-kva.example");
    EXPECT_EQ(filter->recipient, "\u7528\u6237@example.net");
    const auto query = parse_query(as_query(selection, std::nullopt));
    ASSERT_TRUE(query) << query.error().message();
    EXPECT_EQ(query->selection, selection);
}

TEST(HoldRequest, IsASelectionWithPerhapsAReason) {
    const auto request = parse_hold(R"({"sender": "a@example.com", "reason": "wait: soon"})");
    ASSERT_TRUE(request) << request.error().message();
    EXPECT_EQ(request->selection.sender, "a@example.com");
    EXPECT_EQ(hold_reason(*request).value(), "held by a person: wait: soon");
    EXPECT_EQ(parse_hold(as_json(*request)).value(), *request);
    const auto plain = parse_hold(R"({"all": true})");
    ASSERT_TRUE(plain);
    EXPECT_TRUE(plain->selection.all);
    EXPECT_EQ(hold_reason(*plain).value(), "held by a person");
    EXPECT_FALSE(parse_hold(R"({"reason": 1})"));
    EXPECT_FALSE(parse_selection(R"({"reason": "only a hold has one"})"));
}

TEST(HoldRequest, HasAReasonThatFitsEverywhere) {
    HoldRequest request;
    request.reason = std::string(HoldRequest::kMaxReason, '~');
    EXPECT_TRUE(hold_reason(request));
    request.reason += "~";
    EXPECT_FALSE(hold_reason(request));
    for (const char* reason : {"a\nb", "\x7f", "\t", "caf\u00e9"}) {
        request.reason = reason;
        EXPECT_TRUE(hold_reason(request).error().message().starts_with("reason: ")) << reason;
    }
}

TEST(Selection, WithoutPartsIsEveryMessage) {
    const auto filter = filter_of({}, kNoon);
    ASSERT_TRUE(filter);
    EXPECT_FALSE(filter->id);
    EXPECT_EQ(filter->state, queue::Filter::State::Any);
    EXPECT_FALSE(filter->accepted_before);
}

TEST(Selection, MayMeanTheNullSenderOrALiteral) {
    Selection selection;
    selection.sender = "<>";
    selection.domain = "[192.0.2.1]";
    const auto filter = filter_of(selection, kNoon);
    ASSERT_TRUE(filter);
    EXPECT_EQ(filter->sender, "<>");
    EXPECT_EQ(filter->domain, "[192.0.2.1]");
}

TEST(Selection, NamesThePartThatIsWrong) {
    Selection selection;
    selection.id = "12";
    EXPECT_TRUE(filter_fault(selection).starts_with("id: "));
    selection = {};
    selection.sender = "nobody";
    EXPECT_TRUE(filter_fault(selection).starts_with("sender: "));
    selection = {};
    selection.recipient = "<>";
    EXPECT_TRUE(filter_fault(selection).starts_with("recipient: "));
    selection = {};
    selection.domain = "a..b";
    EXPECT_TRUE(filter_fault(selection).starts_with("domain: "));
    selection = {};
    selection.state = "sleeping";
    EXPECT_TRUE(filter_fault(selection).starts_with("state: "));
    selection = {};
    selection.older_than = "soon";
    EXPECT_TRUE(filter_fault(selection).starts_with("older-than: "));
}

}  // namespace
}  // namespace relay::status
