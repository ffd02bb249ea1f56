#include "secrets/key_file.h"

// Whatever the bytes are, reading ends; what is accepted does not open under a strange key.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace hs;
    const auto wrapped = secrets::unpack_wrapped({data, size});
    if (!wrapped) return 0;
    CHECK(wrapped->source != secrets::KeySource::file);
    CHECK(!secrets::unwrap(*wrapped, crypto::SecretBytes(32)));
    return 0;
}
