#include "tools/command_steps.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "files/write.h"
#include "os/file.h"
#include "os/launch.h"

namespace hs::tools {

using base::Bytes;
using base::Code;
using base::fail;
using base::Result;
using gate::RunCommand;
using sandbox::Completed;
using wire::Json;

namespace {

constexpr std::array<std::string_view, 5> program_folders = {"/usr/local/bin", "/usr/bin", "/bin",
                                                             "/usr/sbin", "/sbin"};
constexpr std::array<std::string_view, 14> interpreters = {
    "sh",   "bash", "dash", "zsh", "ksh", "python", "python3",
    "perl", "ruby", "node", "php", "lua", "tclsh",  "Rscript"};
constexpr std::size_t script_bytes_max = std::size_t{4} << 20U;
constexpr std::int64_t end_patience_ms = 15'000;  // beyond the command's own limit
constexpr sandbox::OutputBounds output_bounds = {12 * 1024, 12 * 1024};

bool is_program(const std::string& path) {
    const auto resolved = os::resolve_path(path);
    if (!resolved) return false;
    const auto facts = os::facts_of_path(*resolved);
    return facts && facts->kind == os::FileFacts::Kind::regular && (facts->mode & 0111U) != 0;
}

Result<> check_argv(const std::vector<std::string>& argv) {
    if (argv.empty() || argv.front().empty()) {
        return fail(Code::invalid_input, "\"argv\" must name a program: [\"ls\", \"-l\"]");
    }
    std::size_t bytes = 0;
    for (const std::string& argument : argv) {
        if (argument.find('\0') != std::string::npos) {
            return fail(Code::invalid_input, "an argument holds a NUL character");
        }
        bytes += argument.size() + 1;
    }
    if (argv.size() > os::LaunchSpec::arguments_max || bytes > os::LaunchSpec::argument_bytes_max) {
        return fail(Code::exhausted,
                    fmt::format("a command takes at most {} arguments and {} bytes; "
                                "put the data in a file",
                                os::LaunchSpec::arguments_max, os::LaunchSpec::argument_bytes_max));
    }
    return {};
}

// The first operand of an interpreter, when no option before it brings the code itself.
const std::string* script_operand(const std::vector<std::string>& argv) {
    const std::string_view program =
        std::string_view(argv.front()).substr(argv.front().rfind('/') + 1);
    const auto known = std::find(interpreters.begin(), interpreters.end(), program);
    if (known == interpreters.end() || argv.size() < 2) return nullptr;
    return argv[1].empty() || argv[1].front() == '-' ? nullptr : &argv[1];
}

// A script of the project is bound by its hash and runs in its own place, because scripts look for
// their neighbours; the keeper compares the hash again when the approval is claimed.
Result<> add_script(const ToolContext& context, CommandPlan& plan) {
    const std::string* operand = script_operand(plan.action.argv);
    if (operand == nullptr) return {};
    const std::string path =
        operand->front() == '/' ? *operand : plan.action.working_directory + "/" + *operand;
    const auto spot = context.roots->resolve(path, files::MissingFolders::refuse);
    if (!spot || !spot->facts || spot->facts->kind != os::FileFacts::Kind::regular) return {};
    const files::Held held = TRY(context.roots->hold(spot->path));
    const os::Fd file =
        TRY(os::open_file(fmt::format("/proc/self/fd/{}", held.fd.get()), O_RDONLY | O_NONBLOCK));
    auto bytes = os::read_all(file.get(), script_bytes_max);
    if (!bytes)
        return fail(bytes.error().code, fmt::format("{}: {}", *operand, bytes.error().what));
    plan.action.scripts.push_back({spot->path, files::hex_sha256(*bytes)});
    plan.staged.push_back(std::move(*bytes));
    return {};
}

Json details_of(const Completed& completed) {
    const jail::Outcome& outcome = completed.outcome;
    Json details;
    details["ending"] = jail::ending_name(outcome.ending);
    details["code"] = static_cast<std::int64_t>(outcome.code);
    details["signal"] = static_cast<std::int64_t>(outcome.signal);
    details["wall_us"] = static_cast<std::int64_t>(outcome.usage.wall_us);
    details["cpu_us"] = static_cast<std::int64_t>(outcome.usage.cpu_us);
    details["memory_peak_bytes"] = static_cast<std::int64_t>(outcome.usage.memory_peak_bytes);
    details["output_bytes"] = static_cast<std::int64_t>(completed.output_bytes);
    if (!outcome.violation.empty()) details["violation"] = outcome.violation;
    for (const auto& call : outcome.denied) details["denied"].push(call.name);
    for (const auto& held : outcome.enforced) details["enforced"].push(held.what + ": " + held.by);
    return details;
}

void add_section(std::string& text, std::string_view title, const std::string& content) {
    if (content.empty()) return;
    if (!text.empty() && text.back() != '\n') text += '\n';
    if (!title.empty()) text += fmt::format("[{}]\n", title);
    text += content;
    if (text.back() != '\n') text += '\n';
}

}  // namespace

Result<std::string> find_program(const std::string& name, const std::string& working_directory) {
    if (name.find('/') != std::string::npos) {
        const std::string path = name.front() == '/' ? name : working_directory + "/" + name;
        if (is_program(path)) return path;
        return fail(Code::not_found, fmt::format("{} is no program that can be run", name));
    }
    for (const std::string_view folder : program_folders) {
        std::string path = fmt::format("{}/{}", folder, name);
        if (is_program(path)) return path;
    }
    return fail(Code::not_found,
                fmt::format("there is no program \"{}\" on this machine; a program's name and its "
                            "arguments are separate items of \"argv\"",
                            name.substr(0, 200)));
}

Result<CommandPlan> plan_command(const ToolContext& context, std::vector<std::string> argv,
                                 const std::string& working_directory, std::int64_t wall_ms) {
    TRY(check_argv(argv));
    const files::Spot spot =
        TRY(context.roots->resolve(working_directory, files::MissingFolders::refuse));
    if (!spot.facts || spot.facts->kind != os::FileFacts::Kind::directory) {
        return fail(Code::invalid_input, fmt::format("{} is no folder to run a command in",
                                                     context.roots->shown(spot.path)));
    }
    CommandPlan plan;
    plan.action.executable = TRY(find_program(argv.front(), spot.path));
    plan.action.argv = std::move(argv);
    plan.action.working_directory = spot.path;
    plan.action.wall_ms = wall_ms;
    TRY(add_script(context, plan));
    return plan;
}

Result<std::unique_ptr<sandbox::CommandRun>> start_permitted(ToolContext& context,
                                                             const gate::Permit<RunCommand>& permit,
                                                             Bytes input,
                                                             std::vector<Bytes> staged) {
    TRY(permit.check(context.clock.wall_ms()));
    if (context.launcher == nullptr) {
        return fail(Code::io, "the launcher is not running, so no command can be run");
    }
    const os::LaunchSpec spec = TRY(os::unpack_launch_spec(permit.envelope()));
    sandbox::RunRequest request;
    request.ticket = base::copy_bytes(permit.ticket());
    request.spec = base::copy_bytes(permit.envelope());
    request.input = std::move(input);
    request.staged = std::move(staged);
    request.bounds = output_bounds;
    request.output_bytes_max = spec.limits.output_bytes_max;
    return sandbox::CommandRun::start(*context.launcher, std::move(request));
}

Result<Completed> run_permitted(ToolContext& context, gate::Permit<RunCommand> permit, Bytes input,
                                std::vector<Bytes> staged) {
    const std::string decision = permit.id();
    auto started = start_permitted(context, permit, std::move(input), std::move(staged));
    if (!started) {
        report(context, decision, "failed", wire::JsonObject{{"error", started.error().what}});
        return std::move(started).failure();
    }
    sandbox::CommandRun& run = **started;
    const auto spec = os::unpack_launch_spec(permit.envelope());
    const auto wall_ms = spec ? static_cast<std::int64_t>(spec->limits.wall_ms) : 0;
    auto completed = run.wait(os::Deadline::after_ms(wall_ms + end_patience_ms), context.cancel);
    if (!completed) {
        run.kill();
        // What it did until now is worth a record, also when the person cancelled.
        const auto killed = run.wait(os::Deadline::after_ms(end_patience_ms));
        Json details = killed ? details_of(*killed) : Json(wire::JsonObject{});
        details["error"] = completed.error().what;
        report(context, decision, "stopped", std::move(details));
        return completed;
    }
    report(context, decision, std::string(jail::ending_name(completed->outcome.ending)),
           details_of(*completed));
    return completed;
}

std::string text_of(const Completed& completed) {
    const jail::Outcome& outcome = completed.outcome;
    std::string text;
    add_section(text, "", completed.standard_output);
    add_section(text, "standard error", completed.standard_error);
    if (completed.stopped_for_output) {
        add_section(text, "",
                    fmt::format("[stopped: it printed more than is read, {} bytes]",
                                completed.output_bytes));
    }
    if (outcome.ending != jail::Ending::exited || outcome.code != 0) {
        add_section(text, "", "[" + jail::describe(outcome) + "]");
    }
    for (const std::string& note : outcome.notes) add_section(text, "", "[" + note + "]");
    if (!outcome.denied.empty()) {
        std::string names;
        for (const auto& call : outcome.denied) names += (names.empty() ? "" : ", ") + call.name;
        add_section(text, "", fmt::format("[the sandbox refused: {}]", names));
    }
    return text.empty() ? "(no output; exit code 0)\n" : text;
}

}  // namespace hs::tools
