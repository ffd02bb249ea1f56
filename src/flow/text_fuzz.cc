#include "base/bytes.h"
#include "base/result.h"
#include "flow/text.h"
#include "wire/utf8.h"

// A value that is found must stand there byte by byte, but for the grouping of account numbers;
// lowering is idempotent and gives valid UTF-8.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace hs;
    const std::string_view all = base::text_of({data, size});
    const std::size_t middle = all.find('\n');
    const std::string value = flow::lowered(all.substr(0, middle));
    const std::string text =
        middle == all.npos ? std::string() : flow::lowered(all.substr(middle + 1));
    CHECK(wire::is_utf8(value) && flow::lowered(value) == value);
    const flow::ValueKind kind = flow::kind_of(value);
    if (flow::is_literal(value, text, kind) && kind != flow::ValueKind::account) {
        CHECK(text.find(flow::trimmed(value)) != text.npos);
    }
    const flow::Words words = flow::words_of(text);
    if (flow::is_named(value, words)) CHECK(!words.empty());
    for (const auto& [month, day] : flow::days_in(text)) CHECK(month <= 12 && day <= 31);
    for (const std::string& number : flow::numbers_in(text)) {
        const auto form = flow::number_form(number);
        CHECK(!form || *form == number);
    }
    flow::links_in(text);
    for (const std::string& pattern : flow::templates_in(text)) flow::fits_template(value, pattern);
    flow::is_deceptive(all);
    return 0;
}
