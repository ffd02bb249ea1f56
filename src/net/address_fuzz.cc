// Any text: what parses is printed and parsed again to the same address; nothing crashes.
#include "net/address.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using hs::net::Address;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto address = Address::parse(text);
    if (address) {
        const auto again = Address::parse(address->text());
        CHECK(again.ok() && *again == *address);
        CHECK(again->classify() == address->classify());
        CHECK(address->unwrapped().unwrapped() == address->unwrapped());
    }
    const auto host = hs::net::canonical_host(text);
    if (host) {
        const auto again = hs::net::canonical_host(*host);
        CHECK(again.ok() && *again == *host);
    }
    static_cast<void>(hs::net::looks_numeric(text));
    return 0;
}
