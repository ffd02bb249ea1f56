// Imap: the reading end of a mailbox (RFC 3501, IDLE of RFC 2177) over a line of egress.
//
// What it is for: which mails were not seen, their bytes as they came, and waiting for the next.
// The password is put into its place by egress, once a connection. What it does not protect from:
// what the mails say; a server that tells of other mails than it has. Threads: one.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "os/wait.h"

namespace hs::channels {

// Where the bytes come from and go to.
class ImapLine {
  public:
    virtual ~ImapLine() = default;
    // At least one byte.
    virtual base::Result<std::string> read(os::Deadline deadline) = 0;
    virtual base::Result<> write(std::string_view bytes) = 0;
};

class Imap {
  public:
    static constexpr std::size_t line_bytes_max = std::size_t{1} << 20U;
    static constexpr std::size_t responses_max = 10'000;  // to one command
    static constexpr std::size_t letter_bytes_max = std::size_t{8} << 20U;
    static constexpr std::int64_t step_ms = 60'000;

    explicit Imap(std::unique_ptr<ImapLine> line) : line_(std::move(line)) {}

    // Greeting, login, INBOX. denied: the server refuses the login.
    base::Result<> begin();
    // UIDs, ascending, at most `most`.
    base::Result<std::vector<std::uint64_t>> unseen(std::size_t most);
    // The whole mail; exhausted where it is larger than letter_bytes_max, not_found where it is
    // gone.
    base::Result<std::string> fetch(std::uint64_t uid);
    base::Result<> mark_seen(std::uint64_t uid);
    // Until the server tells of mails or the deadline passes. A server without IDLE is asked anew
    // after poll_ms.
    base::Result<> wait(os::Deadline deadline, std::int64_t poll_ms);
    void end();

    struct Response {
        std::string text;  // literals stand as {} in it
        std::vector<std::string> literals;
    };

  private:
    base::Result<> fill(std::size_t bytes, os::Deadline deadline);
    base::Result<std::string> read_line(os::Deadline deadline);
    base::Result<Response> read_response(os::Deadline deadline);
    // The untagged responses to a command; denied where the server says NO or BAD.
    base::Result<std::vector<Response>> ask(const std::string& command);
    base::Result<std::vector<Response>> take_responses(const std::string& tag,
                                                       const std::string& command);
    base::Result<> idle(os::Deadline deadline);

    std::unique_ptr<ImapLine> line_;
    std::string buffer_;
    std::uint64_t next_tag_ = 1;
    bool can_idle_ = false;
    bool has_news_ = false;  // since the last look
};

}  // namespace hs::channels
