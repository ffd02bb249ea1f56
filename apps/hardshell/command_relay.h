// CommandRelay: the bytes of a sandboxed command and of the person who watches it: standard input,
// output and error through pipes, or the command's own terminal.
//
// What it does not protect from: control sequences that a command prints to the person's terminal,
// as with any program that they run there.
// Threads: one thread. It takes over the signals of the process while it runs.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "os/channel.h"
#include "wire/json.h"

namespace hs::cli {

enum class Terminal : std::uint8_t { no, yes };

class CommandRelay {
  public:
    // Makes the pipes, or hands out /dev/null where the command gets a terminal.
    static base::Result<CommandRelay> make(Terminal terminal);
    CommandRelay(CommandRelay&&) noexcept = default;
    ~CommandRelay();

    // What the command gets as descriptors 0, 1 and 2; closed here once they are handed over.
    std::vector<int> handed() const;
    void close_handed();

    enum class Asked : std::uint8_t { go_on, give_up };
    // Called for frames that are no relay's business: asked, started. It may end the run.
    using OnFrame = std::function<base::Result<Asked>(const os::Frame& frame)>;
    // Relays until the command has ended and all that it printed is shown: its outcome. cancelled
    // at Ctrl-C; the command is killed when the channel closes.
    base::Result<wire::Json> run(os::Channel& channel, const OnFrame& on_frame);

  private:
    CommandRelay() = default;
    struct Flow {
        os::Fd from;
        os::Fd to;
        std::string waiting;
    };
    base::Result<> watch_signals();
    base::Result<bool> take_frames(os::Channel& channel, const OnFrame& on_frame);
    base::Result<> take_signal();
    void take_terminal(os::Fd terminal);
    void show_size() const;
    bool pump(int from, int to);
    bool pump_input();
    void drain();

    Terminal terminal_ = Terminal::no;
    std::vector<os::Fd> handed_;
    os::Fd input_;   // the command's standard input
    os::Fd output_;  // what it prints
    os::Fd error_;
    os::Fd master_;  // its terminal
    os::Fd signals_;
    std::string typed_;  // read from the person and not yet taken by the command
    bool input_ended_ = false;
    bool raw_ = false;
    std::string saved_mode_;  // of the person's terminal
    std::optional<wire::Json> outcome_;
};

}  // namespace hs::cli
