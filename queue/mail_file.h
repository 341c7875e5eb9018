// MailFile: one message with all that is known of it, as a file that carries it to another relay.
//
// In order, numbers with the highest octet first:
//   "signet-mail 1\n"   what it is, and the version of its form
//   16 octets           random, so that no two exports of a message look alike
//   8                   the message's id
//   4 + n               the envelope, as queue/envelope_codec has it
//   4 + n               the signatures
//   4 + n               the header
//   4 + n               the digest of the body, opaque here
//   8                   the octets of the body
//   4                   its rows; 0: it is in one piece
//   4 + n, each         the rows, or the one piece
//   32                  SHA-256 of everything before
//
// Memory: the head of a message, and one piece of its body.
// Standards: FIPS 180-4 (SHA-256).
// Threads: one owner. Blocks on the disk.
// Errors: Damaged for any octets whatever that are not such a file; no code with words for one of a
//   newer version; the system's, with the file's name, for what the disk refuses.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <openssl/evp.h>

#include "conf/result.h"
#include "queue/message.h"
#include "queue/open_file.h"

namespace queue {

/// A message without its body.
struct MailHead {
    Envelope envelope;
    Content content;  // `body` empty
};

/// The hash that ends a mail file.
class MailHash {
public:
    MailHash();
    void update(std::string_view octets);
    /// 32 octets. Once.
    std::string finish();

private:
    struct Free {
        void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
    };
    std::unique_ptr<EVP_MD_CTX, Free> context_;
};

class MailWriter {
public:
    /// `name` is for errors.
    MailWriter(OpenFile file, std::string name);

    /// begin(), then piece() for each row (once for a body in one piece), then end().
    conf::Result<void> begin(const Envelope& envelope, const Content& content);
    conf::Result<void> piece(std::string_view octets);
    /// Durable when it returns success, but for the file's name. The digest in hexadecimal digits.
    conf::Result<std::string> end();

private:
    conf::Result<void> write(std::string_view octets);

    OpenFile file_;
    std::string name_;
    MailHash hash_;
};

class MailReader {
public:
    // What no file may go beyond.
    static constexpr std::uint64_t kMaxEnvelope = std::uint64_t{64} * 1024 * 1024;
    static constexpr std::uint64_t kMaxSignatures = std::uint64_t{1} * 1024 * 1024;
    static constexpr std::uint64_t kMaxHeader = std::uint64_t{16} * 1024 * 1024;
    static constexpr std::uint64_t kMaxHash = 1024;
    static constexpr std::uint64_t kMaxPiece = 4 * std::uint64_t{kInlineBody};

    /// `name` is for errors. The file is read from its beginning.
    static conf::Result<MailReader> open(OpenFile file, std::string name);

    /// First, once.
    conf::Result<MailHead> head();
    /// The next piece of the body. Nothing behind the last one: then the digest was right.
    conf::Result<std::optional<std::string>> piece();
    /// In hexadecimal digits, when piece() has given nothing.
    [[nodiscard]] const std::string& digest() const { return digest_; }
    /// Back to the beginning.
    conf::Result<void> rewind();

private:
    MailReader(OpenFile file, std::string name, std::uint64_t size)
        : file_(std::move(file)), name_(std::move(name)), size_(size), left_(size) {}

    [[nodiscard]] conf::Error damaged(std::string_view what) const;
    conf::Result<void> read_version();
    conf::Result<std::string> raw(std::uint64_t count);
    conf::Result<std::string> octets(std::uint64_t count);
    conf::Result<std::uint64_t> number(std::uint64_t width);
    conf::Result<std::string> text(std::uint64_t most, std::string_view what);
    conf::Result<void> finish();

    OpenFile file_;
    std::string name_;
    MailHash hash_;
    std::uint64_t size_;
    std::uint64_t left_;        // octets that were not read yet
    std::uint64_t pieces_ = 0;  // that follow
    std::uint64_t body_left_ = 0;
    std::string digest_;
};

}  // namespace queue
