#include "relay/status/moves_json.h"

#include <gtest/gtest.h>

namespace relay::status {
namespace {

TEST(MovesJson, ReadsWhatIsToBeExported) {
    const auto request = parse_export(R"({"folder": "/srv/mail", "domain": "example.net"})");
    ASSERT_TRUE(request);
    EXPECT_EQ(request->folder, "/srv/mail");
    EXPECT_EQ(request->selection.domain, "example.net");
    EXPECT_TRUE(parse_export(R"({"all": true, "folder": "/srv/mail"})")->selection.all);
    EXPECT_EQ(parse_export(as_json(*request)).value(), *request);
}

TEST(MovesJson, RefusesWhatIsNoExport) {
    for (const char* body : {"",
                             "[]",
                             "{}",
                             R"({"all": true})",
                             R"({"folder": 5})",
                             R"({"folder": "/srv", "everything": true})",
                             R"({"folder": "/srv", "reason": "x"})",
                             R"({"folder": "/srv", "all": 1})"}) {
        EXPECT_FALSE(parse_export(body)) << body;
    }
}

TEST(MovesJson, ReadsWhatIsToBeImported) {
    EXPECT_EQ(parse_import(R"({"folder": "/srv/mail"})").value(), "/srv/mail");
    EXPECT_EQ(parse_import(import_request("/srv/\"mail\"")).value(), "/srv/\"mail\"");
    EXPECT_FALSE(parse_import(R"({"folder": "/srv/mail", "all": true})"));
    EXPECT_FALSE(parse_import("\"/srv/mail\""));
}

TEST(MovesJson, TellsWhatCameOfIt) {
    EXPECT_EQ(as_json(Exported{60, 1, ""}).dump(), R"({"exported":60,"left":1})");
    EXPECT_EQ(as_json(Imported{59, 1, {{"x.mail", "damaged"}}, ""}).dump(),
              R"({"imported":59,"known":1,"refused":[{"file":"x.mail","error":"damaged"}]})");
    const auto exported = parse_exported(as_json(Exported{3, 2, "full"}).dump());
    ASSERT_TRUE(exported);
    EXPECT_EQ(exported->exported, 3U);
    EXPECT_EQ(exported->left, 2U);
    EXPECT_EQ(exported->error, "full");
    const auto imported = parse_imported(as_json(Imported{3, 2, {{"a", "b"}}, "full"}).dump());
    ASSERT_TRUE(imported);
    EXPECT_EQ(imported->imported, 3U);
    EXPECT_EQ(imported->known, 2U);
    ASSERT_EQ(imported->refused.size(), 1U);
    EXPECT_EQ(imported->refused[0].file, "a");
    EXPECT_EQ(imported->refused[0].error, "b");
    EXPECT_EQ(imported->error, "full");
}

TEST(MovesJson, KnowsAnAnswerThatIsNone) {
    EXPECT_FALSE(parse_exported(R"({"error": "no such folder"})"));
    EXPECT_FALSE(parse_exported(R"({"exported": -1, "left": 0})"));
    EXPECT_FALSE(parse_imported(R"({"imported": 1, "known": 0})"));
    EXPECT_FALSE(parse_imported(R"({"imported": 1, "known": 0, "refused": [5]})"));
    EXPECT_FALSE(parse_imported("x"));
}

}  // namespace
}  // namespace relay::status
