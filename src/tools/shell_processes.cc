// shell_processes: the commands that this session started in the background.
#include <fmt/format.h>

#include "tools/default_tools.h"
#include "tools/permission.h"
#include "tools/result_label.h"
#include "tools/schema.h"

namespace hs::tools {
namespace {

using base::Code;
using base::fail;
using base::Result;
using wire::Json;

constexpr std::int64_t number_max = 1'000'000'000;

class ShellProcesses : public Tool {
  public:
    ShellProcesses()
        : Tool({"shell_processes", "Background processes: list, new output, or kill.",
                object_schema({{"action", choice_schema({"list", "output", "kill"})},
                               {"id", integer_schema(1, number_max), Presence::optional}})}) {}

    Result<Reply> run(const Json& arguments, ToolContext& context) const override {
        TRY(check_skill_may_use(context, spec().name));
        if (context.background == nullptr)
            return fail(Code::io, "there are no background processes");
        const std::string action = TRY(wire::text_at(arguments, "action"));
        if (action == "list") return list(context);
        const std::int64_t number = TRY(wire::integer_at_or(arguments, "id", 0));
        if (number == 0) {
            return fail(Code::invalid_input, "\"id\" is missing: the number that shell_run gave");
        }
        return action == "output" ? look(context, static_cast<std::uint64_t>(number))
                                  : kill(context, static_cast<std::uint64_t>(number));
    }

  private:
    static Result<Reply> list(ToolContext& context) {
        std::string text;
        for (const auto& line : context.background->list(context.circumstances.session)) {
            text += fmt::format("{}  {}  {}  since {}\n", line.number,
                                line.running ? "running" : "ended", line.title,
                                base::format_time(line.started_ms));
        }
        if (text.empty()) text = "(no background processes)\n";
        return Reply{text, flow::Label::nothing(), "background processes"};
    }
    static Result<Reply> look(ToolContext& context, std::uint64_t number) {
        const auto news = TRY(context.background->look(context.circumstances.session, number));
        std::string text;
        if (news.bytes_skipped > 0) {
            text += fmt::format("[{} earlier bytes are gone]\n", news.bytes_skipped);
        }
        text += news.standard_output;
        if (!news.standard_error.empty()) text += "\n[standard error]\n" + news.standard_error;
        text += news.running ? "\n[still running]\n" : fmt::format("\n[{}]\n", news.ending);
        Reply reply{text, label_of_command(*context.roots),
                    fmt::format("output of process {}", number)};
        reply.sources = {{flow::SourceKind::command, fmt::format("background process {}", number)}};
        return reply;
    }
    static Result<Reply> kill(ToolContext& context, std::uint64_t number) {
        TRY(context.background->kill(context.circumstances.session, number));
        return Reply{fmt::format("Process {} was killed.\n", number), flow::Label::nothing(),
                     fmt::format("killed process {}", number)};
    }
};

}  // namespace

std::unique_ptr<Tool> make_shell_processes() {
    return std::make_unique<ShellProcesses>();
}

}  // namespace hs::tools
