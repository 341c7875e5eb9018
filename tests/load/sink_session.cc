#include "tests/load/sink_session.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/load/options.h"

namespace load {
namespace {

constexpr std::size_t kMaxLine = 8192;

bool is_verb(std::string_view line, std::string_view verb) {
    return line.size() >= verb.size() && strncasecmp(line.data(), verb.data(), verb.size()) == 0;
}

}  // namespace

void Tally::count(const std::string& header, const std::string& raw) {
    last = now();
    if (messages++ == 0) {
        first = last;
    }
    if (header.find("DKIM-Signature:") == std::string::npos) {
        ++unsigned_messages;
    }
    const std::size_t at = header.find("\r\nX-Load: ");
    if (at == std::string::npos) {
        ++unnumbered;
    } else {
        const std::size_t number = std::strtoull(header.c_str() + at + 10, nullptr, 10);
        if (number >= 100'000'000) {
            ++unnumbered;
        } else {
            if (number >= seen.size()) {
                seen.resize(std::max(number + 1, seen.size() * 2));
            }
            if (seen[number]) {
                ++doubled;
            } else {
                seen[number] = true;
                ++unique;
            }
        }
    }
    if (keep > 0 && !keep_folder.empty()) {
        --keep;
        const std::string name = keep_folder + "/" + std::to_string(messages) + ".eml";
        if (FILE* file = std::fopen(name.c_str(), "w")) {
            std::fwrite(raw.data(), 1, raw.size(), file);
            std::fclose(file);
        }
    }
}

void Tally::reset() {
    const std::string folder = keep_folder;
    *this = Tally();
    keep_folder = folder;
    keep = 20;
}

SinkSession::~SinkSession() {
    close(fd_);
}

void SinkSession::greet() {
    output_ = "220 sink ready\r\n";
    flush();
}

bool SinkSession::advance() {
    static char block[262144];
    for (;;) {
        const ssize_t got = recv(fd_, block, sizeof block, 0);
        if (got == 0) {
            return false;
        }
        if (got < 0) {
            return (errno == EAGAIN || errno == EINTR) && flush();
        }
        input_.append(block, static_cast<std::size_t>(got));
        if (!take_lines() || !flush() || quit_) {
            return false;
        }
    }
}

bool SinkSession::take_lines() {
    std::size_t begin = 0;
    for (;;) {
        if (in_data_) {
            input_.erase(0, begin);
            begin = 0;
            take_data();
            if (in_data_) {
                return true;
            }
        }
        const std::size_t end = input_.find("\r\n", begin);
        if (end == std::string::npos) {
            break;
        }
        const std::string_view line(input_.data() + begin, end - begin);
        begin = end + 2;
        if (is_verb(line, "EHLO")) {
            output_ += "250-sink\r\n250-PIPELINING\r\n250-SIZE 52428800\r\n250 8BITMIME\r\n";
        } else if (is_verb(line, "DATA")) {
            output_ += "354 go on\r\n";
            in_data_ = true;
            data_ = "\r\n";  // so that an end of data at once, and a field at the top, are found
                             // like any other
        } else if (is_verb(line, "QUIT")) {
            output_ += "221 bye\r\n";
            quit_ = true;
            break;
        } else {
            output_ += "250 ok\r\n";
        }
    }
    input_.erase(0, begin);
    return input_.size() <= kMaxLine;
}

void SinkSession::take_data() {
    // The end may lie across two reads: search again from four octets before the new part.
    const std::size_t from = data_.size() < 4 ? 0 : data_.size() - 4;
    data_ += input_;
    const std::size_t end = data_.find("\r\n.\r\n", from);
    if (end == std::string::npos) {
        input_.clear();
        return;
    }
    input_ = data_.substr(end + 5);
    data_.resize(end + 2);
    const std::size_t header = data_.find("\r\n\r\n");
    std::string raw;
    if (tally_.keep > 0) {
        raw = data_.substr(2);
        for (std::size_t at = 0; (at = raw.find("\r\n..", at)) != std::string::npos; at += 3) {
            raw.erase(at + 2, 1);
        }
    }
    tally_.count(data_.substr(0, header), raw);
    data_.clear();
    in_data_ = false;
    output_ += "250 2.0.0 taken\r\n";
}

bool SinkSession::flush() {
    std::size_t done = 0;
    while (done < output_.size()) {
        const ssize_t n = send(fd_, output_.data() + done, output_.size() - done, MSG_NOSIGNAL);
        if (n < 0) {
            // Replies are a few octets: a peer that lets even those pile up is gone.
            return false;
        }
        done += static_cast<std::size_t>(n);
    }
    output_.clear();
    return true;
}

}  // namespace load
