#include "base/bytes.h"
#include "cedar/schema.h"

// What parses must print to a text that parses to the same schema and prints alike.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace hs;
    using namespace hs::cedar;
    const auto schema = Schema::parse(base::text_of({data, size}), SchemaSyntax::human);
    if (!schema) return 0;
    const auto text = print_schema(*schema);
    CHECK(text.ok());
    const auto again = Schema::parse(*text, SchemaSyntax::human);
    CHECK(again.ok() && same_schema(*schema, *again) && *print_schema(*again) == *text);
    return 0;
}
