// Webhooks of WhatsApp's: whoever writes to the number chooses most of the bytes.
#include "channels/whatsapp.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const std::string account = "1065";
    const auto news = hs::channels::parse_whatsapp(text, account, 1'700'000'000'000);
    if (!news) return 0;
    CHECK(news->messages.size() <= 1'000 && news->notes.size() <= 20);
    for (const auto& message : news->messages) {
        CHECK(!message.id.empty() && !message.from.user.empty() && message.is_direct);
        CHECK(message.spot.conversation == message.from.user && message.schedule.empty());
    }
    return 0;
}
