// Answers of getUpdates: whoever writes to the bot chooses most of the bytes.
#include "channels/telegram.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto updates = hs::channels::parse_telegram(text, "7", "our_bot");
    if (!updates) return 0;
    CHECK(updates->size() <= 100);
    for (const auto& update : *updates) {
        if (!update.message) continue;
        CHECK(!update.message->from.user.empty() && update.message->from.user != "7");
        CHECK(!update.message->id.empty() && !update.message->spot.conversation.empty());
    }
    return 0;
}
