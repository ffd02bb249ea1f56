// What a WebSocket server sends, whole and cut in two: the same messages come out either way.
#include "net/websocket_frames.h"

namespace {

std::string all(hs::net::WebSocketReader& reader) {
    std::string out;
    for (;;) {
        const auto message = reader.next();
        if (!message || !*message) return out;
        CHECK((*message)->content.size() <= 4096);
        out += std::to_string(static_cast<int>((*message)->kind)) + (*message)->content + "|";
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const hs::base::ByteView bytes(data, size);
    hs::net::WebSocketReader whole(4096);
    whole.feed(bytes);
    const std::string at_once = all(whole);
    hs::net::WebSocketReader cut(4096);
    cut.feed(bytes.first(size / 2));
    std::string in_parts = all(cut);
    cut.feed(bytes.subspan(size / 2));
    in_parts += all(cut);
    CHECK(at_once == in_parts);
    return 0;
}
