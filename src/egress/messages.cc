#include "egress/messages.h"

#include "base/pack.h"
#include "egress/envelope.h"
#include "egress/trouble.h"
#include "os/socket.h"

namespace hs::egress {

using base::Code;
using base::fail;
using base::Result;

namespace {

// "REASON: sentence" as an Error of that reason's kind.
base::Failure failure_of(std::string_view word) {
    const std::size_t colon = word.find(": ");
    const auto reason = reason_from_name(word.substr(0, colon));
    const std::string what(colon == std::string_view::npos ? word : word.substr(colon + 2));
    return fail(reason ? code_of(*reason) : Code::io, what);
}

}  // namespace

Result<std::unique_ptr<MessageLine>> MessageLine::open(EgressClient& egress, base::ByteView ticket,
                                                       base::ByteView packed_envelope,
                                                       os::Deadline deadline,
                                                       const os::WakeUp* wake_up) {
    auto socket = TRY(egress.open_messages(permit_field(ticket, packed_envelope)));
    std::unique_ptr<MessageLine> line(new MessageLine(std::move(socket)));
    const auto frame = TRY(line->channel_.receive(deadline, wake_up));
    const auto kind = static_cast<MessageFrameKind>(frame.kind);
    if (kind == MessageFrameKind::opened) return line;
    return failure_of(base::text_of(frame.payload));
}

Result<std::string> MessageLine::receive(os::Deadline deadline, const os::WakeUp* wake_up) {
    const auto frame = TRY(channel_.receive(deadline, wake_up));
    const auto kind = static_cast<MessageFrameKind>(frame.kind);
    if (kind == MessageFrameKind::text || kind == MessageFrameKind::bytes) {
        return std::string(base::text_of(frame.payload));
    }
    return failure_of(base::text_of(frame.payload));
}

Result<Hook> MessageLine::receive_hook(os::Deadline deadline, const os::WakeUp* wake_up) {
    const auto frame = TRY(channel_.receive(deadline, wake_up));
    const auto kind = static_cast<MessageFrameKind>(frame.kind);
    if (kind == MessageFrameKind::hook_note) {
        return Hook{0, "", std::string(base::text_of(frame.payload))};
    }
    if (kind != MessageFrameKind::hook) return failure_of(base::text_of(frame.payload));
    base::Unpacker unpacker(frame.payload);
    Hook hook;
    hook.number = frame.id;
    hook.id = TRY(unpacker.text());
    hook.body = TRY(unpacker.text());
    TRY(unpacker.finish());
    return hook;
}

Result<> MessageLine::answer_hook(std::uint64_t number, Kept kept) {
    const std::uint8_t byte = kept == Kept::yes ? 1 : 0;
    return channel_.send(number, static_cast<std::uint16_t>(MessageFrameKind::hook_answer),
                         {&byte, 1});
}

Result<> MessageLine::send(std::string_view text) {
    return channel_.send(0, static_cast<std::uint16_t>(MessageFrameKind::text),
                         base::bytes_of(text));
}

Result<> MessageLine::write(std::string_view bytes) {
    return channel_.send(0, static_cast<std::uint16_t>(MessageFrameKind::bytes),
                         base::bytes_of(bytes));
}

void MessageLine::close() {
    static_cast<void>(
        channel_.send(0, static_cast<std::uint16_t>(MessageFrameKind::ended), {}).ok());
}

}  // namespace hs::egress
