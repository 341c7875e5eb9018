#include "relay/signing.h"

#include "dkim/field.h"
#include "relay/log.h"

namespace relay {

std::variant<Signatures, smtp::Reply> sign(const Setup& setup,
                                           Metrics& metrics,
                                           const std::string& header,
                                           const std::vector<conf::DomainName>& authors,
                                           const dkim::Digest& body,
                                           conf::Instant now) {
    const auto fields = dkim::Header::parse(header);
    if (!fields) {
        return smtp::Reply{550, "5.6.0", fields.error().message()};
    }
    Signatures result;
    // RFC 6376 5.1 and RFC 5322 3.6.2: every author's domain must be one that we speak for.
    for (const auto& author : authors) {
        switch (setup.keys->standing(author, now)) {
            case dkim::KeyRing::Standing::Unknown:
                return smtp::Reply{
                    550,
                    "5.7.1",
                    "From: domain " + author.text() + " is not one that this relay signs for"};
            case dkim::KeyRing::Standing::EnvelopeOnly:
                return smtp::Reply{
                    550,
                    "5.7.1",
                    "From: domain " + author.text() + " may be used in MAIL FROM only"};
            case dkim::KeyRing::Standing::KeyUnusable:
                return smtp::Reply{
                    451,
                    "4.7.0",
                    "no usable signing key for " + author.text() + " now, try again later"};
            case dkim::KeyRing::Standing::Signs:
                break;
        }
        for (const auto* signer : setup.keys->signers(author, now)) {
            auto field = signer->sign(*fields, body, now);
            if (!field) {
                log::Event(log::Level::Error, "signing")
                    .field("domain", author.text())
                    .field("selector", signer->selector())
                    .field("error", field.error().message());
                return smtp::Reply{
                    451, "4.7.0", "signing for " + author.text() + " failed, try again later"};
            }
            result.fields += *field;
            result.by += (result.by.empty() ? "" : ",") + author.text() + "/" + signer->selector();
            metrics.messages_signed.add({author.text(), signer->selector()});
        }
    }
    return result;
}

}  // namespace relay
