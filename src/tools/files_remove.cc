// files_remove: one file.
#include <fmt/format.h>

#include "tools/default_tools.h"
#include "tools/file_steps.h"
#include "tools/schema.h"

namespace hs::tools {
namespace {

using base::Result;
using wire::Json;

class FilesRemove : public Tool {
  public:
    FilesRemove()
        : Tool({"files_remove", "Removes one file (can be undone).",
                object_schema({{"path", text_schema()}})}) {}

    Result<Reply> run(const Json& arguments, ToolContext& context) const override {
        const std::string path = TRY(wire::text_at(arguments, "path"));
        const files::ChangePlan plan = TRY(files::plan_remove(*context.roots, path));
        const std::string shown = context.roots->shown(plan.action.path);
        const files::Changed changed =
            TRY(carry_out(context, plan, fmt::format("  removes {}", shown)));
        Reply reply{fmt::format("Removed {}. Undo: {}\n", shown, changed.checkpoint),
                    flow::Label::nothing(), fmt::format("removed {}", shown)};
        reply.details["checkpoint"] = changed.checkpoint;
        return reply;
    }
};

}  // namespace

std::unique_ptr<Tool> make_files_remove() {
    return std::make_unique<FilesRemove>();
}

}  // namespace hs::tools
