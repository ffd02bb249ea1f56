// CommandRun: a sandboxed command with its output: pipes, a thread that reads them, the output
// limit, the end.
//
// What it does not protect from: see launcher_client.h and output.h.
// Threads: all functions from any thread; one reader thread of its own. The live callback is
// called on that thread and must not block.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "base/guarded.h"
#include "base/result.h"
#include "jail/outcome.h"
#include "os/launch.h"
#include "os/pipe.h"
#include "os/wait.h"
#include "sandbox/launcher_client.h"
#include "sandbox/output.h"

namespace hs::sandbox {

enum class Stream : std::uint8_t { standard_output, standard_error };

struct RunRequest {
    base::Bytes ticket;
    base::Bytes spec;                 // packed os::LaunchSpec
    base::Bytes input;                // standard input; empty gives /dev/null
    std::vector<base::Bytes> staged;  // bytes of the staged files, in the specification's order
    OutputBounds bounds;
    std::uint64_t output_bytes_max = 0;  // both streams together; the specification's limit
    std::function<void(Stream, base::ByteView)> live;
};

struct Completed {
    jail::Outcome outcome;
    std::string standard_output;
    std::string standard_error;
    std::uint64_t output_bytes = 0;   // of both, also those left out
    bool stopped_for_output = false;  // it printed more than output_bytes_max and was killed
};

class CommandRun {
  public:
    static base::Result<std::unique_ptr<CommandRun>> start(LauncherClient& launcher,
                                                           RunRequest request);
    // Kills what still runs.
    ~CommandRun();

    // Waits until the command has ended and all its output is read. Errors as of
    // LaunchedCommand::wait; timed_out and cancelled leave it running.
    base::Result<Completed> wait(os::Deadline deadline, const os::WakeUp* wake_up = nullptr);
    void kill();
    bool finished() const { return read_all_.raised(); }
    // New raw output since the position, for watching a command in the background.
    base::Bytes output_since(Stream stream, std::uint64_t& position, std::uint64_t& skipped) const;

  private:
    struct Outputs {
        Output standard_output;
        Output standard_error;
    };
    CommandRun(LaunchedCommand command, RunRequest request, os::WakeUp read_all, os::WakeUp stop);
    void read_outputs(os::Fd output, os::Fd error);
    bool read_some(const os::Fd& pipe, Stream stream);

    LaunchedCommand command_;
    RunRequest request_;
    os::WakeUp read_all_;
    os::WakeUp stop_;
    std::atomic<bool> stopped_for_output_ = false;
    base::Guarded<Outputs> outputs_;
    std::thread reader_;
};

}  // namespace hs::sandbox
