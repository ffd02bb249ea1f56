// Envelopes of Slack's socket: whoever writes in a workspace chooses most of the bytes.
#include "channels/slack.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto event = hs::channels::parse_slack(text, "UBOT");
    if (!event || !event->message) return 0;
    CHECK(!event->envelope.empty() || !event->type.empty());
    CHECK(!event->message->id.empty() && !event->message->from.user.empty());
    CHECK(event->type == "slash_commands" || event->message->from.user != "UBOT");
    CHECK(!event->message->spot.conversation.empty());
    return 0;
}
