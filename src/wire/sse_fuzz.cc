#include "base/bytes.h"
#include "wire/sse.h"

namespace {

std::vector<hs::wire::SseEvent> read(hs::wire::SseParser& parser, std::string_view bytes) {
    std::vector<hs::wire::SseEvent> events;
    while (true) {
        auto event = parser.next(bytes);
        if (!event || !*event) return events;
        events.push_back(std::move(**event));
    }
}

}  // namespace

// However the bytes are split, the events are the same; what is written reads back.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace hs::wire;
    const std::string_view bytes = hs::base::text_of({data, size});
    SseParser whole;
    SseParser split;
    const auto events = read(whole, bytes);
    auto pieces = read(split, bytes.substr(0, size / 2));
    for (auto& event : read(split, bytes.substr(size / 2))) pieces.push_back(std::move(event));
    CHECK(events == pieces);
    for (SseEvent event : events) {
        if (event.data.find('\r') != std::string::npos) continue;
        event.id.clear();
        SseParser again;
        const auto read_back = read(again, sse_event(event));
        CHECK(read_back.size() == 1 && read_back[0] == event);
    }
    return 0;
}
