// The two messages of a SOCKS client, in any bytes.
#include "egress/socks.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const hs::base::ByteView bytes(data, size);
    const auto greeting = hs::egress::parse_socks_greeting(bytes);
    if (greeting && *greeting) CHECK(**greeting <= size);
    const auto request = hs::egress::parse_socks_request(bytes);
    if (!request || !*request) return 0;
    CHECK((*request)->bytes <= size && (*request)->port != 0 && !(*request)->host.empty());
    return 0;
}
