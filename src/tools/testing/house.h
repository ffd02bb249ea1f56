// House: everything that a tool is given, for tests: a real Gate before a scripted keeper, real
// roots and checkpoints in temporary folders, and a launcher that does as the test says.
//
// Not for the product: it is included by *_test.cc files only.
// Threads: the fixture belongs to the test's thread.
#pragma once

#include <string>

#include "crypto/secret.h"
#include "files/testing/folder.h"
#include "files/testing/scripted_keeper.h"
#include "jail/frames.h"
#include "jail/outcome.h"
#include "os/file.h"
#include "os/socket.h"
#include "os/system.h"
#include "tools/registry.h"

namespace hs::tools::testing {

// Answers every start with the output and the outcome that were set.
class ScriptedLauncher {
  public:
    ScriptedLauncher() : stop_(std::move(*os::WakeUp::make())) {
        auto pair = os::stream_pair();
        CHECK(pair.ok());
        channel_ = std::make_unique<os::Channel>(std::move(pair->first));
        client = std::make_shared<sandbox::LauncherClient>(std::move(pair->second));
        outcome.ending = jail::Ending::exited;
        thread_ = std::jthread([this] { serve(); });
    }
    ~ScriptedLauncher() { stop_.raise(); }
    ScriptedLauncher(const ScriptedLauncher&) = delete;
    ScriptedLauncher& operator=(const ScriptedLauncher&) = delete;

    std::shared_ptr<sandbox::LauncherClient> client;
    std::string output = "scripted output\n";
    std::string error;
    jail::Outcome outcome;
    bool never_ends = false;
    base::Guarded<std::vector<std::string>> staged;  // bytes of the staged files
    std::atomic<int> started{0};

  private:
    void serve() {
        for (;;) {
            auto frame = channel_->receive(os::Deadline::never(), &stop_);
            if (!frame) return;
            if (frame->kind == static_cast<std::uint16_t>(jail::LauncherFrame::run)) run(*frame);
            if (frame->kind == static_cast<std::uint16_t>(jail::LauncherFrame::kill)) {
                outcome.ending = jail::Ending::killed;
                end(running_);
            }
        }
    }
    void run(os::Frame& frame) {
        ++started;
        for (std::size_t at = 3; at < frame.descriptors.size(); ++at) {
            const auto bytes = os::read_all(frame.descriptors[at].get(), 1 << 20);
            if (bytes) {
                staged.with([&](auto& list) { list.emplace_back(base::text_of(*bytes)); });
            }
        }
        (void)os::write_all(frame.descriptors[1].get(), base::bytes_of(output));
        (void)os::write_all(frame.descriptors[2].get(), base::bytes_of(error));
        running_ = frame.id;
        if (never_ends) {
            held_ = std::move(frame.descriptors);
        } else {
            frame.descriptors.clear();
            end(frame.id);
        }
    }
    void end(std::uint64_t id) {
        held_.clear();
        (void)channel_->send(id, static_cast<std::uint16_t>(jail::LauncherFrame::ended),
                             jail::pack_outcome(outcome));
    }

    std::unique_ptr<os::Channel> channel_;
    os::WakeUp stop_;
    std::vector<os::Fd> held_;
    std::uint64_t running_ = 0;
    std::jthread thread_;
};

// The specification that a keeper would put under the ticket.
inline std::string packed_spec(const wire::Json& action) {
    os::LaunchSpec spec;
    spec.profile = "read";
    spec.command.executable = wire::text_at(action, "executable").value();
    spec.command.working_directory = "/tmp";
    spec.command.argv = {"x"};
    const auto packed = os::pack_launch_spec(spec);
    CHECK(packed.ok());
    return base::to_base64(*packed);
}

class House {
  public:
    House() {
        checkpoints = std::make_shared<files::Checkpoints>(
            files::Checkpoints::open(
                state / "undo", crypto::SecretBytes::copy_of(base::Bytes(32, 1)), clock, random)
                .value());
        roots = std::make_shared<const files::Roots>(
            files::Roots::open({{project.path()}, ""}).value());
        background = std::make_shared<sandbox::BackgroundCommands>(clock);
        keeper().decide_with(
            [](const wire::Json& action, const std::string&) { return allow(action); });
    }
    // Permits, with an envelope where a command is to be started.
    static wire::Json allow(const wire::Json& action) {
        wire::Json answer = files::testing::ScriptedKeeper::allow();
        if (wire::text_at(action, "effect").value() == "run") {
            answer["envelope"] = packed_spec(action);
        }
        return answer;
    }
    ToolContext context() {
        gate::Circumstances circumstances;
        circumstances.session = "session";
        circumstances.project = project.path();
        ToolContext made{gate.gate(), clock,           random,     circumstances, roots,
                         checkpoints, launcher.client, background, nullptr,       state / "scripts",
                         "/bin/true"};
        return made;
    }
    ToolOutcome run(std::string_view name, std::string_view arguments) {
        ToolContext made = context();
        return run(name, arguments, made);
    }
    ToolOutcome run(std::string_view name, std::string_view arguments, ToolContext& made) {
        auto json = wire::parse_json(arguments);
        CHECK(json.ok());
        return registry.run({"call", std::string(name), std::move(*json)}, made);
    }
    files::testing::ScriptedKeeper& keeper() { return gate.keeper(); }

    files::testing::TemporaryFolder project;
    files::testing::TemporaryFolder state;
    os::SystemClock clock;
    os::SystemRandom random;
    files::testing::TestGate gate{clock};
    ScriptedLauncher launcher;
    std::shared_ptr<files::Checkpoints> checkpoints;
    std::shared_ptr<const files::Roots> roots;
    std::shared_ptr<sandbox::BackgroundCommands> background;
    Registry registry = Registry::with_default_tools();
};

}  // namespace hs::tools::testing
