// Whatever bytes come in as a recorded question: it is refused, or it decides and records the same.
#include <string_view>

#include "policy/question.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace hs;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto json = wire::parse_json(text);
    if (!json) return 0;
    const auto question = policy::question_from_json(*json);
    if (!question) return 0;
    const auto again = policy::question_from_json(policy::to_json(*question));
    CHECK(again.ok() && *again == *question);
    return 0;
}
