// Requests of a person's own webhook, whose fields may be a stranger's.
#include "channels/webhook.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto message = hs::channels::parse_webhook("msg_1", text);
    if (!message) return 0;
    CHECK(message->id == "msg_1" && !message->spot.conversation.empty());
    CHECK(message->schedule.empty() != message->from.user.empty());
    return 0;
}
