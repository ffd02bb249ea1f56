// An IMAP server that says what a test has written down. Threads: one.
#pragma once

#include <deque>

#include "channels/imap.h"

namespace hs::channels::testing {

class ScriptedImapLine : public ImapLine {
  public:
    explicit ScriptedImapLine(std::deque<std::string> pieces) : pieces_(std::move(pieces)) {}
    base::Result<std::string> read(os::Deadline) override {
        if (pieces_.empty()) return base::fail(base::Code::cancelled, "the script has ended");
        std::string piece = std::move(pieces_.front());
        pieces_.pop_front();
        if (piece.empty()) return base::fail(base::Code::timed_out, "nothing came");
        return piece;
    }
    base::Result<> write(std::string_view bytes) override {
        written += bytes;
        return {};
    }
    std::string written;

  private:
    std::deque<std::string> pieces_;
};

}  // namespace hs::channels::testing
