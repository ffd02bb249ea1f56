// A keep-alive HTTP/1.1 client that costs next to nothing, so that the benchmark measures the
// daemon and not its own client. Only for peers that answer with a Content-Length or in chunks.
// Threads: one connection has one owner.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "os/fd.h"

namespace hs::bench {

// Reads until a whole HTTP message is there; what came after it stays for the next.
class MessageReader {
  public:
    explicit MessageReader(int fd) : fd_(fd) {}
    // False when the peer is gone. `head` and `body` hold until the next call.
    bool next(std::string& head, std::string& body);

  private:
    bool fill();
    bool read_chunks(std::string& body);

    int fd_;
    std::string held_;
};

class Talk {
  public:
    // Ends the program when nobody listens there.
    explicit Talk(std::uint16_t port);
    // Sends the whole request; the answer's body, or the end of the program with what went wrong.
    std::string ask(std::string_view request);

  private:
    os::Fd socket_;
    MessageReader reader_;
};

void write_whole(int fd, std::string_view text);
[[noreturn]] void give_up(const std::string& why);

}  // namespace hs::bench
