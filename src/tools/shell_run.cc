// shell_run: a program with its arguments, or a script, in the sandbox.
#include <fmt/format.h>

#include "files/write.h"
#include "os/file.h"
#include "tools/change_card.h"
#include "tools/command_steps.h"
#include "tools/default_tools.h"
#include "tools/line_diff.h"
#include "tools/result_label.h"
#include "tools/schema.h"

namespace hs::tools {
namespace {

using base::Code;
using base::fail;
using base::Result;
using wire::Json;

constexpr std::int64_t timeout_s_default = 120;
constexpr std::int64_t timeout_s_background = 3600;
constexpr std::int64_t timeout_s_max = 24 * 3600;
// A script is shown whole before it is approved, so it must be short enough to be read.
constexpr std::size_t script_bytes_max = 16 * 1024;

// The script's file, which lies in our own folder while the keeper looks at it.
class ScriptFile {
  public:
    ScriptFile() = default;
    ScriptFile(const ScriptFile&) = delete;
    ScriptFile& operator=(const ScriptFile&) = delete;
    ~ScriptFile() {
        if (!path_.empty()) (void)os::remove_file(path_);
    }
    Result<> write(const ToolContext& context, const std::string& text) {
        if (context.scripts_folder.empty()) {
            return fail(Code::io, "there is no folder for scripts; use \"argv\"");
        }
        TRY(os::make_private_folder(context.scripts_folder));
        // A name of its own for each call: two turns may run the same script.
        const std::string path = fmt::format("{}/{}.sh", context.scripts_folder,
                                             base::make_id(context.clock, context.random));
        TRY(os::write_file_atomic(path, base::bytes_of(text), 0600));
        path_ = path;
        return {};
    }
    const std::string& path() const { return path_; }

  private:
    std::string path_;
};

std::string shown_script(const std::string& script) {
    std::string shown = fmt::format("  the script, {} bytes:\n", script.size());
    std::string_view left = script;
    while (!left.empty()) {
        const std::size_t end = std::min(left.find('\n'), left.size());
        shown += "  | " + visible_line(left.substr(0, end), script_bytes_max * 8) + "\n";
        left.remove_prefix(std::min(end + 1, left.size()));
    }
    return shown;
}

std::string joined(const std::vector<std::string>& argv) {
    std::string text;
    for (const std::string& argument : argv) {
        if (!text.empty()) text += ' ';
        const bool plain = !argument.empty() &&
                           argument.find_first_of(" \t\n'\"\\$`|&;<>()*?") == std::string::npos;
        text += plain ? argument : "'" + argument + "'";
    }
    return visible_line(text, 200);
}

class ShellRun : public Tool {
  public:
    ShellRun()
        : Tool({"shell_run",
                "Runs a program in a sandbox: argv, or a short bash script. Builds reach permitted "
                "hosts.",
                object_schema({{"argv", texts_schema(), Presence::optional},
                               {"script", text_schema(), Presence::optional},
                               {"cwd", text_schema(), Presence::optional},
                               {"timeout_s", integer_schema(1, timeout_s_max), Presence::optional},
                               {"background", boolean_schema(), Presence::optional}})}) {}

    Result<Reply> run(const Json& arguments, ToolContext& context) const override {
        ScriptFile file;
        std::string preview;
        CommandPlan plan = TRY(plan_of(arguments, context, file, preview));
        preview += change_card(context, plan.action.argv, plan.action.working_directory);
        auto permit = TRY(obtain(context, plan.action, preview));
        const std::string title = title_of(arguments, plan);
        if (TRY(wire::boolean_at_or(arguments, "background", false))) {
            return begin(context, std::move(permit), std::move(plan), title);
        }
        const sandbox::Completed completed =
            TRY(run_permitted(context, std::move(permit), {}, std::move(plan.staged)));
        Reply reply{text_of(completed), label_of_command(*context.roots), title};
        reply.is_error = completed.outcome.ending == jail::Ending::not_started;
        reply.details["ending"] = jail::describe(completed.outcome);
        reply.sources = {{flow::SourceKind::command, title}};
        return reply;
    }

  private:
    static std::string title_of(const Json& arguments, const CommandPlan& plan) {
        const Json* script = arguments.find("script");
        return script == nullptr ? joined(plan.action.argv)
                                 : fmt::format("a script of {} bytes", script->text()->size());
    }

    static Result<CommandPlan> plan_of(const Json& arguments, const ToolContext& context,
                                       ScriptFile& file, std::string& preview) {
        const std::string folder = TRY(wire::text_at_or(arguments, "cwd", "."));
        const bool background = TRY(wire::boolean_at_or(arguments, "background", false));
        const std::int64_t timeout_s = TRY(wire::integer_at_or(
            arguments, "timeout_s", background ? timeout_s_background : timeout_s_default));
        const Json* argv = arguments.find("argv");
        const Json* script = arguments.find("script");
        if ((argv == nullptr) == (script == nullptr)) {
            return fail(Code::invalid_input,
                        "shell_run needs either \"argv\" (the program and its arguments, each an "
                        "item) or \"script\" (bash), and not both");
        }
        if (argv != nullptr) {
            std::vector<std::string> items;
            for (const Json& item : *argv->array()) items.push_back(*item.text());
            return plan_command(context, std::move(items), folder, timeout_s * 1000);
        }
        const std::string& text = *script->text();
        if (text.empty() || text.size() > script_bytes_max ||
            text.find('\0') != std::string::npos) {
            return fail(Code::invalid_input,
                        fmt::format("a script of 1 to {} bytes was expected, which a person can "
                                    "read; write longer ones to a file and run that",
                                    script_bytes_max));
        }
        TRY(file.write(context, text));
        preview = shown_script(text);
        CommandPlan plan =
            TRY(plan_command(context, {"bash", file.path()}, folder, timeout_s * 1000));
        plan.action.scripts = {{file.path(), files::hex_sha256(base::bytes_of(text))}};
        plan.staged = {base::copy_bytes(base::bytes_of(text))};
        return plan;
    }

    static Result<Reply> begin(ToolContext& context, gate::Permit<gate::RunCommand> permit,
                               CommandPlan plan, const std::string& title) {
        if (context.background == nullptr) {
            return fail(Code::io, "nothing keeps background commands here; run it in front");
        }
        auto run = TRY(start_permitted(context, permit, {}, std::move(plan.staged)));
        const std::uint64_t number =
            TRY(context.background->add(context.circumstances.session, title, std::move(run)));
        report(context, permit.id(), "started",
               wire::JsonObject{{"background", static_cast<std::int64_t>(number)}});
        Reply reply{fmt::format("Started in the background as process {}. See its output with "
                                "shell_processes.\n",
                                number),
                    flow::Label::nothing(), fmt::format("started {}", title)};
        reply.details["process"] = static_cast<std::int64_t>(number);
        return reply;
    }
};

}  // namespace

std::unique_ptr<Tool> make_shell_run() {
    return std::make_unique<ShellRun>();
}

}  // namespace hs::tools
