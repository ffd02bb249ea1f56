// Payloads of Discord's gateway: whoever writes in a server chooses most of the bytes.
#include "channels/discord.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto event = hs::channels::parse_discord(text, "77");
    if (!event || !event->message) return 0;
    CHECK(!event->message->id.empty() && event->message->from.user != "77");
    CHECK(event->message->from.user.find_first_not_of("0123456789") == std::string::npos);
    CHECK(!event->message->spot.conversation.empty());
    return 0;
}
