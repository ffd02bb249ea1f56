#include "sandbox/launcher_client.h"

#include "base/pack.h"
#include "jail/frames.h"

namespace hs::sandbox {

using base::Code;
using base::fail;
using base::Result;

struct RunState {
    RunState(std::uint64_t number, os::WakeUp ended, os::WakeUp came)
        : id(number), finished(std::move(ended)), terminal_came(std::move(came)) {}
    const std::uint64_t id;
    os::WakeUp finished;
    base::Guarded<std::optional<Result<jail::Outcome>>> result;
    base::Guarded<os::Fd> terminal;
    os::WakeUp terminal_came;
};

struct LauncherLink {
    LauncherLink(os::Fd socket, os::WakeUp wake_up)
        : channel(std::move(socket)), stop(std::move(wake_up)) {}

    struct Runs {
        std::uint64_t next_id = 1;
        bool gone = false;
        std::map<std::uint64_t, std::shared_ptr<RunState>> waiting;
    };
    os::Channel channel;
    os::WakeUp stop;
    base::Guarded<Runs> runs;

    void settle(std::uint64_t id, Result<jail::Outcome> result) {
        const auto state = runs.with([&](Runs& all) {
            const auto node = all.waiting.extract(id);
            return node ? node.mapped() : nullptr;
        });
        if (!state) return;
        state->result.with([&](auto& slot) { slot.emplace(std::move(result)); });
        state->finished.raise();
    }
    // A terminal that comes for a run that is over closes with its frame.
    void keep_terminal(std::uint64_t id, os::Fd terminal) {
        const auto state = runs.with([&](Runs& all) {
            const auto found = all.waiting.find(id);
            return found == all.waiting.end() ? nullptr : found->second;
        });
        if (!state) return;
        state->terminal.with([&](os::Fd& held) { held = std::move(terminal); });
        state->terminal_came.raise();
    }
    void settle_all(const base::Error& error) {
        const auto ids = runs.with([](Runs& all) {
            all.gone = true;
            std::vector<std::uint64_t> list;
            for (const auto& [id, state] : all.waiting) list.push_back(id);
            return list;
        });
        for (const std::uint64_t id : ids) settle(id, base::Failure{error});
    }
};

namespace {

Result<jail::Outcome> refusal_of(const os::Frame& frame) {
    base::Unpacker in(frame.payload);
    const std::uint8_t code = TRY(in.u8());
    std::string text = TRY(in.text());
    TRY(in.finish());
    if (code > static_cast<std::uint8_t>(Code::corrupt)) {
        return fail(Code::corrupt, "the launcher sent an unknown error");
    }
    return fail(static_cast<Code>(code), std::move(text));
}

void take_frame(LauncherLink& link, os::Frame frame) {
    const auto kind = static_cast<jail::LauncherFrame>(frame.kind);
    if (kind == jail::LauncherFrame::ended) {
        link.settle(frame.id, jail::unpack_outcome(frame.payload));
    } else if (kind == jail::LauncherFrame::refused) {
        link.settle(frame.id, refusal_of(frame));
    } else if (kind == jail::LauncherFrame::pong) {
        link.settle(frame.id, jail::Outcome{});
    } else if (kind == jail::LauncherFrame::terminal && frame.descriptors.size() == 1) {
        link.keep_terminal(frame.id, std::move(frame.descriptors.front()));
    }
}

void read_frames(LauncherLink& link) {
    while (true) {
        auto frame = link.channel.receive(os::Deadline::never(), &link.stop);
        if (!frame) {
            link.settle_all({Code::io,
                             "the launcher has stopped, and every sandbox with it; it is started "
                             "again, so try once more",
                             base::Place::here()});
            return;
        }
        take_frame(link, std::move(*frame));
    }
}

void send_kind(LauncherLink& link, std::uint64_t id, jail::LauncherFrame kind) {
    // A launcher that is gone has killed the command already.
    (void)link.channel.send(id, static_cast<std::uint16_t>(kind), {});
}

}  // namespace

LaunchedCommand::~LaunchedCommand() {
    if (state_ && !finished()) kill();
}

Result<jail::Outcome> LaunchedCommand::wait(os::Deadline deadline, const os::WakeUp* wake_up) {
    TRY(os::wait_for(state_->finished.fd(), os::Ready::readable, deadline, wake_up));
    return state_->result.with([](auto& slot) { return *slot; });
}

void LaunchedCommand::kill() {
    send_kind(*link_, state_->id, jail::LauncherFrame::kill);
}

Result<os::Fd> LaunchedCommand::terminal(os::Deadline deadline) {
    const auto came =
        os::wait_for(state_->terminal_came.fd(), os::Ready::readable, deadline, &state_->finished);
    if (!came && came.error().code != Code::cancelled) return came.failure();
    os::Fd held = state_->terminal.with([](os::Fd& fd) { return std::move(fd); });
    if (held) return held;
    return fail(Code::not_found, "the command ended before it had a terminal");
}

bool LaunchedCommand::finished() const {
    return state_->finished.raised();
}

int LaunchedCommand::finished_fd() const {
    return state_->finished.fd();
}

LauncherClient::LauncherClient(os::Fd socket) {
    auto stop = os::WakeUp::make();
    CHECK(stop.ok());
    link_ = std::make_shared<LauncherLink>(std::move(socket), std::move(*stop));
    reader_ = std::thread([link = link_.get()] { read_frames(*link); });
}

LauncherClient::~LauncherClient() {
    const auto running = link_->runs.with([](LauncherLink::Runs& all) {
        std::vector<std::uint64_t> ids;
        for (const auto& [id, state] : all.waiting) ids.push_back(id);
        return ids;
    });
    for (const std::uint64_t id : running) send_kind(*link_, id, jail::LauncherFrame::kill);
    link_->stop.raise();
    reader_.join();
}

Result<std::shared_ptr<RunState>> LauncherClient::enter_state(LauncherLink& link) {
    auto finished = TRY(os::WakeUp::make());
    auto came = TRY(os::WakeUp::make());
    return link.runs.with([&](LauncherLink::Runs& all) -> Result<std::shared_ptr<RunState>> {
        if (all.gone) return fail(Code::io, "the launcher has stopped; it is started again");
        if (all.waiting.size() >= commands_max) {
            return fail(Code::exhausted, "too many commands run at once; stop some of them");
        }
        const std::uint64_t id = all.next_id++;
        auto state = std::make_shared<RunState>(id, std::move(finished), std::move(came));
        all.waiting.emplace(id, state);
        return state;
    });
}

Result<LaunchedCommand> LauncherClient::start(base::ByteView ticket, base::ByteView spec,
                                              const std::vector<int>& descriptors) {
    if (descriptors.size() < 3 || descriptors.size() > os::Channel::descriptors_max) {
        return fail(Code::invalid_input, "a command needs standard input, output and error");
    }
    auto state = TRY(enter_state(*link_));
    const auto sent =
        link_->channel.send(state->id, static_cast<std::uint16_t>(jail::LauncherFrame::run),
                            jail::pack_run(ticket, spec), descriptors);
    if (!sent) {
        link_->settle(state->id, sent.failure());
        return sent.failure();
    }
    return LaunchedCommand(link_, std::move(state));
}

Result<> LauncherClient::ping(os::Deadline deadline) {
    auto state = TRY(enter_state(*link_));
    LaunchedCommand answer(link_, state);
    TRY(link_->channel.send(state->id, static_cast<std::uint16_t>(jail::LauncherFrame::ping), {}));
    TRY(answer.wait(deadline));
    return {};
}

}  // namespace hs::sandbox
