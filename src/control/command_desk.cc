#include "control/command_desk.h"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include "control/command_frames.h"
#include "flow/label.h"
#include "os/channel.h"
#include "os/socket.h"
#include "wire/utf8.h"

namespace hs::control {

using base::Code;
using base::fail;
using base::Result;
using wire::Json;
using wire::JsonObject;

namespace {

constexpr std::int64_t request_ms = 5'000;
constexpr std::int64_t terminal_ms = 10'000;
constexpr std::int64_t end_patience_ms = 15'000;
// How often a wait for consent looks whether the person has left.
constexpr std::int64_t look_ms = 200;
constexpr std::size_t standard_descriptors = 3;

Result<std::vector<std::string>> texts_at(const Json& json, std::string_view key) {
    std::vector<std::string> texts;
    for (const Json& item : *TRY(wire::array_at(json, key))) {
        if (item.text() == nullptr) return fail(Code::invalid_input, "a list must hold strings");
        texts.push_back(*item.text());
    }
    return texts;
}

// One person's command, from the request to its end.
class Errand {
  public:
    Errand(const CommandDesk::Parts& parts, os::Fd socket, const os::WakeUp& stop)
        : parts_(parts), channel_(std::move(socket)), stop_(stop) {}

    void run() {
        const auto done = serve();
        if (done) return;
        tell(CommandFrame::refused,
             JsonObject{{"code", base::code_name(done.error().code)}, {"what", done.error().what}});
    }

  private:
    void tell(CommandFrame kind, const Json& payload, const std::vector<int>& descriptors = {}) {
        const std::string text = wire::canonical_json(payload);
        // Who has left needs no answer; the wait for the command sees it.
        static_cast<void>(
            channel_.send(0, static_cast<std::uint16_t>(kind), base::bytes_of(text), descriptors)
                .ok());
    }

    // The person's program says nothing after its request, so anything readable is its end.
    bool has_left() const {
        pollfd item{channel_.fd(), POLLIN | POLLRDHUP, 0};
        return stop_.raised() || (::poll(&item, 1, 0) > 0 && item.revents != 0);
    }

    Result<> serve() {
        os::Frame frame = TRY(channel_.receive(os::Deadline::after_ms(request_ms), &stop_));
        if (frame.kind != static_cast<std::uint16_t>(CommandFrame::run) ||
            frame.descriptors.size() != standard_descriptors) {
            return fail(Code::invalid_input, "a run comes with three descriptors");
        }
        TRY(read(TRY(wire::parse_json(base::text_of(frame.payload)))));
        auto permit = TRY(permitted());
        const std::string decision = permit.id();
        const auto outcome = carry_out(permit, frame.descriptors);
        frame.descriptors.clear();
        Json details = outcome ? to_json(*outcome) : Json(JsonObject{});
        if (!outcome) details["error"] = outcome.error().what;
        const std::string_view how =
            outcome ? jail::ending_name(outcome->ending) : std::string_view("failed");
        TRY(parts_.gate.report(decision, how, details));
        if (!outcome) return outcome.failure();
        details["text"] = jail::describe(*outcome);
        tell(CommandFrame::ended, details);
        return {};
    }

    Result<> read(const Json& request) {
        action_.argv = TRY(texts_at(request, "argv"));
        action_.executable = TRY(wire::text_at(request, "executable"));
        action_.working_directory = TRY(wire::text_at(request, "working_directory"));
        action_.profile = TRY(wire::text_at(request, "profile"));
        action_.has_terminal = TRY(wire::boolean_at(request, "terminal"));
        action_.wall_ms = TRY(wire::integer_at(request, "wall_ms"));
        who_.person = fmt::format("uid {}", ::geteuid());
        who_.space = parts_.settings.text("space.name");
        who_.origin = "cli";
        who_.project = TRY(wire::text_at(request, "project"));
        who_.label = flow::Label::of_person(who_.person);
        return {};
    }

    Result<gate::Permit<gate::RunCommand>> permitted() {
        auto verdict = TRY(parts_.gate.ask(action_, who_));
        if (const auto* pending = std::get_if<gate::Pending>(&verdict)) {
            const std::string approval = pending->approval;
            tell(CommandFrame::asked, JsonObject{{"approval", approval},
                                                 {"decision", pending->decision},
                                                 {"card", pending->card}});
            TRY(await_consent(approval));
            verdict = TRY(parts_.gate.claim(approval, action_, who_));
        }
        if (const auto* denied = std::get_if<gate::Denied>(&verdict)) {
            return fail(Code::denied,
                        fmt::format("{} (hardshell why {})", denied->reason, denied->decision));
        }
        if (std::holds_alternative<gate::Pending>(verdict)) {
            return fail(Code::denied, "the approval did not suffice");
        }
        return std::get<gate::Permit<gate::RunCommand>>(std::move(verdict));
    }

