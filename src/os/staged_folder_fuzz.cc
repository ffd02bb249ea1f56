// Whatever unpacks must pack to the very same bytes: one value, one form, one digest.
#include "os/staged_folder.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto files = hs::os::unpack_folder({data, size});
    if (!files || size > (std::size_t{16} << 20U)) return 0;
    const auto packed = hs::os::pack_folder(*files);
    CHECK(packed.ok());
    CHECK(packed->size() == size && std::equal(packed->begin(), packed->end(), data));
    return 0;
}
