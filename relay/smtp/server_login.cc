// The steps that tell who a client is: STARTTLS and AUTH.
#include <cassert>
#include <utility>

#include "conf/base64.h"
#include "relay/smtp/command.h"
#include "relay/smtp/server_answers.h"
#include "relay/smtp/server_dialog.h"

namespace relay::smtp {

using Next = ServerDialog::Next;
using Step = ServerDialog::Step;

namespace {

constexpr int kLoginFailures = 3;  // in one connection

}  // namespace

Step ServerDialog::start_tls() {
    if (!rules_.offers_tls) {
        return refuse({502, "5.5.1", "STARTTLS is not offered here"});
    }
    if (secured_) {
        return out_of_order("TLS protects this connection already");
    }
    if (mail_given_) {
        return out_of_order("a transaction is open: STARTTLS comes before MAIL");
    }
    return {Next::StartTls, Reply{220, "2.0.0", "ready to start TLS"}.wire()};
}

void ServerDialog::secured(std::string client_name) {
    // RFC 3207 4.2: the server MUST discard any knowledge obtained from the client.
    forget_transaction();
    helo_.clear();
    extended_ = false;
    secured_ = true;
    user_ = std::move(client_name);
    logged_in_ = false;
}

bool ServerDialog::may_log_in() const {
    return rules_.offers_auth && (secured_ || rules_.on_this_host);
}

std::optional<Reply> ServerDialog::objection_to_client() const {
    if (!user_.empty() || (rules_.may_relay && !rules_.requires_auth)) {
        return std::nullopt;
    }
    if (may_log_in()) {
        return Reply{530, "5.7.0", "log in first: AUTH"};
    }
    if (rules_.offers_auth && rules_.offers_tls && !secured_) {
        return Reply{530, "5.7.0", "say STARTTLS, then log in with AUTH"};
    }
    return Reply{550, "5.7.1", "relaying denied: your address is not listed as a client"};
}

Step ServerDialog::auth(const Auth& auth) {
    if (helo_.empty()) {
        return out_of_order("say EHLO first");
    }
    if (!may_log_in()) {
        // RFC 4954 6: 538 where only encryption is missing.
        return rules_.offers_auth && rules_.offers_tls
                   ? refuse({538, "5.7.11", "passwords are taken under TLS only: say STARTTLS"})
                   : refuse({502, "5.5.1", "AUTH is not offered here"});
    }
    // RFC 4954 4: no more AUTH after one that succeeded, and none during a transaction.
    if (logged_in_) {
        return out_of_order("you are logged in already");
    }
    if (mail_given_) {
        return out_of_order("a transaction is open: AUTH comes before MAIL");
    }
    const auto mechanism = mechanism_named(auth.mechanism);
    if (!mechanism) {
        return refuse({504, "5.5.4", "this mechanism is not offered"});
    }
    if (rules_.judge_login) {
        if (const auto reason = rules_.judge_login()) {
            return refuse(*reason);
        }
    }
    std::optional<std::string> initial;
    if (auth.initial) {
        // RFC 4954 4: "=" is the initial response of no octets.
        initial = *auth.initial == "=" ? std::string() : conf::decode_base64(*auth.initial);
        if (!initial) {
            return refuse({501, "5.5.2", "the initial response is not base64"});
        }
    }
    sasl_.emplace(*mechanism, rules_.find_verifier, rules_.make_nonce());
    return go_on_with(
        sasl_->begin(initial ? std::optional<std::string_view>(*initial) : std::nullopt));
}

Step ServerDialog::sasl_line(std::string_view line) {
    assert(sasl_);
    // RFC 4954 4: "*" cancels; the server answers 501.
    if (line == "*") {
        sasl_.reset();
        return refuse({501, "5.7.0", "the exchange is cancelled"});
    }
    const auto octets = conf::decode_base64(line);
    if (!octets) {
        sasl_.reset();
        return refuse({501, "5.5.2", "the response is not base64"});
    }
    return go_on_with(sasl_->respond(*octets));
}

Step ServerDialog::sasl_line_too_long() {
    sasl_.reset();
    // RFC 4954 4: 500 for a line over 12,288 octets.
    return refuse({500, "5.5.6", "the response is too long"});
}

Step ServerDialog::password_checked(bool matches) {
    assert(sasl_);
    return go_on_with(sasl_->checked(matches));
}

Step ServerDialog::go_on_with(SaslServer::Next next) {
    switch (next) {
        case SaslServer::Next::Challenge:
            return {Next::SaslLine, "334 " + conf::encode_base64(sasl_->challenge()) + "\r\n"};
        case SaslServer::Next::CheckPassword:
            return {Next::CheckPassword};
        case SaslServer::Next::Accepted:
            user_ = sasl_->user();
            logged_in_ = true;
            login_failures_ = 0;
            sasl_.reset();
            return {.reply = Reply{235, "2.7.0", "welcome"}.wire(), .logged_in = true};
        case SaslServer::Next::Refused:
            sasl_.reset();
            return login_failed();
        case SaslServer::Next::Malformed:
            sasl_.reset();
            return refuse({501, "5.5.2", "the response does not follow its mechanism"});
    }
    return {Next::Close};
}

Step ServerDialog::login_failed() {
    const Reply reply{535, "5.7.8", "the user name or the password is wrong"};
    Step step = refuse(reply);
    step.penalty = true;
    if (++login_failures_ >= kLoginFailures && step.next != Next::Close) {
        step.next = Next::Close;
        step.reply += Reply{421, "4.7.0", "too many failed logins, closing the connection"}.wire();
    }
    return step;
}

}  // namespace relay::smtp