    Result<> await_consent(const std::string& approval) {
        for (;;) {
            const auto answered =
                parts_.gate.await_answer(approval, os::Deadline::after_ms(look_ms), &stop_);
            if (answered && *answered == "approved") return {};
            if (answered) return fail(Code::denied, "the approval was " + *answered);
            if (answered.error().code != Code::timed_out || has_left()) {
                static_cast<void>(parts_.gate.withdraw(approval).ok());
                return fail(Code::cancelled, "stopped while an approval was open");
            }
        }
    }

    Result<jail::Outcome> carry_out(const gate::Permit<gate::RunCommand>& permit,
                                    const std::vector<os::Fd>& standard) {
        TRY(permit.check(parts_.clock.wall_ms()));
        const auto launcher = parts_.launcher();
        std::vector<int> numbers;
        for (const os::Fd& one : standard) numbers.push_back(one.get());
        auto command = TRY(launcher->start(permit.ticket(), permit.envelope(), numbers));
        tell(CommandFrame::started,
             JsonObject{{"decision", permit.id()}, {"profile", permit.obligations().sandbox}});
        if (permit.action().has_terminal) {
            const auto terminal = command.terminal(os::Deadline::after_ms(terminal_ms));
            if (terminal) tell(CommandFrame::terminal, Json(JsonObject{}), {terminal->get()});
        }
        return await_end(command);
    }

    Result<jail::Outcome> await_end(sandbox::LaunchedCommand& command) {
        std::array<pollfd, 3> items{};
        items[0] = {command.finished_fd(), POLLIN, 0};
        items[1] = {channel_.fd(), POLLIN | POLLRDHUP, 0};
        items[2] = {stop_.fd(), POLLIN, 0};
        while (::poll(items.data(), items.size(), -1) < 0) {
        }
        if (items[0].revents == 0) command.kill();
        return command.wait(os::Deadline::after_ms(end_patience_ms));
    }

    const CommandDesk::Parts& parts_;
    os::Channel channel_;
    const os::WakeUp& stop_;
    gate::RunCommand action_;
    gate::Circumstances who_;
};

}  // namespace

Json to_json(const jail::Outcome& outcome) {
    Json json;
    json["ending"] = jail::ending_name(outcome.ending);
    json["code"] = static_cast<std::int64_t>(outcome.code);
    json["signal"] = static_cast<std::int64_t>(outcome.signal);
    json["wall_us"] = static_cast<std::int64_t>(outcome.usage.wall_us);
    json["cpu_us"] = static_cast<std::int64_t>(outcome.usage.cpu_us);
    json["memory_peak_bytes"] = static_cast<std::int64_t>(outcome.usage.memory_peak_bytes);
    if (!outcome.violation.empty()) json["violation"] = outcome.violation;
    if (!outcome.problem.empty()) json["problem"] = outcome.step + ": " + outcome.problem;
    for (const auto& call : outcome.denied) json["denied"].push(call.name);
    for (const auto& attempt : outcome.attempts) {
        json["attempts"].push(JsonObject{{"kind", std::string(jail::attempt_name(attempt.kind))},
                                         {"what", wire::mend_utf8(attempt.what)}});
    }
    for (const auto& held : outcome.enforced) json["enforced"].push(held.what + ": " + held.by);
    for (const auto& note : outcome.notes) json["notes"].push(note);
    return json;
}

Result<std::unique_ptr<CommandDesk>> CommandDesk::open(const std::string& socket, Parts parts) {
    os::Fd listener = TRY(os::listen_unix(socket));
    auto stop = TRY(os::WakeUp::make());
    std::unique_ptr<CommandDesk> desk(
        new CommandDesk(std::move(listener), std::move(parts), std::move(stop)));
    desk->thread_ = std::thread([raw = desk.get()] { raw->accept_people(); });
    return desk;
}

CommandDesk::CommandDesk(os::Fd listener, Parts parts, os::WakeUp stop)
    : parts_(std::move(parts)),
      listener_(std::move(listener)),
      stop_(std::move(stop)),
      crew_(commands_max, 10'000) {}

CommandDesk::~CommandDesk() {
    stop_.raise();
    if (thread_.joinable()) thread_.join();
    crew_.close();
    crew_.wait_until_idle(os::Deadline::after_ms(2 * end_patience_ms));
}

void CommandDesk::accept_people() {
    while (!stop_.raised()) {
        auto socket = os::accept_connection(listener_.get(), os::Deadline::never(), &stop_);
        if (!socket && socket.error().code == Code::exhausted) {
            static_cast<void>(
                os::wait_for(stop_.fd(), os::Ready::readable, os::Deadline::after_ms(50)).ok());
            continue;
        }
        if (!socket) return;
        const auto peer = os::peer_of(socket->get());
        if (!peer || peer->uid != ::geteuid()) continue;
        auto owned = std::make_shared<os::Fd>(std::move(*socket));
        // Beyond commands_max the connection closes, which the person's program tells.
        static_cast<void>(crew_
                              .start([this, owned] {
                                  Errand errand(parts_, std::move(*owned), stop_);
                                  errand.run();
                              })
                              .ok());
    }
}

}  // namespace hs::control
