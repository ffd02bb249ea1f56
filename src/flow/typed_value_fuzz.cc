#include "base/bytes.h"
#include "base/result.h"
#include "flow/typed_value.h"
#include "wire/utf8.h"

// Whatever is taken is short, printable ASCII, or one of the choices; and it is taken again as it
// came out.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace hs;
    const std::string_view text = base::text_of({data, size});
    const std::vector<std::string> choices = {"approve", "reject", "später"};
    for (int i = 0; i < 8; ++i) {
        const auto type = static_cast<flow::ValueType>(i);
        const auto value = flow::typed_value(type, text, choices);
        if (!value) continue;
        CHECK(!value->empty() && wire::is_utf8(*value));
        const auto again = flow::typed_value(type, *value, choices);
        CHECK(again.ok() && *again == *value);
        if (flow::form_of(type) == flow::Span::Form::value) CHECK(value->size() <= 40);
        for (const char c : *value) CHECK(type == flow::ValueType::choice || (c >= ' ' && c < 127));
    }
    return 0;
}
