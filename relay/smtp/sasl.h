// SaslServer: the server's side of one AUTH exchange, without I/O.
//
// One stored verifier serves all three mechanisms. SCRAM needs no costly step; for PLAIN and LOGIN
// the password must be stretched, which takes milliseconds: the caller does that off the loops
// (password_matches) and says how it ended.
//
// Standards: RFC 4422, RFC 4616 (PLAIN), RFC 5802 and RFC 7677 (SCRAM-SHA-256, no channel
//   binding), draft-murchison-sasl-login (LOGIN).
//   A user name is 1 to 255 octets, a password 1 to 1024, taken as they are: no SASLprep (RFC 4013,
//   RFC 7613). Who logs in acts for himself: an authorization identity is empty or the user name.
// Threads: one owner; password_matches() and make_verifier() have no state.
// Errors: Malformed is a client that breaks the mechanism's grammar; Refused is wrong credentials.
//   An unknown user looks like a wrong password, octet for octet and step for step.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "conf/scram_verifier.h"

namespace relay::smtp {

enum class Mechanism { ScramSha256, Plain, Login };

/// By its name, without regard to case, or nothing.
std::optional<Mechanism> mechanism_named(std::string_view name);

class SaslServer {
public:
    /// The verifier of a user; for a name that nobody has, one that no password fits and that is
    /// the same each time the name is asked for.
    using Find = std::function<conf::ScramVerifier(std::string_view user)>;
    enum class Next {
        Challenge,      // send challenge(), then respond() with the answer
        CheckPassword,  // stretch password() against verifier(), then checked()
        Accepted,       // user() is who it is
        Refused,
        Malformed,
    };

    /// `nonce`: printable ASCII without a comma, fresh and unpredictable, 18 octets or more.
    SaslServer(Mechanism mechanism, Find find, std::string nonce);
    ~SaslServer();  // wipes the password
    SaslServer(const SaslServer&) = delete;
    SaslServer& operator=(const SaslServer&) = delete;

    /// With the initial response, decoded, or nothing where the client sent none.
    Next begin(std::optional<std::string_view> initial);
    /// The client's answer to the challenge, decoded.
    Next respond(std::string_view answer);
    /// After CheckPassword.
    Next checked(bool matches);

    [[nodiscard]] const std::string& challenge() const { return challenge_; }  // not yet in base64
    [[nodiscard]] const std::string& user() const { return user_; }
    [[nodiscard]] const std::string& password() const { return password_; }
    [[nodiscard]] const conf::ScramVerifier& verifier() const { return verifier_; }

private:
    /// What the next call brings.
    enum class Step { Begin, First, LoginPassword, ScramFinal, ScramEnd, Password, End };

    Next take_first(std::string_view message);
    Next take_login_password(std::string_view message);
    Next take_plain(std::string_view message);
    Next take_scram_first(std::string_view message);
    Next take_scram_final(std::string_view message);
    Next ask(std::string challenge, Step step);
    Next check(std::string_view password);
    Next end(Next next);

    Step step_ = Step::Begin;
    Mechanism mechanism_;
    Find find_;
    std::string nonce_;
    std::string gs2_header_;
    std::string auth_message_;  // as far as it is known
    std::string challenge_;
    std::string user_;
    std::string password_;
    conf::ScramVerifier verifier_;
};

/// Constant in time whatever does not match. Costs `iterations` turns of HMAC-SHA-256: not on a
/// loop.
bool password_matches(const conf::ScramVerifier& verifier, std::string_view password);
/// For a new password. `salt` is random.
conf::ScramVerifier make_verifier(std::string_view password, std::string salt, int iterations);

}  // namespace relay::smtp
