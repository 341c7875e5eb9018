// `signet hash-password`: the verifier of a new password, for a [[user]].
//
// The password is never an argument, which every process could read. A terminal is asked for it
// twice, without echo; anything else gives it as one line. On stdout stands the verifier alone.
//
// Standards: RFC 5802, RFC 7677 (10,000 iterations, a salt of 16 octets).
// Threads: called from main only; while a terminal is asked, signals that end us are held back
//   until it echoes again.
#pragma once

namespace relay::cli {

/// `input` is a descriptor. 1: there is no password, one too long, or two that differ; 3: it could
/// not be read, or there is no randomness.
int hash_password(int input);

}  // namespace relay::cli
