#include "base/bytes.h"
#include "cedar/schema.h"

// What parses and can be written in the human syntax must mean the same there.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace hs;
    using namespace hs::cedar;
    const auto schema = Schema::parse(base::text_of({data, size}), SchemaSyntax::json);
    if (!schema) return 0;
    const auto text = print_schema(*schema);
    if (!text) return 0;
    const auto again = Schema::parse(*text, SchemaSyntax::human);
    CHECK(again.ok() && same_schema(*schema, *again));
    return 0;
}
