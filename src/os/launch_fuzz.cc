// Whatever unpacks must pack to the very same bytes: one value, one form, one digest.
#include "os/launch.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto spec = hs::os::unpack_launch_spec({data, size});
    if (!spec) return 0;
    const auto packed = hs::os::pack_launch_spec(*spec);
    CHECK(packed.ok());
    CHECK(packed->size() == size && std::equal(packed->begin(), packed->end(), data));
    return 0;
}
