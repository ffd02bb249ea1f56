#include "base/bytes.h"
#include "skills/card.h"
#include "skills/front_matter.h"

// Whatever the bytes: no crash, no value deeper or larger than the limits, and what is accepted
// strictly is accepted leniently too.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace hs;
    const std::string_view text = base::text_of({data, size});
    const auto found = skills::split_front_matter(text);
    if (found) CHECK(found->value.object() != nullptr && found->body.size() <= text.size());
    const auto strict = skills::parse_card(text, skills::Reading::strict);
    if (strict) {
        CHECK(found.ok() && !strict->name.empty() && strict->name.size() <= 64);
        CHECK(skills::parse_card(text, skills::Reading::lenient).ok());
    }
    return 0;
}
