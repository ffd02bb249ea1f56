#include "base/bytes.h"
#include "wire/json.h"

// What parses must print to a text that parses to the same canonical form.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace hs;
    const auto value = wire::parse_json(base::text_of({data, size}));
    if (!value) return 0;
    const std::string text = wire::canonical_json(*value);
    const auto again = wire::parse_json(text);
    CHECK(again.ok() && wire::canonical_json(*again) == text);
    return 0;
}
