#include "relay/mime/errors.h"

#include <utility>

namespace relay::mime {

namespace {

class Category final : public boost::system::error_category {
public:
    [[nodiscard]] const char* name() const noexcept override { return "mime"; }

    [[nodiscard]] std::string message(int value) const override {
        switch (static_cast<errc>(value)) {
            case errc::BadHeader:
                return "a part that must be encoded has a header that cannot be read";
            case errc::LongField:
                return "a header line is longer than 998 octets and has no white space to fold it "
                       "at";
            case errc::SealedPart:
                return "a line is longer than 998 octets inside a signed or encrypted part, which "
                       "must not be changed";
            case errc::UnknownEncoding:
                return "a line is longer than 998 octets in a part with an unknown "
                       "Content-Transfer-Encoding";
            case errc::Fragment:
                return "a part of this type must not be encoded";
            case errc::MissingBoundary:
                return "a multipart that must be encoded is without its boundary";
            case errc::TooManyParts:
                return "a message that must be encoded has more than 1000 parts";
            case errc::TooDeep:
                return "a message that must be encoded has parts within parts more than 50 deep";
            case errc::PartHeaderTooLarge:
                return "a message that must be encoded has a part header over 64 KiB";
        }
        return "unknown error";
    }
};

}  // namespace

const boost::system::error_category& category() noexcept {
    static const Category kInstance;
    return kInstance;
}

conf::Error error(errc code, std::string detail) {
    return {make_error_code(code), std::move(detail)};
}

}  // namespace relay::mime
