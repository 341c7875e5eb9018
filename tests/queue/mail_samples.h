// Messages as files: written, read back, and as octets to be changed.
#pragma once

#include <fcntl.h>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "queue/mail_file.h"
#include "tests/queue/store_samples.h"

namespace queue {

/// A message whose body is `body`, in rows of `row` octets unless that is 0.
inline Message mail_sample(const std::string& body, std::size_t row = 0) {
    const auto sample = make_message({.recipients = {"a@one.test", "b@two.test"}});
    Message message{sample->envelope, nullptr};
    Content content = *sample->content;
    content.body = row == 0 ? body : "";
    content.body_size = body.size();
    content.chunks = row == 0 ? 0 : static_cast<int>((body.size() + row - 1) / row);
    message.envelope.size =
        content.signatures.size() + content.header.size() + 2 + content.body_size;
    message.content = std::make_shared<const Content>(std::move(content));
    return message;
}

/// The digest; empty where it failed.
inline std::string write_mail(const std::string& path,
                              const Message& message,
                              const std::vector<std::string>& rows = {}) {
    MailWriter writer(OpenFile(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600)), path);
    EXPECT_TRUE(writer.begin(message.envelope, *message.content));
    for (const auto& row : rows.empty() ? std::vector{message.content->body} : rows) {
        EXPECT_TRUE(writer.piece(row));
    }
    const auto digest = writer.end();
    EXPECT_TRUE(digest);
    return digest.has_value() ? *digest : "";
}

inline std::string octets_of(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream all;
    all << file.rdbuf();
    return all.str();
}

inline void put_octets(const std::string& path, const std::string& octets) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << octets;
}

struct ReadMail {
    MailHead head;
    std::vector<std::string> pieces;
    std::string digest;
};

inline conf::Result<ReadMail> read_mail(const std::string& path) {
    auto reader = MailReader::open(OpenFile(::open(path.c_str(), O_RDONLY)), "X.mail");
    if (!reader) {
        return reader.error();
    }
    auto head = reader->head();
    if (!head) {
        return head.error();
    }
    ReadMail mail{std::move(*head), {}, {}};
    for (;;) {
        auto piece = reader->piece();
        if (!piece) {
            return piece.error();
        }
        if (!*piece) {
            mail.digest = reader->digest();
            return mail;
        }
        mail.pieces.push_back(std::move(**piece));
    }
}

}  // namespace queue
