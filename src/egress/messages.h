// MessageLine: hardshelld's end of a message stream (egress/message_stream.h).
//
// What it is for: a WebSocket's whole text messages, or the bytes of IMAP and SMTP, through egress
// under a permit. What it does not protect from: nothing is decided here.
// Threads: receive() from one thread at a time; send() and close() from any.
#pragma once

#include "egress/client.h"
#include "egress/frames.h"

namespace hs::egress {

// A signed request at a listener; or, where the number is 0, a note on what was refused there.
struct Hook {
    std::uint64_t number = 0;
    std::string id;  // the request's own, where it has one
    std::string body;
};

class MessageLine {
  public:
    // Waits until egress has opened it. The Error's code tells the kind (egress/trouble.h).
    static base::Result<std::unique_ptr<MessageLine>> open(EgressClient& egress,
                                                           base::ByteView ticket,
                                                           base::ByteView packed_envelope,
                                                           os::Deadline deadline,
                                                           const os::WakeUp* wake_up);

    // The next message or piece. timed_out at the deadline, cancelled by the wake-up, else the
    // reason for which the stream ended.
    base::Result<std::string> receive(os::Deadline deadline, const os::WakeUp* wake_up);
    // A text message of a WebSocket.
    base::Result<> send(std::string_view text);
    // The next request of a listener. The same errors as receive().
    base::Result<Hook> receive_hook(os::Deadline deadline, const os::WakeUp* wake_up);
    enum class Kept : std::uint8_t { no, yes };  // no: the platform is to send it again
    base::Result<> answer_hook(std::uint64_t number, Kept kept);
    // Bytes of lines.
    base::Result<> write(std::string_view bytes);
    void close();

  private:
    explicit MessageLine(os::Fd socket) : channel_(std::move(socket)) {}
    os::Channel channel_;
};

}  // namespace hs::egress
