#include "relay/smtp/sasl.h"

#include <array>

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "conf/base64.h"
#include "relay/smtp/scram_keys.h"

namespace relay::smtp {
namespace {

using Next = SaslServer::Next;
using namespace std::string_view_literals;

// RFC 7677 3: user "user", password "pencil".
constexpr std::string_view kPencil =
    "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:"
    "wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=";
constexpr std::string_view kNonce = "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
constexpr std::string_view kClientFirst = "n,,n=user,r=rOprNGfwEbeRWgbNEkqO";
constexpr std::string_view kServerFirst =
    "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";
constexpr std::string_view kClientFinal =
    "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
    "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=";

conf::ScramVerifier pencil() {
    return conf::ScramVerifier::parse(kPencil).value();
}

/// Of "user" and of "a,b=c" the verifier above; of everybody else one that fits no password.
conf::ScramVerifier find(std::string_view user) {
    if (user == "user" || user == "a,b=c") {
        return pencil();
    }
    return {4096, std::string(16, 's'), std::string(32, 'x'), std::string(32, 'y')};
}

class Exchange {
public:
    explicit Exchange(Mechanism mechanism) : server(mechanism, find, std::string(kNonce)) {}

    SaslServer server;
};

/// Where a first message leads.
Next first(Mechanism mechanism, std::string_view message) {
    return Exchange(mechanism).server.begin(message);
}

/// Where a last message leads, behind the first one of the RFC.
Next last(std::string_view message) {
    Exchange exchange(Mechanism::ScramSha256);
    EXPECT_EQ(exchange.server.begin(kClientFirst), Next::Challenge);
    return exchange.server.respond(message);
}

std::string hmac(std::string_view key, std::string_view text) {
    std::array<unsigned char, 32> digest{};
    HMAC(EVP_sha256(),
         key.data(),
         static_cast<int>(key.size()),
         reinterpret_cast<const unsigned char*>(text.data()),
         text.size(),
         digest.data(),
         nullptr);
    return {digest.begin(), digest.end()};
}

/// The last message of a client that knows `password`.
std::string answer_to(const std::string& bare,
                      const std::string& server_first,
                      const std::string& header,
                      std::string_view password,
                      const std::string& extensions = "") {
    const std::size_t salt_at = server_first.find(",s=") + 3;
    const std::size_t count_at = server_first.find(",i=") + 3;
    const std::string salt =
        conf::decode_base64(server_first.substr(salt_at, count_at - 3 - salt_at)).value();
    std::string salted(32, '\0');
    PKCS5_PBKDF2_HMAC(password.data(),
                      static_cast<int>(password.size()),
                      reinterpret_cast<const unsigned char*>(salt.data()),
                      static_cast<int>(salt.size()),
                      std::stoi(server_first.substr(count_at)),
                      EVP_sha256(),
                      static_cast<int>(salted.size()),
                      reinterpret_cast<unsigned char*>(salted.data()));
    const std::string without_proof =
        "c=" + conf::encode_base64(header) + "," + server_first.substr(0, salt_at - 3) + extensions;
    const std::string message = bare + "," + server_first + "," + without_proof;
    const conf::ScramVerifier own =
        make_verifier(password, salt, std::stoi(server_first.substr(count_at)));
    std::string proof = hmac(salted, "Client Key");
    const std::string signature = hmac(own.stored_key, message);
    for (std::size_t i = 0; i < proof.size(); ++i) {
        proof[i] = static_cast<char>(proof[i] ^ signature[i]);
    }
    return without_proof + ",p=" + conf::encode_base64(proof);
}

TEST(MechanismNamed, KnowsThreeWithoutRegardToCase) {
    EXPECT_EQ(mechanism_named("SCRAM-SHA-256"), Mechanism::ScramSha256);
    EXPECT_EQ(mechanism_named("plain"), Mechanism::Plain);
    EXPECT_EQ(mechanism_named("Login"), Mechanism::Login);
    for (const auto* name : {"", "SCRAM-SHA-1", "SCRAM-SHA-256-PLUS", "PLAIN ", "CRAM-MD5"}) {
        EXPECT_EQ(mechanism_named(name), std::nullopt) << name;
    }
}

TEST(Scram, SaysWhatTheRfcSays) {
    Exchange exchange(Mechanism::ScramSha256);
    EXPECT_EQ(exchange.server.begin(kClientFirst), Next::Challenge);
    EXPECT_EQ(exchange.server.challenge(), kServerFirst);
    EXPECT_EQ(exchange.server.respond(kClientFinal), Next::Challenge);
    EXPECT_EQ(exchange.server.challenge(), "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
    EXPECT_EQ(exchange.server.respond(""), Next::Accepted);
    EXPECT_EQ(exchange.server.user(), "user");
}

TEST(Scram, AsksForTheFirstMessageWhereNoneCame) {
    Exchange exchange(Mechanism::ScramSha256);
    EXPECT_EQ(exchange.server.begin(std::nullopt), Next::Challenge);
    EXPECT_EQ(exchange.server.challenge(), "");
    EXPECT_EQ(exchange.server.respond(kClientFirst), Next::Challenge);
    EXPECT_EQ(exchange.server.challenge(), kServerFirst);
}

TEST(Scram, TakesHeadersNamesAndExtensionsAsTheyMayBe) {
    const auto accepted =
        [](const std::string& header, const std::string& bare, const std::string& extensions = "") {
            Exchange exchange(Mechanism::ScramSha256);
            if (exchange.server.begin(header + bare) != Next::Challenge) {
                return std::string("refused");
            }
            const std::string reply =
                answer_to(bare, exchange.server.challenge(), header, "pencil", extensions);
            EXPECT_EQ(exchange.server.respond(reply), Next::Challenge);
            EXPECT_EQ(exchange.server.respond(""), Next::Accepted);
            return exchange.server.user();
        };
    EXPECT_EQ(accepted("n,,", "n=user,r=abc"), "user");
    EXPECT_EQ(accepted("y,,", "n=user,r=abc"), "user");
    EXPECT_EQ(accepted("n,a=user,", "n=user,r=abc"), "user");
    EXPECT_EQ(accepted("n,a=a=2Cb=3Dc,", "n=a=2Cb=3Dc,r=abc"), "a,b=c");
    EXPECT_EQ(accepted("n,,", "n=user,r=abc,x=1,Y=\xC3\xBC", ",z=1"), "user");
    EXPECT_EQ(accepted("n,,", "n=user,r=" + std::string(256, '~')), "user");
}

TEST(Scram, RefusesFirstMessagesThatAreNone) {
    const std::string name(256, 'n');
    for (const std::string& message : {
             std::string(),
             std::string("n"),
             std::string("n,,"),
             std::string("n,,n=user"),
             std::string(",,n=user,r=abc"),
             std::string("N,,n=user,r=abc"),
             std::string("n,n=user,r=abc"),
             std::string("p=tls-exporter,,n=user,r=abc"),
             std::string("n,b=user,n=user,r=abc"),
             std::string("n,a=,n=user,r=abc"),
             std::string("n,a=x=2,n=user,r=abc"),
             std::string("n,,m=x,n=user,r=abc"),
             std::string("n,,n=,r=abc"),
             std::string("n,,u=user,r=abc"),
             std::string("n,,n=us=er,r=abc"),
             std::string("n,,n=user=,r=abc"),
             std::string("n,,n=user=2,r=abc"),
             std::string("n,,n=user=2c,r=abc"),
             std::string("n,,n=us\0er,r=abc", 16),
             std::string("n,,n=us\xFF,r=abc"),
             "n,,n=" + name + ",r=abc",
             "n,a=" + name + ",n=user,r=abc",
             std::string("n,,r=abc,n=user"),
             std::string("n,,n=user,r="),
             std::string("n,,n=user,r=a b"),
             std::string("n,,n=user,r=a\x7F"),
             std::string("n,,n=user,r=\xC3\xBC"),
             "n,,n=user,r=" + std::string(257, 'a'),
             std::string("n,,n=user,r=abc,"),
             std::string("n,,n=user,r=abc,x"),
             std::string("n,,n=user,r=abc,x="),
             std::string("n,,n=user,r=abc,1=x"),
             std::string("n,,n=user,r=abc,m=x"),
             std::string("n,,n=user,r=abc,x=\xFF"),
             std::string("n,,n=user,r=abc,x=\0", 19),
             "n,,n=user,r=abc,x=" + std::string(4096, 'x'),
         }) {
        EXPECT_EQ(first(Mechanism::ScramSha256, message), Next::Malformed) << message;
    }
    EXPECT_EQ(first(Mechanism::ScramSha256, "n,,n=" + name.substr(1) + ",r=abc"), Next::Challenge);
}

TEST(Scram, RefusesLastMessagesThatAreNone) {
    const std::string nonce = "r=rOprNGfwEbeRWgbNEkqO" + std::string(kNonce);
    const std::string proof = ",p=" + conf::encode_base64(std::string(32, 'p'));
    for (const std::string& message :
         {std::string(),
          "c=biws," + nonce,
          nonce + proof,
          "c=biws" + proof,
          "c=eSws," + nonce + proof,  // y,,
          "c=," + nonce + proof,
          "c=biws=," + nonce + proof,
          "d=biws," + nonce + proof,
          "c=biws,r=rOprNGfwEbeRWgbNEkqO" + proof,
          "c=biws,r=" + std::string(kNonce) + proof,
          "c=biws," + nonce + "x" + proof,
          "c=biws,r=" + proof,
          "c=biws," + nonce + proof + ",x=1",
          "c=biws," + nonce + ",m=1" + proof,
          "c=biws," + nonce + ",x" + proof,
          "c=biws," + nonce + ",p=",
          "c=biws," + nonce + ",p=????",
          "c=biws," + nonce + ",p=" + conf::encode_base64(std::string(31, 'p')),
          "c=biws," + nonce + ",p=" + conf::encode_base64(std::string(33, 'p')),
          "c=biws," + nonce + ",x=" + std::string(4096, 'x') + proof}) {
        EXPECT_EQ(last(message), Next::Malformed) << message;
    }
    EXPECT_EQ(last("c=biws," + nonce + proof), Next::Refused);
    EXPECT_EQ(last("c=biws," + nonce + ",x=1" + proof), Next::Refused) << "the proof is of less";
}

TEST(Scram, EndsWithNothingBehindTheSignature) {
    Exchange exchange(Mechanism::ScramSha256);
    EXPECT_EQ(exchange.server.begin(kClientFirst), Next::Challenge);
    EXPECT_EQ(exchange.server.respond(kClientFinal), Next::Challenge);
    EXPECT_EQ(exchange.server.respond("x"), Next::Malformed);
}

TEST(Scram, AnUnknownUserIsLikeAWrongPassword) {
    const auto refused = [](const std::string& user, std::string_view password) {
        Exchange exchange(Mechanism::ScramSha256);
        const std::string bare = "n=" + user + ",r=abc";
        EXPECT_EQ(exchange.server.begin("n,," + bare), Next::Challenge);
        EXPECT_TRUE(exchange.server.challenge().ends_with(",i=4096"));
        const std::string reply = answer_to(bare, exchange.server.challenge(), "n,,", password);
        return std::pair(exchange.server.challenge().size(), exchange.server.respond(reply));
    };
    const auto wrong = refused("user", "Pencil");
    EXPECT_EQ(wrong.second, Next::Refused);
    EXPECT_EQ(refused("nobody", "pencil"), wrong);
}

TEST(Scram, NobodyActsForSomebodyElse) {
    EXPECT_EQ(first(Mechanism::ScramSha256, "n,a=root,n=user,r=abc"), Next::Refused);
    EXPECT_EQ(first(Mechanism::ScramSha256, "n,a=root,n=nobody,r=abc"), Next::Refused);
}

TEST(Plain, TakesNameAndPasswordAtOnce) {
    for (const std::string_view message : {"\0user\0pencil"sv, "user\0user\0pencil"sv}) {
        for (const bool asked : {false, true}) {
            Exchange exchange(Mechanism::Plain);
            if (asked) {
                EXPECT_EQ(exchange.server.begin(std::nullopt), Next::Challenge);
                EXPECT_EQ(exchange.server.challenge(), "");
            }
            EXPECT_EQ(asked ? exchange.server.respond(message) : exchange.server.begin(message),
                      Next::CheckPassword);
            EXPECT_EQ(exchange.server.user(), "user");
            EXPECT_EQ(exchange.server.password(), "pencil");
            EXPECT_EQ(exchange.server.verifier(), pencil());
            EXPECT_EQ(exchange.server.checked(true), Next::Accepted);
            EXPECT_EQ(exchange.server.password(), "") << "kept no longer than needed";
            EXPECT_EQ(exchange.server.user(), "user");
        }
    }
}

TEST(Plain, RefusesWhatIsWrong) {
    Exchange exchange(Mechanism::Plain);
    EXPECT_EQ(exchange.server.begin("\0nobody\0pencil"sv), Next::CheckPassword);
    EXPECT_EQ(exchange.server.verifier(), find("nobody"));
    EXPECT_EQ(exchange.server.checked(false), Next::Refused);
    EXPECT_EQ(exchange.server.password(), "");
    EXPECT_EQ(first(Mechanism::Plain, "root\0user\0pencil"sv), Next::Refused);
    EXPECT_EQ(first(Mechanism::Plain, "root\0nobody\0pencil"sv), Next::Refused);
}

TEST(Plain, RefusesWhatIsNoMessage) {
    const std::string nul(1, '\0');
    for (const std::string& message : {std::string(),
                                       std::string("user"),
                                       nul,
                                       nul + "user",
                                       nul + nul,
                                       nul + nul + "pencil",
                                       nul + "user" + nul,
                                       nul + "user" + nul + "pencil" + nul,
                                       nul + "us\xFF" + nul + "pencil",
                                       "us\xFF" + nul + "user" + nul + "pencil",
                                       nul + std::string(256, 'u') + nul + "pencil",
                                       std::string(256, 'u') + nul + "user" + nul + "pencil",
                                       nul + "user" + nul + std::string(1025, 'p')}) {
        EXPECT_EQ(first(Mechanism::Plain, message), Next::Malformed) << message.size();
    }
    EXPECT_EQ(
        first(Mechanism::Plain, nul + std::string(255, 'u') + nul + std::string(1024, '\xFF')),
        Next::CheckPassword);
}

TEST(Login, AsksForNameAndPassword) {
    for (const bool asked : {false, true}) {
        Exchange exchange(Mechanism::Login);
        if (asked) {
            EXPECT_EQ(exchange.server.begin(std::nullopt), Next::Challenge);
            EXPECT_EQ(exchange.server.challenge(), "Username:");
        }
        EXPECT_EQ(asked ? exchange.server.respond("user") : exchange.server.begin("user"),
                  Next::Challenge);
        EXPECT_EQ(exchange.server.challenge(), "Password:");
        EXPECT_EQ(exchange.server.respond("pencil"), Next::CheckPassword);
        EXPECT_EQ(exchange.server.user(), "user");
        EXPECT_EQ(exchange.server.password(), "pencil");
        EXPECT_EQ(exchange.server.verifier(), pencil());
        EXPECT_EQ(exchange.server.checked(asked), asked ? Next::Accepted : Next::Refused);
        EXPECT_EQ(exchange.server.password(), "");
    }
}

TEST(Login, RefusesNamesAndPasswordsThatAreNone) {
    for (const std::string& name :
         {std::string(), std::string(256, 'u'), std::string("u\0", 2), std::string("\xFF")}) {
        EXPECT_EQ(first(Mechanism::Login, name), Next::Malformed);
    }
    for (const std::string& password :
         {std::string(), std::string(1025, 'p'), std::string("p\0", 2)}) {
        Exchange exchange(Mechanism::Login);
        EXPECT_EQ(exchange.server.begin("user"), Next::Challenge);
        EXPECT_EQ(exchange.server.respond(password), Next::Malformed);
    }
}

TEST(Password, MatchesItsVerifierAlone) {
    EXPECT_TRUE(password_matches(pencil(), "pencil"));
    for (const std::string_view password : {""sv, "Pencil"sv, "pencil "sv, "penci"sv}) {
        EXPECT_FALSE(password_matches(pencil(), password)) << password;
    }
    EXPECT_FALSE(password_matches(find("nobody"), "pencil"));
    conf::ScramVerifier cut = pencil();
    cut.stored_key.clear();
    EXPECT_FALSE(password_matches(cut, "pencil"));
}

TEST(Password, MakesTheVerifierOfTheRfc) {
    EXPECT_EQ(make_verifier("pencil", pencil().salt, 4096).text(), kPencil);
    EXPECT_NE(make_verifier("pencil", pencil().salt, 4097).stored_key, pencil().stored_key);
    const auto verifier = make_verifier("p\xC3\xBC\xFF", "salt-salt", 10'000);
    EXPECT_TRUE(password_matches(verifier, "p\xC3\xBC\xFF"));
    EXPECT_EQ(conf::ScramVerifier::parse(verifier.text()).value(), verifier);
}

TEST(Password, WipesShortAndLongStrings) {
    for (const std::size_t length : {0U, 3U, 15U, 16U, 1000U}) {
        std::string secret(length, 'p');
        const char* const octets = secret.data();
        const std::size_t room = secret.capacity();
        wipe(secret);
        EXPECT_TRUE(secret.empty());
        EXPECT_EQ(secret.data(), octets);
        EXPECT_EQ(std::string_view(octets, room).find('p'), std::string_view::npos);
    }
}

}  // namespace
}  // namespace relay::smtp
