#include "mcp/client.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto message = hs::mcp::parse_message({reinterpret_cast<const char*>(data), size});
    if (!message) return 0;
    // What was read is asked for tools, as a server's list would be.
    static_cast<void>(hs::mcp::definitions_from(message->body));
    static_cast<void>(hs::mcp::refusal_line(message->id, message->method));
    return 0;
}
