#include "dkim/errors.h"

namespace dkim {
namespace {

class Category final : public boost::system::error_category {
public:
    [[nodiscard]] const char* name() const noexcept override { return "dkim"; }

    [[nodiscard]] std::string message(int value) const override {
        switch (static_cast<errc>(value)) {
            case errc::BadHeader:
                return "malformed message header";
            case errc::BadAuthor:
                return "malformed From: field";
            case errc::BadRecord:
                return "malformed key record";
            case errc::BadTagList:
                return "malformed tag list";
            case errc::KeyUnreadable:
                return "key file cannot be read";
            case errc::KeyUnsafe:
                return "key file is not safe";
            case errc::KeyMalformed:
                return "key file holds no usable private key";
            case errc::KeyTooSmall:
                return "key is too small";
            case errc::KeyUnsupported:
                return "key cannot be used for DKIM";
            case errc::KeyFaulty:
                return "key is faulty";
            case errc::KeyExists:
                return "key file exists already";
            case errc::KeyUnwritable:
                return "key file cannot be written";
            case errc::SigningFailed:
                return "signing failed";
            case errc::NoSelector:
                return "no such selector";
            case errc::NoSuccessor:
                return "no other selector could sign";
        }
        return "unknown error";
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

}  // namespace dkim
