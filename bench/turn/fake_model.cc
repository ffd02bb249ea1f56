#include "turn/fake_model.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <atomic>
#include <string>
#include <thread>

#include "turn/talk.h"

namespace hs::bench {
namespace {

std::atomic<int> calls{0};

std::string event(std::string_view type, std::string_view rest) {
    std::string text = "event: ";
    text += type;
    text += "\ndata: {\"type\":\"";
    text += type;
    text += '"';
    text += rest;
    text += "}\n\n";
    return text;
}

std::string block_of(bool wants_tool) {
    if (!wants_tool) {
        return event("content_block_start",
                     R"(,"index":0,"content_block":{"type":"text","text":""})") +
               event("content_block_delta",
                     R"(,"index":0,"delta":{"type":"text_delta","text":"fake "})") +
               event("content_block_delta",
                     R"(,"index":0,"delta":{"type":"text_delta","text":"reply"})");
    }
    return event("content_block_start",
                 R"(,"index":0,"content_block":{"type":"tool_use","id":"toolu_)" +
                     std::to_string(++calls) + R"(","name":"shell_run","input":{}})") +
           event("content_block_delta",
                 R"(,"index":0,"delta":{"type":"input_json_delta","partial_json":)"
                 R"("{\"argv\":[\"uname\"]}"})");
}

std::string answer_to(const std::string& body) {
    // What was said last stands last in the body's list of messages.
    const std::size_t asked = body.rfind("TOOL:");
    const std::size_t result = body.rfind("\"tool_result\"");
    const std::size_t plain = body.rfind("hello ");
    const auto after = [](std::size_t one, std::size_t other) {
        return one != std::string::npos && (other == std::string::npos || one > other);
    };
    const bool wants_tool = after(asked, result) && after(asked, plain);
    std::string text =
        event("message_start",
              R"(,"message":{"id":"msg_1","type":"message","role":"assistant","model":"fake-1",)"
              R"("content":[],"stop_reason":null,"stop_sequence":null,)"
              R"("usage":{"input_tokens":10,"output_tokens":1}})") +
        block_of(wants_tool) + event("content_block_stop", R"(,"index":0)") +
        event("message_delta",
              wants_tool ? R"(,"delta":{"stop_reason":"tool_use"},"usage":{"output_tokens":12})"
                         : R"(,"delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":12})") +
        event("message_stop", "");
    return "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: " +
           std::to_string(text.size()) + "\r\n\r\n" + text;
}

void serve(os::Fd socket) {
    const int on = 1;
    ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    MessageReader reader(socket.get());
    std::string head;
    std::string body;
    while (reader.next(head, body)) write_whole(socket.get(), answer_to(body));
}

}  // namespace

std::uint16_t start_fake_model() {
    auto* listener = new os::Fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* raw = reinterpret_cast<sockaddr*>(&address);
    if (::bind(listener->get(), raw, size) != 0 || ::listen(listener->get(), 128) != 0 ||
        ::getsockname(listener->get(), raw, &size) != 0) {
        give_up("the fake model cannot listen");
    }
    std::thread([listener] {
        for (;;) {
            os::Fd socket(::accept4(listener->get(), nullptr, nullptr, SOCK_CLOEXEC));
            if (socket) std::thread(serve, std::move(socket)).detach();
        }
    }).detach();
    return ntohs(address.sin_port);
}

}  // namespace hs::bench
