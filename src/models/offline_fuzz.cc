#include "base/bytes.h"
#include "models/offline_grammar.h"

// Any text gives calls or an answer of bounded size, and the same one again.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace hs;
    const std::string_view text = base::text_of({data, size});
    const models::OfflineAction action = models::parse_offline_text(text);
    if (const auto* answer = std::get_if<std::string>(&action)) {
        CHECK(!answer->empty() && answer->size() < 8192);
        return 0;
    }
    const auto& calls = std::get<std::vector<models::OfflineCall>>(action);
    CHECK(!calls.empty() && calls.size() <= models::offline_commands_max);
    for (const models::OfflineCall& call : calls) {
        CHECK(call.arguments.object() != nullptr && !call.arguments.object()->empty());
    }
    return 0;
}
