#include "relay/cli/dkim_import_command.h"

#include <filesystem>
#include <iterator>
#include <variant>

#include "conf/parse.h"
#include "tests/dkim/test_keys.h"
#include "tests/relay/cli/dkim_stage.h"

namespace relay::cli {
namespace {

bool says(const std::string& text, const std::string& words) {
    return text.find(words) != std::string::npos;
}

class DkimImportCommand : public DkimStage {
protected:
    DkimImportCommand()
        : rsa_(write("rsa.pem", test::rsa_key().pem())),
          other_(write("other.pem", test::other_rsa_key().pem())) {}

    /// Both tables as files; `type` stands before the signing table.
    Printed import(const std::string& keys,
                   const std::string& signings,
                   const std::string& type = "") {
        const DkimImport options{
            write("KeyTable", keys), type + write("SigningTable", signings), out_};
        return run([&] { return dkim_import(options); });
    }
    /// What a relay reads of it, in a file with all else that one needs.
    static conf::Config configured(const std::string& tables) {
        const auto loaded = conf::parse(
            "hostname = \"mail.example.com\"\n"
            "postmaster = \"postmaster@example.com\"\n" +
                tables,
            "/etc/signet/signet.toml");
        if (const auto* problems = std::get_if<std::vector<conf::Problem>>(&loaded)) {
            ADD_FAILURE() << problems->at(0).message() << "\n" << tables;
            return {};
        }
        return *std::get<std::shared_ptr<const conf::Config>>(loaded);
    }
    /// The lines of stderr without the folder.
    [[nodiscard]] std::string remarks(const Printed& printed) const {
        std::string text;
        for (std::size_t at = 0; at < printed.error.size();) {
            if (printed.error.compare(at, folder_.path().size() + 1, folder_.path() + "/") == 0) {
                at += folder_.path().size() + 1;
            } else {
                text += printed.error[at++];
            }
        }
        return text;
    }

