#include "relay/cli/sendmail_options.h"

#include <gtest/gtest.h>

namespace relay::cli {
namespace {

using Words = std::vector<std::string>;

SendmailOptions parsed(const Words& arguments) {
    auto options = parse_sendmail_options(arguments);
    EXPECT_TRUE(options) << options.error().message();
    return options ? *options : SendmailOptions();
}

std::string fault(const Words& arguments) {
    const auto options = parse_sendmail_options(arguments);
    return options ? "none" : options.error().message();
}

TEST(SendmailOptions, AreWhatCronAndPhpWrite) {
    const auto cron = parsed({"-i", "-FCronDaemon", "-B8BITMIME", "-oem", "root"});
    EXPECT_EQ(cron.lone_dot, SendmailInput::LoneDot::IsText);
    EXPECT_EQ(cron.full_name, "CronDaemon");
    EXPECT_EQ(cron.header_recipients, HeaderRecipients::Ignored);
    EXPECT_EQ(cron.recipients, Words{"root"});
    const auto php = parsed({"-t", "-i", "-fapp@example.com"});
    EXPECT_EQ(php.header_recipients, HeaderRecipients::Taken);
    EXPECT_EQ(php.sender, "app@example.com");
    EXPECT_TRUE(php.recipients.empty());
}

TEST(SendmailOptions, HaveDefaults) {
    const auto none = parsed({});
    EXPECT_EQ(none.lone_dot, SendmailInput::LoneDot::Ends);
    EXPECT_FALSE(none.sender || none.verbose || none.help);
    EXPECT_TRUE(none.notify.is_unset());
    EXPECT_EQ(none.ret, ::queue::ReturnedPart::Unset);
}

TEST(SendmailOptions, TakeTheSenderInEveryForm) {
    for (const Words& words : {Words{"-fa@example.com"},
                               Words{"-f", "a@example.com"},
                               Words{"-r", "a@example.com"},
                               Words{"-ra@example.com"},
                               Words{"-tifa@example.com"},
                               Words{"x", "-f", "a@example.com"}}) {
        EXPECT_EQ(parsed(words).sender, "a@example.com");
    }
    EXPECT_EQ(parsed({"-f<>"}).sender, "<>");
    EXPECT_EQ(parsed({"-f", ""}).sender, "");
    EXPECT_EQ(parsed({"-f", "a", "-r", "b"}).sender, "b");
}

TEST(SendmailOptions, KnowEveryWayToKeepALoneDot) {
    for (const Words& words : {Words{"-i"},
                               Words{"-oi"},
                               Words{"-o", "i"},
                               Words{"-ti"},
                               Words{"-OIgnoreDots"},
                               Words{"-O", "ignoredots=True"}}) {
        EXPECT_EQ(parsed(words).lone_dot, SendmailInput::LoneDot::IsText);
    }
    for (const Words& words : {Words{"-oem"}, Words{"-o", "di"}, Words{"-OIgnoreDots=False"}}) {
        EXPECT_EQ(parsed(words).lone_dot, SendmailInput::LoneDot::Ends);
    }
}

TEST(SendmailOptions, TakeWhatOtherSendmailsKnow) {
    const auto options =
        parsed({"-bm", "-oem",  "-oeq",       "-om", "-odi", "-O",    "DeliveryMode=i",
                "-B",  "7bit",  "-B8bitmime", "-G",  "-n",   "-m",    "-U",
                "-h",  "3",     "-L",         "tag", "-p",   "ESMTP", "-Am",
                "-eq", "-d8.1", "-d",         "-X",  "log",  "-v",    "user@example.net"});
    EXPECT_TRUE(options.verbose);
    EXPECT_EQ(options.recipients, Words{"user@example.net"});
}

TEST(SendmailOptions, EndAtTwoDashes) {
    EXPECT_EQ(parsed({"-i", "--", "-t", "--help"}).recipients, (Words{"-t", "--help"}));
    EXPECT_EQ(parsed({"-t", "--"}).header_recipients, HeaderRecipients::Taken);
}

TEST(SendmailOptions, SayWhatReportsAreWanted) {
    EXPECT_TRUE(parsed({"-N", "never"}).notify.never);
    const auto some = parsed({"-Nfailure,DELAY", "-R", "hdrs", "-V", "QQ+2B1"});
    EXPECT_TRUE(some.notify.failure && some.notify.delay && !some.notify.success);
    EXPECT_EQ(some.ret, ::queue::ReturnedPart::Headers);
    EXPECT_EQ(some.envelope_id, "QQ+2B1");
    EXPECT_EQ(parsed({"-RFULL"}).ret, ::queue::ReturnedPart::Full);
    for (const char* wrong : {"", "x", "never,success", "success,success", "never ORCPT=x"}) {
        EXPECT_TRUE(fault({"-N", wrong}).starts_with("-N ")) << wrong;
    }
    EXPECT_TRUE(fault({"-R", "part"}).starts_with("-R part: "));
    for (const std::string& wrong :
         {std::string(), std::string("a b"), std::string("a=b"), std::string(101, 'x')}) {
        EXPECT_TRUE(fault({"-V", wrong}).starts_with("-V: ")) << wrong;
    }
}

TEST(SendmailOptions, NameTheConfiguration) {
    for (const Words& words : {Words{"-C", "f"},
                               Words{"-Cf"},
                               Words{"-c", "f"},
                               Words{"-cf"},
                               Words{"--config", "f"},
                               Words{"--config=f"}}) {
        EXPECT_EQ(parsed(words).config_file, "f");
    }
}

TEST(SendmailOptions, RefuseWhatIsNotDoneHere) {
    for (const char* option :
         {"-bs", "-bp", "-bd", "-bi", "-bv", "-bt", "-b", "-q", "-q30m", "-I"}) {
        const auto said = fault({option});
        EXPECT_TRUE(said.starts_with(std::string(option).substr(0, 2))) << said;
        EXPECT_NE(said.find(": "), std::string::npos) << said;
    }
}

TEST(SendmailOptions, RefuseWhatTheyDoNotKnow) {
    EXPECT_TRUE(fault({"-z"}).starts_with("-z is no option"));
    EXPECT_TRUE(fault({"-tz"}).starts_with("-z is no option"));
    EXPECT_TRUE(fault({"--from"}).starts_with("--from is no option"));
    EXPECT_TRUE(fault({"-f"}).starts_with("-f: it needs a value"));
    EXPECT_TRUE(fault({"--config"}).starts_with("--config: it needs a value"));
    EXPECT_TRUE(fault({"-B", "BINARYMIME"}).starts_with("-B BINARYMIME: "));
    EXPECT_TRUE(fault({"-F", "a\nBcc: x@example.net"}).starts_with("-F: "));
}

TEST(SendmailOptions, HelpIsAskedFor) {
    EXPECT_TRUE(parsed({"--help"}).help);
    EXPECT_NE(sendmail_help().find("-t "), std::string::npos);
}

TEST(SendmailArguments, AreThoseOfTheProgram) {
    EXPECT_EQ(sendmail_arguments(Words{"sendmail", "-t"}), Words{"-t"});
    EXPECT_EQ(sendmail_arguments(Words{"/usr/sbin/sendmail"}), Words{});
    EXPECT_EQ(sendmail_arguments(Words{"signet", "sendmail", "-oi", "-c", "x"}),
              (Words{"-oi", "-c", "x"}));
    EXPECT_EQ(sendmail_arguments(Words{"signet", "-c", "x", "sendmail", "-t"}),
              (Words{"-c", "x", "-t"}));
    EXPECT_EQ(sendmail_arguments(Words{"signet", "--config=x", "sendmail"}), Words{"--config=x"});
    EXPECT_EQ(sendmail_arguments(Words{"signet", "-cx", "sendmail"}), Words{"-cx"});
}

TEST(SendmailArguments, AreNoneOfAnotherCommand) {
    for (const Words& words : {Words{},
                               Words{"signet"},
                               Words{"signet", "serve"},
                               Words{"signet", "-c"},
                               Words{"signet", "-c", "sendmail"},
                               Words{"signet", "--version", "sendmail"},
                               Words{"signet", "queue", "sendmail"},
                               Words{"/opt/sendmail/signet", "serve"}}) {
        EXPECT_FALSE(sendmail_arguments(words));
    }
}

}  // namespace
}  // namespace relay::cli
