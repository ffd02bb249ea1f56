#include "base/bytes.h"
#include "secrets/plain_keys.h"

// Whatever the text is, looking ends within its bounds, and what is found is one short line.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace hs;
    const auto found = secrets::plain_keys_in(base::text_of({data, size}));
    CHECK(found.size() <= secrets::plain_keys_max);
    for (const auto& key : found) {
        CHECK(secrets::names_a_credential(key.variable) && key.value.size() >= 8);
        CHECK(key.value.find('\n') == std::string::npos && key.line > 0);
    }
    return 0;
}
