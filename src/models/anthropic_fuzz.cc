#include "models/anthropic.h"
#include "models/testing/stream_fuzz_body.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace hs;
    const auto dialect = [] {
        return std::make_unique<models::Anthropic>(
            models::AnthropicConfig{*wire::parse_url("http://127.0.0.1/v1/messages"), "", {}});
    };
    const std::string_view bytes = base::text_of({data, size});
    const auto whole = models::testing::read_fuzzed(dialect(), bytes, 1 << 20);
    const auto split = models::testing::read_fuzzed(dialect(), bytes, 7);
    CHECK(whole.message == split.message && whole.usage == split.usage);
    models::ChatRequest next;
    next.messages = {models::user_text("a"), whole.message};
    CHECK(wire::parse_json(models::anthropic_body(next, models::Delivery::stream)).ok());
    return 0;
}
