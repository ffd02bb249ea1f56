// Any text as entities: read or refused; every value that is read survives its JSON form.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "cedar/json.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace hs::cedar;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto store = parse_entities(text);
    if (!store) return store.error().what.empty() ? std::abort(), 0 : 0;
    Arena arena;
    const ValueBuilder build(arena);
    for (const Entity& entity : store->entities()) {
        for (const Field& field : entity.attributes.fields()) {
            const auto again = read_value(to_json(field.value), build);
            if (again && *again != field.value) std::abort();
        }
    }
    return 0;
}
