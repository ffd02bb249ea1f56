// What a sandboxed program sends first. Every cut of what is accepted asks for more or is refused.
#include "egress/client_hello.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const hs::base::ByteView whole(data, size);
    const auto hello = hs::egress::parse_client_hello(whole);
    if (!hello || !*hello) return 0;
    CHECK((*hello)->server_name.size() <= 253);
    if (size > 2048) return 0;
    const auto cut = hs::egress::parse_client_hello(whole.first(size - 1));
    CHECK(!cut || !*cut);
    return 0;
}
