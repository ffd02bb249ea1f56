#include <cstdint>

#include "wire/graphql.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    static_cast<void>(hs::wire::graphql_asked(text));
    const auto operations = hs::wire::graphql_operations(text);
    if (operations) CHECK(!operations->empty());
    return 0;
}
