#include "queue/errors.h"

#include <utility>

namespace queue {
namespace {

class Category : public boost::system::error_category {
public:
    [[nodiscard]] const char* name() const noexcept override { return "queue"; }

    [[nodiscard]] std::string message(int value) const override {
        switch (static_cast<errc>(value)) {
            case errc::BadAddress:
                return "not a mail address";
            case errc::NotFound:
                return "no such message";
            case errc::Damaged:
                return "the stored message is damaged";
            case errc::Duplicate:
                return "the message is stored already";
            case errc::StoreLocked:
                return "the queue is in use by another process";
            case errc::StoreNewer:
                return "the queue was written by a newer version";
            case errc::StoreDamaged:
                return "the queue database is damaged";
            case errc::StoreFull:
                return "no space left for the queue";
            case errc::StoreUnwritable:
                return "the queue cannot be written";
            case errc::StoreUnreadable:
                return "the queue cannot be read";
            case errc::StoreLatched:
                return "the queue has stopped after a failed write";
            case errc::QueueFull:
                return "the queue is full";
        }
        return "unknown queue error";
    }
};

}  // namespace

const boost::system::error_category& category() noexcept {
    static const Category kInstance;
    return kInstance;
}

boost::system::error_code make_error_code(errc code) noexcept {
    return {static_cast<int>(code), category()};
}

conf::Error error(errc code, std::string detail) {
    return conf::Error{make_error_code(code), std::move(detail)};
}

}  // namespace queue
