// files_write: a whole file, new or in the place of another.
#include <fmt/format.h>

#include "tools/default_tools.h"
#include "tools/file_steps.h"
#include "tools/line_diff.h"
#include "tools/result_label.h"
#include "tools/schema.h"

namespace hs::tools {
namespace {

using base::Result;
using wire::Json;

constexpr std::size_t preview_lines_max = 40;

class FilesWrite : public Tool {
  public:
    FilesWrite()
        : Tool({"files_write", "Writes a whole file; folders are made as needed.",
                object_schema({{"path", text_schema()}, {"content", text_schema()}})}) {}

    Result<Reply> run(const Json& arguments, ToolContext& context) const override {
        const std::string path = TRY(wire::text_at(arguments, "path"));
        const std::string content = TRY(wire::text_at(arguments, "content"));
        const files::ChangePlan plan =
            TRY(files::plan_write(*context.roots, path, base::bytes_of(content)));
        const bool is_new = plan.action.operation == gate::WriteFile::Operation::create;
        const std::string shown = context.roots->shown(plan.action.path);
        const LineDiff diff = diff_lines("", content, preview_lines_max);
        const std::string preview =
            fmt::format("  {} {}, {} bytes:\n{}", is_new ? "new file" : "replaces all of", shown,
                        content.size(), diff.text);
        const files::Changed changed = TRY(carry_out(context, plan, preview));
        Reply reply{fmt::format("{} {} ({} bytes). Undo: {}\n", is_new ? "Created" : "Replaced",
                                shown, content.size(), changed.checkpoint),
                    flow::Label::nothing(),
                    fmt::format("{} {}", is_new ? "created" : "replaced", shown)};
        reply.details["checkpoint"] = changed.checkpoint;
        return reply;
    }
};

}  // namespace

std::unique_ptr<Tool> make_files_write() {
    return std::make_unique<FilesWrite>();
}

}  // namespace hs::tools
