#include "sandbox/command_run.h"

#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace hs::sandbox {
namespace {

using base::Result;
using os::Fd;

constexpr std::size_t piece_bytes = 64 * 1024;
// After the sandbox is gone nobody can write any more; this is only against a pipe that was
// handed on by a fault of ours.
constexpr std::int64_t rest_patience_ms = 2000;

}  // namespace

CommandRun::CommandRun(LaunchedCommand command, RunRequest request, os::WakeUp read_all,
                       os::WakeUp stop)
    : command_(std::move(command)),
      request_(std::move(request)),
      read_all_(std::move(read_all)),
      stop_(std::move(stop)),
      outputs_(Outputs{Output(request_.bounds), Output(request_.bounds)}) {}

Result<std::unique_ptr<CommandRun>> CommandRun::start(LauncherClient& launcher,
                                                      RunRequest request) {
    auto output = TRY(os::make_pipe());
    auto error = TRY(os::make_pipe());
    const Fd input =
        request.input.empty() ? TRY(os::open_null()) : TRY(os::memory_file(request.input));
    std::vector<Fd> staged;
    std::vector<int> descriptors = {input.get(), output.writing.get(), error.writing.get()};
    for (const base::Bytes& bytes : request.staged) {
        staged.push_back(TRY(os::memory_file(bytes)));
        descriptors.push_back(staged.back().get());
    }
    auto read_all = TRY(os::WakeUp::make());
    auto stop = TRY(os::WakeUp::make());
    auto command = TRY(launcher.start(request.ticket, request.spec, descriptors));
    std::unique_ptr<CommandRun> run(new CommandRun(std::move(command), std::move(request),
                                                   std::move(read_all), std::move(stop)));
    run->reader_ = std::thread([self = run.get(), out = std::move(output.reading),
                                err = std::move(error.reading)]() mutable {
        self->read_outputs(std::move(out), std::move(err));
    });
    return run;
}

CommandRun::~CommandRun() {
    if (!command_.finished()) command_.kill();
    stop_.raise();
    if (reader_.joinable()) reader_.join();
}

// True while more may come.
bool CommandRun::read_some(const Fd& pipe, Stream stream) {
    std::array<std::uint8_t, piece_bytes> piece;
    const ssize_t count = ::read(pipe.get(), piece.data(), piece.size());
    if (count < 0) return errno == EAGAIN || errno == EINTR;
    if (count == 0) return false;
    const base::ByteView bytes(piece.data(), static_cast<std::size_t>(count));
    const std::uint64_t total = outputs_.with([&](Outputs& outputs) {
        Output& output =
            stream == Stream::standard_output ? outputs.standard_output : outputs.standard_error;
        output.append(bytes);
        return outputs.standard_output.bytes_total() + outputs.standard_error.bytes_total();
    });
    if (request_.live) request_.live(stream, bytes);
    if (request_.output_bytes_max > 0 && total > request_.output_bytes_max &&
        !stopped_for_output_.exchange(true)) {
        command_.kill();
    }
    return true;
}

void CommandRun::read_outputs(Fd output, Fd error) {
    os::Deadline deadline = os::Deadline::never();
    bool ended = false;
    while ((output || error) && !deadline.passed()) {
        std::array<struct pollfd, 4> polled = {{{output.get(), POLLIN, 0},
                                                {error.get(), POLLIN, 0},
                                                {ended ? -1 : command_.finished_fd(), POLLIN, 0},
                                                {stop_.fd(), POLLIN, 0}}};
        if (::poll(polled.data(), polled.size(), deadline.left_ms()) < 0 && errno != EINTR) break;
        if (polled[3].revents != 0) break;
        if (polled[2].revents != 0) {
            ended = true;
            deadline = os::Deadline::after_ms(rest_patience_ms);
        }
        if (polled[0].revents != 0 && !read_some(output, Stream::standard_output)) output.close();
        if (polled[1].revents != 0 && !read_some(error, Stream::standard_error)) error.close();
    }
    read_all_.raise();
}

Result<Completed> CommandRun::wait(os::Deadline deadline, const os::WakeUp* wake_up) {
    Completed completed;
    completed.outcome = TRY(command_.wait(deadline, wake_up));
    TRY(os::wait_for(read_all_.fd(), os::Ready::readable, deadline, wake_up));
    outputs_.with([&](Outputs& outputs) {
        completed.standard_output = outputs.standard_output.text();
        completed.standard_error = outputs.standard_error.text();
        completed.output_bytes =
            outputs.standard_output.bytes_total() + outputs.standard_error.bytes_total();
    });
    completed.stopped_for_output = stopped_for_output_;
    return completed;
}

void CommandRun::kill() {
    command_.kill();
}

base::Bytes CommandRun::output_since(Stream stream, std::uint64_t& position,
                                     std::uint64_t& skipped) const {
    return outputs_.with([&](const Outputs& outputs) {
        const Output& output =
            stream == Stream::standard_output ? outputs.standard_output : outputs.standard_error;
        return output.since(position, skipped);
    });
}

}  // namespace hs::sandbox
