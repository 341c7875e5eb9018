// signet: the command line. Each command is a function of relay/cli, or relay::serve().
//
// Exit status: 0 yes or done; 1 the answer is no; 2 wrong usage; 3 could not find out. Those of
// sendmail are what its callers expect.
#include <cstdio>
#include <exception>
#include <functional>
#include <memory>
#include <signal.h>
#include <string>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

#include <CLI/CLI.hpp>

#include "conf/units.h"
#include "relay/cli/check_command.h"
#include "relay/cli/config_commands.h"
#include "relay/cli/dkim_import_command.h"
#include "relay/cli/dkim_key_commands.h"
#include "relay/cli/dkim_sign_command.h"
#include "relay/cli/dkim_status_command.h"
#include "relay/cli/dkim_verify_command.h"
#include "relay/cli/ending.h"
#include "relay/cli/hash_password.h"
#include "relay/cli/move_commands.h"
#include "relay/cli/pause_commands.h"
#include "relay/cli/queue_commands.h"
#include "relay/cli/send_command.h"
#include "relay/cli/sendmail_command.h"
#include "relay/cli/sendmail_options.h"
#include "relay/relay.h"
#include "relay/status/build.h"

namespace {

using relay::cli::Ending;

constexpr const char* kDefaultConfig = "/etc/signet/signet.toml";

/// The command that was chosen, to be run once everything is parsed.
using Command = std::function<int()>;
using ConfigPtr = std::shared_ptr<const conf::Config>;

class CommandLine {
public:
    CommandLine();
    int run(int count, char** arguments);

private:
    CLI::App* command(CLI::App& parent, const char* name, const char* help, Command run);
    /// Runs `use` with the configuration, or ends with what is wrong in it.
    Command with_config(std::function<int(const ConfigPtr&)> use);
    /// The same, but without -c a missing file means the defaults.
    Command with_config_or_defaults(std::function<int(const ConfigPtr&)> use);
    CLI::Option* add_json(CLI::App* to) { return to->add_flag("--json", json_, "print JSON"); }
    void add_selection(CLI::App* to);
    void add_config();
    void add_check();
    void add_dkim();
    void add_dkim_keys(CLI::App& dkim);
    void add_dkim_import(CLI::App& dkim);
    void add_dkim_messages(CLI::App& dkim);
    void add_queue();
    void add_queue_changes(CLI::App& queue);
    void add_queue_moves(CLI::App& queue);
    void add_pauses();
    void add_send();

