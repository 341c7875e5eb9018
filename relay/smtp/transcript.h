// Transcript: the lines of one attempt's conversations, both sides, for people.
//
//   -- connected to mx.example.net [192.0.2.1]
//   S: 220 mx.example.net
//   C: EHLO mail.example.com
//   C: (12345 octets)
//
// Of a long one the beginning and the end are kept, and how much is missing is said. What is secret
// does not get in: the argument of AUTH, and the line that answers a 334.
//
// Threads: one owner.     Memory: kMost octets, used again.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "relay/smtp/reply.h"

namespace relay::smtp {

class Transcript {
public:
    static constexpr std::size_t kMost = std::size_t{16} * 1024;

    void clear();
    /// What happened, in our words.
    void note(std::string_view text);
    /// Whole lines, as written.
    void said(std::string_view lines);
    /// The message, or its end.
    void said_octets(std::uint64_t octets);
    void heard(const ServerReply& reply);

    /// Lines that end with LF.
    [[nodiscard]] std::string text() const;

private:
    void line(std::string_view who, std::string_view text);

    std::string begin_;
    std::string end_;           // once begin_ is full
    std::size_t left_out_ = 0;  // octets between the two
    bool secret_ = false;       // the next line that we say
};

}  // namespace relay::smtp
