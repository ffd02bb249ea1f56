// Whatever unpacks packs to the very same bytes.
#include "jail/outcome.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto outcome = hs::jail::unpack_outcome({data, size});
    if (!outcome) return 0;
    const auto packed = hs::jail::pack_outcome(*outcome);
    CHECK(packed.size() == size && std::equal(packed.begin(), packed.end(), data));
    (void)hs::jail::describe(*outcome);
    return 0;
}
