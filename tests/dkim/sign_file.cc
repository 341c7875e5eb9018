// Signs a message file as the relay would, so that other people's verifiers can judge the result.
//
//   dkim_sign_file create rsa|ed25519 KEY_FILE            makes a key, prints the value of its TXT
//   record dkim_sign_file sign KEY_FILE DOMAIN SELECTOR C FILE   prints the signed message; C as in
//   "relaxed/simple"

#include <chrono>
#include <cstdio>
#include <string>

#include "dkim/body_hash.h"
#include "dkim/field.h"
#include "dkim/key_store.h"
#include "dkim/signer.h"
#include "tests/dkim/temporary_folder.h"

namespace {

int fail(const conf::Error& error) {
    std::fprintf(stderr, "%s\n", error.message().c_str());
    return 1;
}

int create(const std::string& type, const std::string& path) {
    const auto key =
        dkim::PrivateKey::create(type == "rsa" ? dkim::KeyType::Rsa : dkim::KeyType::Ed25519, 2048);
    if (!key) {
        return fail(key.error());
    }
    if (const auto saved = dkim::save_new_key(path, *key); !saved) {
        return fail(saved.error());
    }
    std::puts(key->record().c_str());
    return 0;
}

conf::Canonicalization canonicalization(const std::string& name) {
    return name == "simple" ? conf::Canonicalization::Simple : conf::Canonicalization::Relaxed;
}

int sign(char** arguments) {
    const auto key = dkim::PrivateKey::load(arguments[0], false);
    if (!key) {
        return fail(key.error());
    }
    const auto domain = conf::DomainName::parse(arguments[1]);
    if (!domain) {
        return fail(domain.error());
    }
    const std::string c = arguments[3];
    const std::size_t slash = c.find('/');
    const std::string message = test::read_all(arguments[4]);
    const std::size_t end = message.find("\r\n\r\n");
    if (end == std::string::npos) {
        return fail({{}, "no empty line behind the header"});
    }
    const auto header = dkim::Header::parse(std::string_view(message).substr(0, end + 2));
    if (!header) {
        return fail(header.error());
    }
    dkim::BodyHash hash(canonicalization(c.substr(slash + 1)));
    const std::string_view body = std::string_view(message).substr(end + 4);
    // Pieces of odd sizes, as they come from a socket.
    for (std::size_t at = 0, piece = 1; at < body.size(); at += piece, piece = piece * 3 % 1021) {
        hash.update(body.substr(at, piece));
    }
    const dkim::Signer signer(*domain, arguments[2], *key, canonicalization(c.substr(0, slash)));
    const auto field = signer.sign(
        *header,
        hash.finish(),
        std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now()));
    if (!field) {
        return fail(field.error());
    }
    std::fwrite(field->data(), 1, field->size(), stdout);
    std::fwrite(message.data(), 1, message.size(), stdout);
    return 0;
}

}  // namespace

int main(int count, char** arguments) {
    if (count == 4 && std::string(arguments[1]) == "create") {
        return create(arguments[2], arguments[3]);
    }
    if (count == 7 && std::string(arguments[1]) == "sign") {
        return sign(arguments + 2);
    }
    std::fputs(
        "usage: dkim_sign_file create rsa|ed25519 KEY_FILE | sign KEY_FILE DOMAIN SELECTOR C "
        "FILE\n",
        stderr);
    return 2;
}
