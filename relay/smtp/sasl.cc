#include "relay/smtp/sasl.h"

#include <algorithm>
#include <cassert>

#include "conf/base64.h"
#include "relay/smtp/ascii.h"
#include "relay/smtp/scram_keys.h"
#include "relay/smtp/scram_message.h"

namespace relay::smtp {

using Next = SaslServer::Next;

namespace {

constexpr std::size_t kLongestPassword = 1024;
constexpr std::size_t kShortestNonce = 18;

bool is_password(std::string_view text) {
    return !text.empty() && text.size() <= kLongestPassword &&
           text.find('\0') == std::string_view::npos;
}

}  // namespace

std::optional<Mechanism> mechanism_named(std::string_view name) {
    if (equal_no_case(name, "SCRAM-SHA-256")) {
        return Mechanism::ScramSha256;
    }
    if (equal_no_case(name, "PLAIN")) {
        return Mechanism::Plain;
    }
    if (equal_no_case(name, "LOGIN")) {
        return Mechanism::Login;
    }
    return std::nullopt;
}

SaslServer::SaslServer(Mechanism mechanism, Find find, std::string nonce)
    : mechanism_(mechanism), find_(std::move(find)), nonce_(std::move(nonce)) {
    assert(nonce_.size() >= kShortestNonce && nonce_.find(',') == std::string::npos);
}

SaslServer::~SaslServer() {
    wipe(password_);
}

Next SaslServer::begin(std::optional<std::string_view> initial) {
    assert(step_ == Step::Begin);
    step_ = Step::First;
    if (initial) {
        return take_first(*initial);
    }
    // RFC 4954 4: where the client speaks first, an empty challenge asks it to.
    return ask(mechanism_ == Mechanism::Login ? "Username:" : "", Step::First);
}

Next SaslServer::respond(std::string_view answer) {
    switch (step_) {
        case Step::First:
            return take_first(answer);
        case Step::LoginPassword:
            return take_login_password(answer);
        case Step::ScramFinal:
            return take_scram_final(answer);
        case Step::ScramEnd:
            // RFC 4422 4, RFC 4954 4: success comes with no octets of its own, so the client
            // answers our last message with nothing.
            return end(answer.empty() ? Next::Accepted : Next::Malformed);
        case Step::Begin:
        case Step::Password:
        case Step::End:
            break;
    }
    assert(false && "no challenge waits for an answer");
    return end(Next::Malformed);
}

Next SaslServer::checked(bool matches) {
    assert(step_ == Step::Password);
    return end(matches ? Next::Accepted : Next::Refused);
}

Next SaslServer::take_first(std::string_view message) {
    switch (mechanism_) {
        case Mechanism::ScramSha256:
            return take_scram_first(message);
        case Mechanism::Plain:
            return take_plain(message);
        case Mechanism::Login:
            break;
    }
    // draft-murchison-sasl-login 2: the user name, then the password, each on its own.
    if (!is_sasl_name(message)) {
        return end(Next::Malformed);
    }
    user_ = message;
    return ask("Password:", Step::LoginPassword);
}

Next SaslServer::take_login_password(std::string_view message) {
    return is_password(message) ? check(message) : end(Next::Malformed);
}

Next SaslServer::take_plain(std::string_view message) {
    // RFC 4616 2: message = [authzid] UTF8NUL authcid UTF8NUL passwd
    const std::size_t first = message.find('\0');
    const std::size_t second =
        first == std::string_view::npos ? first : message.find('\0', first + 1);
    if (second == std::string_view::npos) {
        return end(Next::Malformed);
    }
    const std::string_view authzid = message.substr(0, first);
    const std::string_view user = message.substr(first + 1, second - first - 1);
    const std::string_view password = message.substr(second + 1);
    if ((!authzid.empty() && !is_sasl_name(authzid)) || !is_sasl_name(user) ||
        !is_password(password)) {
        return end(Next::Malformed);
    }
    user_ = user;
    // Nobody may act for somebody else.
    if (!authzid.empty() && authzid != user) {
        return end(Next::Refused);
    }
    return check(password);
}

Next SaslServer::take_scram_first(std::string_view message) {
    auto first = ScramClientFirst::parse(message);
    if (!first) {
        return end(Next::Malformed);
    }
    user_ = std::move(first->user);
    if (!first->authzid.empty() && first->authzid != user_) {
        return end(Next::Refused);
    }
    verifier_ = find_(user_);
    gs2_header_ = first->gs2_header;
    // RFC 5802 5.1: the server's nonce follows the client's; what the client returns is both.
    nonce_.insert(0, first->nonce);
    const std::string server_first = "r=" + nonce_ + ",s=" + conf::encode_base64(verifier_.salt) +
                                     ",i=" + std::to_string(verifier_.iterations);
    // RFC 5802 3: AuthMessage := client-first-message-bare + "," + server-first-message + "," +
    // client-final-message-without-proof
    auth_message_ = std::string(first->bare) + "," + server_first + ",";
    return ask(server_first, Step::ScramFinal);
}

Next SaslServer::take_scram_final(std::string_view message) {
    const auto last = ScramClientFinal::parse(message);
    // RFC 5802 5.1: c= repeats the GS2 header, r= both nonces, else the server MUST fail.
    if (!last || last->binding != conf::encode_base64(gs2_header_) || last->nonce != nonce_) {
        return end(Next::Malformed);
    }
    auth_message_ += last->without_proof;
    if (!proves(verifier_, last->proof, auth_message_)) {
        return end(Next::Refused);
    }
    return ask("v=" + conf::encode_base64(server_signature(verifier_, auth_message_)),
               Step::ScramEnd);
}

Next SaslServer::ask(std::string challenge, Step step) {
    challenge_ = std::move(challenge);
    step_ = step;
    return Next::Challenge;
}

Next SaslServer::check(std::string_view password) {
    verifier_ = find_(user_);
    password_ = password;
    step_ = Step::Password;
    return Next::CheckPassword;
}

Next SaslServer::end(Next next) {
    wipe(password_);
    step_ = Step::End;
    return next;
}

}  // namespace relay::smtp