    std::string out_;
    const std::string rsa_;
    const std::string other_;
};

TEST_F(DkimImportCommand, WritesWhatARelayReads) {
    const auto printed = import(
        "# keys\n"
        "one example.com:2020:" +
            rsa_ + "\ntwo example.com:E:" + folder_.file("e.pem") +
            "\nnet example.net:mail:" + other_ + "\n",
        "example.com one\nexample.com two\nexample.net net\n");
    EXPECT_EQ(printed.error, "");
    ASSERT_EQ(printed.status, 0);
    const auto config = configured(printed.out);
    ASSERT_EQ(config.domains.size(), 2U);
    EXPECT_EQ(config.domains[0].name.text(), "example.com");
    EXPECT_FALSE(config.domains[0].subdomains);
    ASSERT_EQ(config.domains[0].selectors.size(), 2U);
    EXPECT_EQ(config.domains[0].selectors[0].name, "2020");
    EXPECT_EQ(config.domains[0].selectors[0].key, rsa_);
    EXPECT_EQ(config.domains[0].selectors[1].name, "e");
    EXPECT_EQ(config.domains[1].name.text(), "example.net");
    EXPECT_EQ(config.domains[1].selectors.at(0).key, other_);
    EXPECT_TRUE(says(printed.out, "# Of these selectors the last one of each type of key signs."));
    EXPECT_TRUE(says(printed.out, "MultipleSignatures"));
}

TEST_F(DkimImportCommand, KeepsOddPathsAsTheyAre) {
    const auto odd = write("${HOME} \"\\ \xc3\xbc.pem", test::rsa_key().pem());
    const auto printed = import("k example.com:s:" + odd, "*@example.com k");
    ASSERT_EQ(printed.status, 0) << printed.error;
    EXPECT_EQ(configured(printed.out).domains.at(0).selectors.at(0).key, odd);
}

TEST_F(DkimImportCommand, TakesPatternsBelowADomainForSubdomains) {
    for (const auto* both :
         {"example.com k\n.example.com k\n", "*@*.example.com k\n*@example.com k\n"}) {
        const auto printed = import("k example.com:s:" + rsa_, both);
        EXPECT_EQ(printed.status, 0) << printed.error;
        const auto config = configured(printed.out);
        ASSERT_EQ(config.domains.size(), 1U) << both;
        EXPECT_TRUE(config.domains[0].subdomains);
        EXPECT_EQ(config.domains[0].selectors.size(), 1U);
        EXPECT_FALSE(says(printed.out, "this signs for example.com itself"));
    }
    const auto below = import("k example.com:s:" + rsa_, ".example.com k\n");
    EXPECT_EQ(below.status, 0) << below.error;
    EXPECT_TRUE(configured(below.out).domains.at(0).subdomains);
    EXPECT_TRUE(says(below.out,
                     "# OpenDKIM signed for the names below this domain alone; this "
                     "signs for example.com itself, too.\n"));
}

TEST_F(DkimImportCommand, PutsTheAuthorsDomainForThePercentSign) {
    std::filesystem::create_directory(folder_.file("example.com"));
    const auto own = write("example.com/s.pem", test::rsa_key().pem());
    const auto printed = import("all %:s:" + folder_.file("%/s.pem"), "*@example.com all\n");
    EXPECT_EQ(printed.status, 0) << printed.error;
    EXPECT_EQ(configured(printed.out).domains.at(0).selectors.at(0).key, own);
    for (const auto* wide : {"*@*.example.com all\n", "* all\n"}) {
        const auto refused = import("all %:s:" + rsa_, wide, "refile:");
        EXPECT_EQ(refused.status, 1);
        EXPECT_TRUE(says(remarks(refused), "SigningTable:1: ")) << refused.error;
        EXPECT_TRUE(says(refused.error, "in the name of each domain"));
    }
}

TEST_F(DkimImportCommand, FindsKeysThatHaveTheirDomainsName) {
    const auto keys = "example.com example.com:s:" + rsa_ +
                      "\na.example.com a.example.com:s:" + rsa_ +
                      "\nexample.net example.net:s:" + rsa_ + "\n";
    EXPECT_EQ(configured(import(keys, "* %\n").out).domains.size(), 3U);
    const auto below = import(keys, "example.com %\n.example.com %\n");
    EXPECT_EQ(below.status, 0) << below.error;
    const auto config = configured(below.out);
    ASSERT_EQ(config.domains.size(), 2U);
    EXPECT_EQ(config.domains[1].name.text(), "a.example.com");
    EXPECT_FALSE(config.domains[1].subdomains);
    EXPECT_TRUE(says(remarks(below), "KeyTable:3: the key \"example.net\" is left out"));
    const auto none = import(keys, "example.org %\n");
    EXPECT_EQ(none.status, 1);
    EXPECT_TRUE(says(none.error, "no key has the name of a domain"));
}

TEST_F(DkimImportCommand, ReportsKeysForOneUserAndForOtherDomains) {
    const auto printed = import("k example.com:s:" + rsa_,
                                "user@example.com k\nexample.net k\nmail.example.com k\n");
    EXPECT_EQ(printed.status, 1);
    EXPECT_EQ(printed.out.find("\n[[domain]]"), std::string::npos);
    const auto lines = remarks(printed);
    EXPECT_EQ(lines.find("SigningTable:1: \"user@example.com\" is for some users alone: "), 0U);
    EXPECT_TRUE(says(lines,
                     "\nSigningTable:2: mail of example.net was signed in the name of "
                     "example.com, which DMARC does not count: "));
    EXPECT_TRUE(says(lines,
                     "\nSigningTable:3: mail of mail.example.com was signed in the name of "
                     "example.com: write subdomains = true "));
    EXPECT_TRUE(says(lines, "\nsignet: not all was taken over: "));
}

TEST_F(DkimImportCommand, TakesOverTheKeysOwnDomainOfAPatternForEveryone) {
    const auto printed = import("k example.com:s:" + rsa_, "* k\n");
    EXPECT_EQ(printed.status, 1);
    EXPECT_TRUE(says(printed.error, "taken over for example.com alone"));
    EXPECT_EQ(configured(printed.out).domains.at(0).name.text(), "example.com");
}

TEST_F(DkimImportCommand, WritesUnusableKeysAsComments) {
    const auto small = write("small.pem", test::foreign_pem("RSA", 1024));
    const auto text = write("text.pem", "no key\n");
    const auto open = write("open.pem", test::rsa_key().pem());
    ::chmod(open.c_str(), 0644);
    const auto printed = import(
        "a example.com:a:" + small + "\nb example.com:b:" + text +
            "\nc example.com:c:" + folder_.file("missing.pem") + "\nd example.com:d:" + open +
            "\ne example.com:e:./e.pem\nf example.com:f:U0VDUkVU\ng example.com:g:" + rsa_ +
            "\nh example.net:h:" + small + "\n",
        "example.com a\nexample.com b\nexample.com c\nexample.com d\nexample.com e\n"
        "example.com f\nexample.com g\nexample.net h\n");
    EXPECT_EQ(printed.status, 1);
    const auto lines = remarks(printed);
    EXPECT_EQ(lines.find("KeyTable:1: selector a of example.com: key is too small: "), 0U);
    EXPECT_TRUE(says(lines, "\nKeyTable:2: selector b of example.com: key file holds no usable"));
    EXPECT_TRUE(says(lines, "\nKeyTable:3: selector c of example.com: key file cannot be read: "));
    EXPECT_TRUE(says(lines, "\nKeyTable:4: selector d of example.com: key file is not safe: "));
    EXPECT_TRUE(says(lines, "\nKeyTable:5: selector e of example.com: ./e.pem: begins where"));
    EXPECT_TRUE(says(lines, "\nKeyTable:6: selector f of example.com: the table holds the key"));
    EXPECT_TRUE(says(lines, "\nKeyTable:8: selector h of example.net: key is too small: "));
    EXPECT_FALSE(says(printed.out + printed.error, "U0VDUkVU"));
    EXPECT_TRUE(says(printed.out, "  # Not usable: key is too small: "));
    EXPECT_TRUE(says(printed.out,
                     "  # [[domain.selector]]\n  # name = \"a\"\n  # key = \"" + small + "\"\n"));
    const auto config = configured(printed.out);
    ASSERT_EQ(config.domains.size(), 1U);
    ASSERT_EQ(config.domains[0].selectors.size(), 1U);
    EXPECT_EQ(config.domains[0].selectors[0].name, "g");
    EXPECT_TRUE(says(printed.out, "# No mail of example.net can be signed before"));
    EXPECT_TRUE(says(printed.out, "\n# [[domain]]\n# name = \"example.net\"\n"));
    EXPECT_FALSE(says(printed.out, "Of these selectors"));
}

TEST_F(DkimImportCommand, RemarksLinesThatStandTwiceOrNameNothing) {
    const auto printed = import("k example.com:s:" + rsa_ + "\nk example.com:s:" + rsa_ +
                                    "\nunused example.net:s:" + rsa_ + "\n",
                                "example.com k\nExample.com k\n");
    EXPECT_EQ(printed.status, 0) << "nothing is lost: " << printed.error;
    EXPECT_EQ(
        remarks(printed),
        "KeyTable:2: the key \"k\" stands in line 1 already, and that one counts: remove one "
        "of them\n"
        "KeyTable:3: the key \"unused\" is left out: no line of the signing table that can be "
        "followed names it\n"
        "SigningTable:2: the same as a line above: remove one of them\n");
    const auto lost = import("k example.com:s:" + rsa_ + "\nk example.com:t:" + rsa_ +
                                 "\nl example.com:s:" + other_ + "\n",
                             "example.com k\nexample.com nothing\nexample.com l\n");
    EXPECT_EQ(lost.status, 1);
    EXPECT_TRUE(says(lost.error, ":2: the key \"k\" stands in line 1 already"));
    EXPECT_TRUE(says(lost.error, ":2: there is no usable key \"nothing\" in the key table"));
    EXPECT_TRUE(says(lost.error, ":3: the selector s of example.com has another key in line 1"));
    EXPECT_EQ(configured(lost.out).domains.at(0).selectors.size(), 1U);
}

TEST_F(DkimImportCommand, RemarksASignerThatIsNotTheDefault) {
    const auto keys = "k example.com:s:" + rsa_;
    EXPECT_EQ(import(keys, "example.com k:@example.com\n").status, 0);
    EXPECT_EQ(import(keys, "example.com k:@%\n").status, 0);
    const auto printed = import(keys, "example.com k:user@example.com\n");
    EXPECT_EQ(printed.status, 1);
    EXPECT_TRUE(says(printed.error, "the signer \"user@example.com\" is left out"));
    EXPECT_EQ(configured(printed.out).domains.size(), 1U);
}

TEST_F(DkimImportCommand, WritesNoDomainThatARelayWouldRefuse) {
    const std::string label(63, 'a');
    const auto longest = label + "." + label + "." + label + "." + std::string(57, 'a') + ".com";
    const auto printed = import(
        "a localhost:s:" + rsa_ + "\nb my_host.example:s:" + rsa_ + "\nc 192.0.2.1:s:" + rsa_ +
            "\nd " + longest + ":selector:" + rsa_ + "\nok example.com:s:" + rsa_ + "\n",
        "localhost a\nmy_host.example b\n192.0.2.1 c\n" + longest + " d\nexample.com ok\n");
    EXPECT_EQ(printed.status, 1);
    EXPECT_EQ(configured(printed.out).domains.size(), 1U);
    EXPECT_TRUE(says(printed.error, "KeyTable:1: selector s of localhost: "));
    EXPECT_TRUE(says(printed.error, "KeyTable:2: selector s of my_host.example: "));
    EXPECT_TRUE(says(printed.error, "KeyTable:3: selector s of 192.0.2.1: "));
    EXPECT_TRUE(says(printed.error, "KeyTable:4: selector selector of aaa"));
}

TEST_F(DkimImportCommand, BelievesTheTypeOfATable) {
    const auto keys = "k example.com:s:" + rsa_;
    EXPECT_EQ(import(keys, "*@example.com k\n", "refile:").status, 0);
    EXPECT_EQ(import(keys, "example.com k\n", "FILE:").status, 0);
    EXPECT_TRUE(says(import(keys, "*@example.com k\n", "file:").error, "in a file: table"));
    EXPECT_TRUE(says(import(keys, "example.com k\n", "refile:").error, "in a refile: table"));
    const auto database = import(keys, "example.com k\n", "db:");
    EXPECT_EQ(database.status, 3);
    EXPECT_TRUE(says(database.error, "a data set of type db"));
    EXPECT_EQ(database.out, "");
}

TEST_F(DkimImportCommand, TakesListsFromTheOptionItself) {
    const auto printed = run([&] {
        return dkim_import({"csl:k=example.com:s:" + rsa_ + ",l=example.net:s:" + rsa_,
                            "csl:example.com=k,example.net=x",
                            ""});
    });
    EXPECT_EQ(printed.status, 1);
    EXPECT_EQ(configured(printed.out).domains.size(), 1U);
    EXPECT_TRUE(says(printed.error, "--signing-table:2: there is no usable key \"x\""));
}

TEST_F(DkimImportCommand, SaysWhatItCannotRead) {
    const auto table = write("table", "");
    const auto status = [&](const std::string& keys, const std::string& signings) {
        return run([&] { return dkim_import({keys, signings, ""}); });
    };
    EXPECT_EQ(status(folder_.file("missing"), table).status, 3);
    EXPECT_EQ(status(table, folder_.file("missing")).status, 3);
    EXPECT_EQ(status(folder_.path(), table).status, 3);
    EXPECT_EQ(status("", table).status, 3);
    const auto large = write("large", "");
    std::filesystem::resize_file(large, 16 * 1024 * 1024);
    EXPECT_NE(status(large, table).status, 3);
    std::filesystem::resize_file(large, 16 * 1024 * 1024 + 1);
    const auto refused = status(large, table);
    EXPECT_EQ(refused.status, 3);
    EXPECT_EQ(refused.error,
              "signet: " + large + ": larger than 16 MiB: name a table of OpenDKIM\n");
    const auto empty = status(table, table);
    EXPECT_EQ(empty.status, 1);
    EXPECT_TRUE(says(empty.error, "signs for no domain"));
}

TEST_F(DkimImportCommand, WritesANewFileAndNeverReplacesOne) {
    const auto keys = "k example.com:s:" + rsa_;
    out_ = folder_.file("domains.toml");
    const auto printed = import(keys, "example.com k\n");
    EXPECT_EQ(printed.status, 0) << printed.error;
    EXPECT_EQ(printed.out, "");
    const auto read = [&] {
        std::ifstream file(out_, std::ios::binary);
        return std::string(std::istreambuf_iterator<char>(file), {});
    };
    const auto page = read();
    EXPECT_EQ(configured(page).domains.size(), 1U);
    const auto again = import(keys, "example.com k\n");
    EXPECT_EQ(again.status, 1);
    EXPECT_TRUE(says(again.error, "exists already"));
    EXPECT_EQ(read(), page);
    out_ = folder_.file("no/domains.toml");
    EXPECT_EQ(import(keys, "example.com k\n").status, 3);
}

}  // namespace
}  // namespace relay::cli
