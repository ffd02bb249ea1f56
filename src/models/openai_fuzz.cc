#include "models/openai.h"
#include "models/testing/stream_fuzz_body.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace hs;
    const models::OpenAiConfig config{*wire::parse_url("http://127.0.0.1/v1/chat/completions"),
                                      models::OpenAiServer::other, "",
                                      models::ReasoningReturn::tool_loop};
    const auto dialect = [&] { return std::make_unique<models::OpenAi>(config); };
    const std::string_view bytes = base::text_of({data, size});
    const auto whole = models::testing::read_fuzzed(dialect(), bytes, 1 << 20);
    const auto split = models::testing::read_fuzzed(dialect(), bytes, 7);
    CHECK(whole.message == split.message && whole.usage == split.usage);
    models::ChatRequest next;
    next.messages = {models::user_text("a"), whole.message};
    CHECK(wire::parse_json(models::openai_body(next, config, models::Delivery::stream)).ok());
    return 0;
}
