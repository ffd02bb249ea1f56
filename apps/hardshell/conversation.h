// Conversation: shows one turn as it happens: text, a card for each tool call, approvals answered
// in place.
//
// What it does not protect from: a person who approves without reading. Threads: one thread.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "hardshell/lines.h"
#include "hardshell/markdown.h"
#include "hardshell/screen.h"

namespace hs::cli {

// What to do with an approval where no person sits at the terminal.
enum class Unattended : std::uint8_t { leave, wait };

struct TurnView {
    std::string session;
    std::string turn;
    std::string status;    // "done", "cancelled", …
    std::string approval;  // still open when the view ended
    wire::Json usage;
    std::string provider;
    std::string model;
    wire::Json done;
};

class Conversation {
  public:
    Conversation(const Screen& screen, const control::Places& places, Unattended unattended)
        : screen_(screen), places_(places), unattended_(unattended) {}

    // Sends the text and shows the turn to its end. The request holds session and project.
    base::Result<TurnView> say(DaemonLine& daemon, wire::Json request, const os::WakeUp* cancel);

  private:
    base::Result<> on_event(const std::string& kind, const wire::Json& data);
    void show_tool(const wire::Json& card);
    base::Result<> show_pending(const wire::Json& pending);
    base::Result<> answer(const std::string& approval, const std::string& decision);
    base::Result<> answer_batch();
    // What the keeper says to it: nothing, or why the answer does not count.
    enum class Said : std::uint8_t { approve, always, deny };
    base::Result<wire::Json> tell(const std::string& approval, Said said);

    const Screen& screen_;
    const control::Places& places_;
    Unattended unattended_;
    TurnView view_;
    std::string summary_;
    std::vector<wire::Json> batch_;  // approvals of one message of the model, until the last came
    std::unique_ptr<MarkdownStream> text_;
};

// Reads one line from the terminal; nothing at the end of input.
std::optional<std::string> read_answer(const Screen& screen, const std::string& prompt);

}  // namespace hs::cli
