// files_edit: replaces an exact text in a file.
#include <fmt/format.h>

#include "tools/default_tools.h"
#include "tools/file_steps.h"
#include "tools/line_diff.h"
#include "tools/schema.h"

namespace hs::tools {
namespace {

using base::Result;
using wire::Json;

constexpr std::size_t preview_lines_max = 60;

class FilesEdit : public Tool {
  public:
    FilesEdit()
        : Tool({"files_edit",
                "Replaces text in a file. `old` must match exactly once, unless all is true.",
                object_schema({{"path", text_schema()},
                               {"old", text_schema()},
                               {"new", text_schema()},
                               {"all", boolean_schema(), Presence::optional}})}) {}

    Result<Reply> run(const Json& arguments, ToolContext& context) const override {
        const std::string path = TRY(wire::text_at(arguments, "path"));
        files::Replacement replacement{TRY(wire::text_at(arguments, "old")),
                                       TRY(wire::text_at(arguments, "new"))};
        if (TRY(wire::boolean_at_or(arguments, "all", false))) {
            replacement.occurrence = files::Occurrence::every;
        }
        Reading reading = TRY(permit_to_read(context, arguments, gate::ReadFile::What::content));
        const base::Bytes before = TRY(files::read_whole(
            std::move(reading.permit), *context.roots, files::write_bytes_max, watch_of(context)));
        const files::ChangePlan plan =
            TRY(files::plan_edit(*context.roots, path, before, replacement));
        const LineDiff diff =
            diff_lines(base::text_of(before), base::text_of(plan.content), preview_lines_max);
        const std::string shown = context.roots->shown(plan.action.path);
        const files::Changed changed =
            TRY(carry_out(context, plan, fmt::format("  changes {}:\n{}", shown, diff.text)));
        Reply reply{fmt::format("Changed {}: {} lines added, {} removed. Undo: {}\n", shown,
                                diff.added, diff.removed, changed.checkpoint),
                    flow::Label::nothing(),
                    fmt::format("changed {}, +{} -{}", shown, diff.added, diff.removed)};
        reply.details["checkpoint"] = changed.checkpoint;
        return reply;
    }
};

}  // namespace

std::unique_ptr<Tool> make_files_edit() {
    return std::make_unique<FilesEdit>();
}

}  // namespace hs::tools