    CLI::App app_{"Signet, an outbound signing SMTP relay", "signet"};
    Command chosen_;
    std::string config_file_ = kDefaultConfig;
    CLI::Option* config_option_ = nullptr;
    bool json_ = false;
    bool lines_ = false;
    std::string domain_, selector_, id_, file_;
    relay::cli::CheckOptions check_;
    relay::cli::DkimCreate create_;
    relay::cli::DkimImport import_;
    relay::status::Selection selection_;
    std::string reason_;
    std::string folder_;
    relay::cli::PauseOptions pause_;
    relay::cli::SendOptions send_;
    std::string wait_;
};

CommandLine::CommandLine() {
    app_.require_subcommand(1);
    app_.fallthrough();  // inherited: -c may stand behind the command, too
    config_option_ =
        app_.add_option("-c,--config", config_file_, "configuration file")->capture_default_str();
    app_.set_version_flag("--version", [] {
        return "signet " + std::string(relay::status::version()) + " (" +
               std::string(relay::status::build_type()) + ")\n" + relay::status::libraries();
    });
    command(app_, "serve", "run the relay in the foreground", [this] {
        return relay::serve(config_file_);
    });
    add_config();
    add_check();
    add_dkim();
    add_queue();
    add_pauses();
    add_send();
    // Listed for --help alone: main() has taken it before options are read, since -oi and -fADDRESS
    // are none that CLI11 knows.
    command(app_, "sendmail", "what programs call that send by sendmail: -t -i -f ...", [] {
        return relay::cli::end(Ending::Usage, "write sendmail as the first word");
    });
    command(app_, "hash-password", "read a password, print what goes into [[user]]", [] {
        return relay::cli::hash_password(STDIN_FILENO);
    });
}

CLI::App* CommandLine::command(CLI::App& parent, const char* name, const char* help, Command run) {
    auto* added = parent.add_subcommand(name, help);
    added->callback([this, run = std::move(run)] { chosen_ = run; });
    return added;
}

Command CommandLine::with_config(std::function<int(const ConfigPtr&)> use) {
    return [this, use = std::move(use)] {
        const ConfigPtr config = relay::cli::load_config(config_file_);
        return config ? use(config) : relay::cli::status_of(Ending::Unknown);
    };
}

Command CommandLine::with_config_or_defaults(std::function<int(const ConfigPtr&)> use) {
    return [this, use = std::move(use)] {
        struct stat found {};
        if (config_option_->count() == 0 && ::stat(config_file_.c_str(), &found) != 0) {
            return use(std::make_shared<conf::Config>());
        }
        return with_config(use)();
    };
}

void CommandLine::add_config() {
    auto* config = app_.add_subcommand("config", "look at the configuration");
    config->require_subcommand(1);
    command(*config, "check", "validate it, key files included", [this] {
        return relay::cli::config_check(config_file_);
    });
    command(*config,
            "show",
            "print what is in force, defaults included",
            with_config([](const ConfigPtr& loaded) { return relay::cli::config_show(*loaded); }));
}

void CommandLine::add_check() {
    auto* check = command(app_,
                          "check",
                          "would receivers believe us? says what to publish",
                          with_config([this](const ConfigPtr& config) {
                              check_.json = json_;
                              return relay::cli::check_command(check_, config);
                          }));
    check->add_option("DOMAIN", check_.domains, "only these domains");
    check->add_flag("--strict", check_.strict, "a warning is a no");
    add_json(check);
}

void CommandLine::add_dkim() {
    auto* dkim = app_.add_subcommand("dkim", "signing keys");
    dkim->require_subcommand(1);
    add_dkim_keys(*dkim);
    auto* status = command(
        *dkim, "status", "what each selector does", with_config([this](const ConfigPtr& config) {
            return relay::cli::dkim_status(*config, json_);
        }));
    add_json(status);
    auto* retire = command(*dkim,
                           "retire",
                           "take a selector out of service",
                           with_config([this](const ConfigPtr& config) {
                               return relay::cli::dkim_retire(*config, domain_, selector_);
                           }));
    retire->add_option("DOMAIN", domain_, "the domain")->required();
    retire->add_option("SELECTOR", selector_, "its selector")->required();
    add_dkim_import(*dkim);
    add_dkim_messages(*dkim);
}

void CommandLine::add_dkim_keys(CLI::App& dkim) {
    // A key is often made before there is a configuration.
    auto* create = command(dkim,
                           "create",
                           "make a key and print its record",
                           with_config_or_defaults([this](const ConfigPtr& config) {
                               create_.json = json_;
                               return relay::cli::dkim_create(create_, config.get());
                           }));
    create->add_option("DOMAIN", create_.domain, "the author domain")->required();
    create->add_option("--selector", create_.selector, "default: made of today's date");
    create->add_option("--type", create_.type, "rsa2048, rsa4096 or ed25519")
        ->capture_default_str();
    create->add_option("--out", create_.out, "the key file; default: what the configuration says");
    add_json(create);
    auto* record =
        command(dkim,
                "record",
                "print the records to publish",
                with_config([this](const ConfigPtr& config) {
                    using Form = relay::cli::RecordForm;
                    const auto form = json_ ? Form::Json : lines_ ? Form::Lines : Form::Zone;
                    return relay::cli::dkim_record(domain_, *config, form);
                }));
    record->add_option("DOMAIN", domain_, "the author domain")->required();
    auto* line = record->add_flag("--line", lines_, "the value on one line, to paste into a form");
    add_json(record)->excludes(line);
}

void CommandLine::add_dkim_import(CLI::App& dkim) {
    auto* tables = command(dkim, "import", "print what OpenDKIM's tables mean here", [this] {
        return relay::cli::dkim_import(import_);
    });
    tables->add_option("--key-table", import_.key_table, "OpenDKIM's KeyTable")->required();
    tables->add_option("--signing-table", import_.signing_table, "OpenDKIM's SigningTable")
        ->required();
    tables->add_option("--out", import_.out, "a new file, instead of standard output");
}

void CommandLine::add_dkim_messages(CLI::App& dkim) {
    auto* sign = command(dkim,
                         "sign",
                         "print a message signed as the relay would",
                         with_config([this](const ConfigPtr& config) {
                             return relay::cli::dkim_sign(file_, config);
                         }));
    auto* verify = command(dkim,
                           "verify",
                           "judge every signature of a message",
                           with_config_or_defaults([this](const ConfigPtr& config) {
                               return relay::cli::dkim_verify(file_, *config, json_);
                           }));
    for (CLI::App* each : {sign, verify}) {
        each->add_option("FILE", file_, "a message; - or nothing: standard input");
    }
    add_json(verify);
}

void CommandLine::add_selection(CLI::App* to) {
    to->add_option("--id", selection_.id, "queue id");
    to->add_option("--sender", selection_.sender, "envelope sender, or <>");
    to->add_option("--recipient", selection_.recipient, "a recipient that still waits");
    to->add_option("--domain", selection_.domain, "domain of a recipient that still waits");
    to->add_option("--state", selection_.state, "waiting, active or held");
    to->add_option("--older-than", selection_.older_than, "accepted so long ago: 15m, 2h, 1d");
}

void CommandLine::add_queue() {
    auto* queue = app_.add_subcommand("queue", "the queue, of a running relay or a stopped one");
    queue->require_subcommand(1);
    add_json(command(*queue,
                     "summary",
                     "how many messages, and what holds them",
                     with_config([this](const ConfigPtr& config) {
                         return relay::cli::queue_summary(*config, json_);
                     })));
    auto* list =
        command(*queue, "list", "the messages", with_config([this](const ConfigPtr& config) {
            return relay::cli::queue_list(*config, selection_, json_);
        }));
    add_selection(list);
    add_json(list);
    auto* show = command(
        *queue, "show", "one message explained", with_config([this](const ConfigPtr& config) {
            return relay::cli::queue_show(*config, id_, json_);
        }));
    show->add_option("ID", id_, "queue id")->required();
    add_json(show);
    add_queue_changes(*queue);
    add_queue_moves(*queue);
    add_json(command(*queue,
                     "check",
                     "read every message; is one damaged?",
                     with_config([this](const ConfigPtr& config) {
                         return relay::cli::queue_check(*config, json_);
                     })));
}

void CommandLine::add_queue_changes(CLI::App& queue) {
    auto* retry = command(
        queue, "retry", "try waiting messages now", with_config([this](const ConfigPtr& config) {
            return relay::cli::queue_retry(*config, selection_, json_);
        }));
    auto* remove = command(queue,
                           "delete",
                           "remove messages; nobody is told",
                           with_config([this](const ConfigPtr& config) {
                               return relay::cli::queue_delete(*config, selection_, json_);
                           }));
    auto* hold = command(queue,
                         "hold",
                         "keep messages until somebody releases them",
                         with_config([this](const ConfigPtr& config) {
                             return relay::cli::queue_hold(*config, {selection_, reason_}, json_);
                         }));
    hold->add_option("--reason", reason_, "why, for whoever looks: at most 200 characters");
    auto* release = command(
        queue, "release", "let go what somebody held", with_config([this](const ConfigPtr& config) {
            return relay::cli::queue_release(*config, selection_, json_);
        }));
    for (CLI::App* change : {retry, remove, hold, release}) {
        add_selection(change);
        change->add_flag("--all", selection_.all, "every message");
        add_json(change);
    }
}

void CommandLine::add_queue_moves(CLI::App& queue) {
    auto* out = command(queue,
                        "export",
                        "move messages into a folder, for another relay",
                        with_config([this](const ConfigPtr& config) {
                            return relay::cli::queue_export(*config, selection_, folder_, json_);
                        }));
    add_selection(out);
    out->add_flag("--all", selection_.all, "every message");
    out->add_option("--to", folder_, "the folder")->required();
    add_json(out);
    auto* in = command(queue,
                       "import",
                       "take in the messages of a folder",
                       with_config([this](const ConfigPtr& config) {
                           return relay::cli::queue_import(*config, folder_, json_);
                       }));
    in->add_option("FOLDER", folder_, "where an export put them")->required();
    add_json(in);
}

void CommandLine::add_pauses() {
    auto* pause = command(app_,
                          "pause",
                          "stop sending; mail is accepted and waits",
                          with_config([this](const ConfigPtr& config) {
                              pause_.json = json_;
                              return relay::cli::pause_command(*config, pause_);
                          }));
    auto* resume = command(
        app_, "resume", "send what was paused", with_config([this](const ConfigPtr& config) {
            pause_.json = json_;
            return relay::cli::resume_command(*config, pause_);
        }));
    for (CLI::App* each : {pause, resume}) {
        each->add_flag("--all", pause_.all, "all mail");
        each->add_option("--domain", pause_.domain, "mail to this domain");
        each->add_option(
            "--sender", pause_.sender, "mail of this envelope sender: address, domain, or <>");
        add_json(each);
    }
}

void CommandLine::add_send() {
    auto* send = command(app_,
                         "send",
                         "submit one message and follow it to its end",
                         with_config([this](const ConfigPtr& config) {
                             send_.json = json_;
                             if (!wait_.empty()) {
                                 const auto wait = conf::parse_duration(wait_);
                                 if (!wait) {
                                     return relay::cli::end(Ending::Usage,
                                                            "--wait: " + wait.error().message());
                                 }
                                 send_.wait = *wait;
                             }
                             return relay::cli::send_command(send_, *config);
                         }));
    send->add_option("--from", send_.from, "envelope sender and From:")->required();
    send->add_option("--to", send_.to, "recipient")->required();
    send->add_option("--subject", send_.subject, "Subject:")->capture_default_str();
    send->add_option("--body-file", send_.body_file, "text of the message");
    send->add_option("--wait", wait_, "follow it for so long; default 60s");
    add_json(send);
}

int CommandLine::run(int count, char** arguments) {
    try {
        app_.parse(count, arguments);
    } catch (const CLI::ParseError& error) {
        if (error.get_exit_code() == 0) {  // --help and --version come this way
            return app_.exit(error);
        }
        return relay::cli::end(Ending::Usage, std::string(error.what()) + ": see signet --help");
    }
    return chosen_();
}

}  // namespace

int main(int count, char** arguments) {
    // A relay that hangs up, or `| head`, is an error of the write, not our end.
    ::signal(SIGPIPE, SIG_IGN);
    try {
        const std::vector<std::string> words(arguments, arguments + count);
        if (const auto sendmail = relay::cli::sendmail_arguments(words)) {
            return relay::cli::sendmail_command(*sendmail, kDefaultConfig, STDIN_FILENO);
        }
        CommandLine command_line;
        return command_line.run(count, arguments);
    } catch (const std::exception& error) {
        return relay::cli::end(Ending::Unknown, error.what());
    }
}
