#include "egress/socks.h"

#include "net/address.h"

namespace hs::egress {
namespace {

using base::Bytes;
using base::ByteView;
using base::Code;
using base::fail;
using base::Result;

constexpr std::uint8_t version = 5;
constexpr std::uint8_t no_authentication = 0;
constexpr std::uint8_t connect_command = 1;

base::Failure malformed(const char* what) {
    return fail(Code::invalid_input, std::string("the SOCKS request ") + what);
}

Result<std::string> host_from(std::uint8_t type, ByteView bytes) {
    if (type == 1) return net::Address::ipv4(bytes[0], bytes[1], bytes[2], bytes[3]).text();
    if (type == 4) {
        std::array<std::uint8_t, 16> address{};
        std::copy(bytes.begin(), bytes.end(), address.begin());
        return net::Address::ipv6(address).text();
    }
    // Programs hand over addresses as names, too.
    const std::string_view text = base::text_of(bytes);
    if (const auto literal = net::Address::parse(text)) return literal->text();
    const auto host = net::canonical_host(text);
    if (!host || net::looks_numeric(*host)) return malformed("names no host");
    return *host;
}

}  // namespace

Result<std::optional<std::size_t>> parse_socks_greeting(ByteView bytes) {
    if (bytes.empty()) return std::optional<std::size_t>();
    if (bytes[0] != version) return malformed("is of another version than 5");
    if (bytes.size() < 2 || bytes.size() < 2U + bytes[1]) return std::optional<std::size_t>();
    const ByteView methods = bytes.subspan(2, bytes[1]);
    if (std::find(methods.begin(), methods.end(), no_authentication) == methods.end()) {
        return malformed("wants authentication; none is needed here");
    }
    return std::optional<std::size_t>(2U + bytes[1]);
}

Result<std::optional<SocksTarget>> parse_socks_request(ByteView bytes) {
    if (bytes.size() < 5) return std::optional<SocksTarget>();
    if (bytes[0] != version || bytes[2] != 0) return malformed("is malformed");
    if (bytes[1] != connect_command) return malformed("is for another command than CONNECT");
    const std::uint8_t type = bytes[3];
    if (type != 1 && type != 3 && type != 4) return malformed("has an unknown kind of address");
    const std::size_t start = type == 3 ? 5 : 4;
    const std::size_t length = type == 1 ? 4 : type == 4 ? 16 : bytes[4];
    if (bytes.size() < start + length + 2) return std::optional<SocksTarget>();
    SocksTarget target;
    target.host = TRY(host_from(type, bytes.subspan(start, length)));
    const std::size_t at = start + length;
    target.port = static_cast<std::uint16_t>((bytes[at] << 8U) | bytes[at + 1]);
    if (target.port == 0) return malformed("is for port 0");
    target.bytes = at + 2;
    return std::optional<SocksTarget>(std::move(target));
}

Bytes socks_reply(SocksReply reply) {
    return {version, static_cast<std::uint8_t>(reply), 0, 1, 0, 0, 0, 0, 0, 0};
}

}  // namespace hs::egress
