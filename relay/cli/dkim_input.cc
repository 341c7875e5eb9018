#include "relay/cli/dkim_input.h"

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <vector>

namespace relay::cli {
namespace {

constexpr std::size_t kPiece = std::size_t{64} * 1024;

}  // namespace

void DkimInput::Close::operator()(std::FILE* file) const {
    if (file != stdin) {
        (void)std::fclose(file);
    }
}

conf::Result<DkimInput> DkimInput::open(const std::string& file) {
    DkimInput input;
    if (file.empty() || file == "-") {
        input.name_ = "standard input";
        input.file_.reset(stdin);
        return input;
    }
    input.name_ = file;
    input.file_.reset(std::fopen(file.c_str(), "rb"));
    if (!input.file_) {
        return conf::Error{{},
                           file + ": " + std::generic_category().message(errno) +
                               ": name a file with a message, or - for standard input"};
    }
    return input;
}

conf::Result<bool> DkimInput::read() {
    std::vector<char> octets(kPiece);
    errno = 0;
    const std::size_t count = std::fread(octets.data(), 1, octets.size(), file_.get());
    if (count == 0 && std::ferror(file_.get()) != 0) {
        return conf::Error{{},
                           name_ + ": " + std::generic_category().message(errno) +
                               ": name a file with a message, or - for standard input"};
    }
    for (std::size_t i = 0; i < count; ++i) {
        const char c = octets[i];
        if (c == '\n' && !after_return_) {
            text_ += '\r';
        }
        text_ += c;
        after_return_ = c == '\r';
    }
    return count > 0;
}

conf::Result<std::string> DkimInput::header() {
    for (std::size_t searched = 0;;) {
        const bool empty = text_.starts_with("\r\n");
        const std::size_t end = empty ? 0 : text_.find("\r\n\r\n", searched);
        if (std::min(end, text_.size()) > kMaxHeader) {
            return conf::Error{{}, name_ + ": the header is larger than 1 MiB: is it a message?"};
        }
        if (end != std::string::npos) {
            std::string header = text_.substr(0, empty ? 0 : end + 2);
            text_.erase(0, header.size() + 2);
            return header;
        }
        searched = text_.size() < 3 ? 0 : text_.size() - 3;
        const auto more = read();
        if (!more) {
            return more.error();
        }
        if (!*more) {
            break;
        }
    }
    // A header alone: the message has no body.
    std::string header;
    header.swap(text_);
    if (!header.empty() && !header.ends_with("\r\n")) {
        header += "\r\n";
    }
    return header;
}

conf::Result<std::string> DkimInput::body() {
    if (text_.empty()) {
        const auto more = read();
        if (!more) {
            return more.error();
        }
    }
    std::string piece;
    piece.swap(text_);
    return piece;
}

}  // namespace relay::cli
