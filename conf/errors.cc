#include "conf/errors.h"

namespace conf {

namespace {

class Category final : public boost::system::error_category {
public:
    [[nodiscard]] const char* name() const noexcept override { return "signet.conf"; }

    [[nodiscard]] std::string message(int value) const override {
        switch (static_cast<errc>(value)) {
            case errc::EmptyName:
                return "the name is empty";
            case errc::EmptyLabel:
                return "the name has an empty label";
            case errc::LabelTooLong:
                return "a label is longer than 63 octets";
            case errc::NameTooLong:
                return "the name is longer than 253 octets";
            case errc::BadLabelCharacter:
                return "a label holds other characters than letters, digits, '-' and '_'";
            case errc::HyphenAtEdge:
                return "a label begins or ends with '-'";
            case errc::BadUnicodeName:
                return "the name is not a valid internationalized domain name";
            case errc::BadDuration:
                return "not a duration";
            case errc::BadSize:
                return "not a size";
            case errc::BadEndpoint:
                return "not an address with a port";
            case errc::BadMailbox:
                return "not a mailbox";
            case errc::BadReference:
                return "'${' is not followed by NAME}";
            case errc::UnsetVariable:
                return "the environment has no such variable";
            case errc::BadVariable:
                return "the variable's value is not valid UTF-8";
            case errc::BadVerifier:
                return "not a SCRAM-SHA-256 verifier";
            case errc::BadSecretFile:
                return "not a file with one line of text";
        }
        return "unknown error";
    }
};

}  // namespace

const boost::system::error_category& category() {
    static const Category kInstance;
    return kInstance;
}

}  // namespace conf
