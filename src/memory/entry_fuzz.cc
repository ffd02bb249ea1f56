// A body that opened under the right key is still read with care: an older or later program, or a
// hand that had the key, may have made it.
#include <cstdint>

#include "memory/entry.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    hs::memory::Entry entry;
    if (!hs::memory::unpack_body({data, size}, entry)) return 0;
    hs::memory::Entry again = entry;
    CHECK(hs::memory::unpack_body(hs::memory::pack_body(entry), again).ok());
    CHECK(again == entry);
    return 0;
}
