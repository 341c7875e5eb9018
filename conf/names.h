// Names: how each enumeration of the configuration is written in the file; one table serves
// reader and printer.
//
// Threads: constants.
#pragma once

#include <array>
#include <span>
#include <string_view>

#include "conf/config.h"

namespace conf {

template <class Enum>
struct Named {
    std::string_view name;
    Enum value;
};

/// What stands for a secret wherever people read.
inline constexpr std::string_view kMask = "********";

/// Both halves of c= (RFC 6376 3.5).
struct CanonicalizationPair {
    Canonicalization header = Canonicalization::Relaxed;
    Canonicalization body = Canonicalization::Relaxed;
    bool operator==(const CanonicalizationPair&) const = default;
};

/// For a key of which one value is all there is.
enum class Only : std::uint8_t { This };

inline constexpr std::array<Named<Tls>, 1> kTlsNames = {{{"none", Tls::None}}};
inline constexpr std::array<Named<ListenerTls>, 4> kListenerTlsNames = {
    {{"none", ListenerTls::None},
     {"starttls", ListenerTls::StartTls},
     {"required-starttls", ListenerTls::RequiredStartTls},
     {"implicit", ListenerTls::Implicit}}};
inline constexpr std::array<Named<Auth>, 3> kAuthNames = {
    {{"off", Auth::Off}, {"optional", Auth::Optional}, {"required", Auth::Required}}};
inline constexpr std::array<Named<BareNewline>, 2> kBareNewlineNames = {
    {{"reject", BareNewline::Reject}, {"normalize", BareNewline::Normalize}}};
inline constexpr std::array<Named<ReceivedClient>, 2> kReceivedClientNames = {
    {{"full", ReceivedClient::Full}, {"hidden", ReceivedClient::Hidden}}};
inline constexpr std::array<Named<LongLines>, 2> kLongLinesNames = {
    {{"encode", LongLines::Encode}, {"refuse", LongLines::Refuse}}};
inline constexpr std::array<Named<EightBit>, 2> kEightBitNames = {
    {{"keep", EightBit::Keep}, {"encode", EightBit::Encode}}};
inline constexpr std::array<Named<Prove>, 3> kProveNames = {
    {{"required", Prove::Required}, {"warn", Prove::Warn}, {"off", Prove::Off}}};
inline constexpr std::array<Named<Only>, 1> kTrustAnchorNames = {{{"off", Only::This}}};
inline constexpr std::array<Named<StoreKind>, 1> kStoreNames = {{{"sqlite", StoreKind::Sqlite}}};
inline constexpr std::array<Named<AddressFamilies>, 3> kAddressNames = {
    {{"both", AddressFamilies::Both},
     {"ipv4", AddressFamilies::Ipv4},
     {"ipv6", AddressFamilies::Ipv6}}};
inline constexpr std::array<Named<CheckMode>, 3> kCheckModeNames = {
    {{"enforce", CheckMode::Enforce}, {"warn", CheckMode::Warn}, {"off", CheckMode::Off}}};
inline constexpr std::array<Named<LogLevel>, 4> kLogLevelNames = {{{"debug", LogLevel::Debug},
                                                                   {"info", LogLevel::Info},
                                                                   {"warning", LogLevel::Warning},
                                                                   {"error", LogLevel::Error}}};
inline constexpr std::array<Named<LogFormat>, 2> kLogFormatNames = {
    {{"text", LogFormat::Text}, {"json", LogFormat::Json}}};
inline constexpr std::array<Named<CanonicalizationPair>, 4> kCanonicalizationNames = {
    {{"relaxed/relaxed", {Canonicalization::Relaxed, Canonicalization::Relaxed}},
     {"relaxed/simple", {Canonicalization::Relaxed, Canonicalization::Simple}},
     {"simple/relaxed", {Canonicalization::Simple, Canonicalization::Relaxed}},
     {"simple/simple", {Canonicalization::Simple, Canonicalization::Simple}}}};

/// `value` as it is written; every value has a name.
template <class Enum, std::size_t N>
constexpr std::string_view name_of(const std::array<Named<Enum>, N>& names, const Enum& value) {
    for (const Named<Enum>& entry : names) {
        if (entry.value == value) {
            return entry.name;
        }
    }
    return {};
}

}  // namespace conf
