// skill_run: a script of the skill that the turn acts as, pinned by its hash, in the skill's own
// sandbox, with the skill's folder around it as it was installed.
#include <fmt/format.h>

#include <algorithm>

#include "skills/script.h"
#include "tools/command_steps.h"
#include "tools/default_tools.h"
#include "tools/schema.h"

namespace hs::tools {
namespace {

using base::Code;
using base::fail;
using base::Result;
using wire::Json;

constexpr std::int64_t wall_ms = 120'000;

class SkillRun : public Tool {
  public:
    SkillRun()
        : Tool({"skill_run", "Runs a script of the loaded skill.",
                object_schema({{"script", text_schema()},
                               {"arguments", texts_schema(), Presence::optional}})}) {}

    Result<Reply> run(const Json& arguments, ToolContext& context) const override {
        const std::string& name = context.circumstances.skill;
        if (context.skills == nullptr || name.empty()) {
            return fail(Code::conflict, "load a skill first (skill_load)");
        }
        const std::string path = TRY(wire::text_at(arguments, "script"));
        const skills::Loaded skill =
            TRY(context.skills->load(name, context.clock.wall_ms(), skills::Store::Depth::hashes));
        const skills::TreeFile* file = skill.tree.find(path);
        if (file == nullptr || skill.entry.is_builtin) {
            return fail(Code::not_found, fmt::format("the skill has no script {}", path));
        }
        const std::string script = context.skills->folder_of(skill.entry.digest) + "/" + path;
        std::vector<std::string> argv = {TRY(skills::interpreter_of(path)), script};
        if (const Json* given = arguments.find("arguments")) {
            for (const Json& item : *given->array()) argv.push_back(*item.text());
        }
        CommandPlan plan = TRY(plan_command(context, std::move(argv), ".", wall_ms));
        const auto permissions = skill.manifest().permissions;
        const auto sees = [](const std::vector<std::string>& paths) {
            return std::find(paths.begin(), paths.end(), "project") != paths.end();
        };
        // A skill that does not see the project does not start in it.
        if (!sees(permissions.read) && !sees(permissions.write))
            plan.action.working_directory = "/tmp";
        plan.action.scripts = {{script, file->sha256}};
        plan.staged = {TRY(skills::packed_for_sandbox(skill.tree))};
        auto permit = TRY(obtain(context, plan.action));
        const auto completed =
            TRY(run_permitted(context, std::move(permit), {}, std::move(plan.staged)));
        Reply reply{text_of(completed), flow::Label::unknown(),
                    fmt::format("ran {} of {}", path, name)};
        reply.is_error = completed.outcome.ending == jail::Ending::not_started;
        reply.details["ending"] = jail::describe(completed.outcome);
        return reply;
    }
};

}  // namespace

std::unique_ptr<Tool> make_skill_run() {
    return std::make_unique<SkillRun>();
}

}  // namespace hs::tools
