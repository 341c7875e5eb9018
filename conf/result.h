// Result: a value, or an error that says in words what was wrong.
//
// Used for what can fail outside our control: disk, key, DNS, configuration. What a remote server
// said about a recipient is an Outcome instead, and a bug of ours is an assert: the three are
// never mixed.
//
// Threads: values; safe to move between threads.
#pragma once

#include <string>
#include <utility>

#include <boost/system/error_code.hpp>
#include <boost/system/result.hpp>

namespace conf {

/// What failed (`code`, of the folder's own category) and the details that a person needs
/// (`detail`, may be empty).
struct Error {
    boost::system::error_code code;
    std::string detail;

    /// "code's message: detail", or one of the two where the other is missing.
    [[nodiscard]] std::string message() const {
        if (detail.empty()) {
            return code.message();
        }
        return code ? code.message() + ": " + detail : detail;
    }
};

/// Called by `result::value()` on an error: our bug, since the caller did not look first.
[[noreturn]] inline void throw_exception_from_error(const Error& error,
                                                    const boost::source_location& where) {
    throw boost::system::system_error(error.code, error.detail + " (" + where.to_string() + ")");
}

template <class T>
using Result = boost::system::result<T, Error>;

}  // namespace conf
