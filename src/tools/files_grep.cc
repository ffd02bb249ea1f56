// files_grep: lines by regular expression.
#include <fmt/format.h>

#include "tools/default_tools.h"
#include "tools/file_steps.h"
#include "tools/result_label.h"
#include "tools/schema.h"

namespace hs::tools {
namespace {

using base::Code;
using base::Result;
using gate::ReadFile;
using wire::Json;

constexpr int files_decided_max = 100;

class FilesGrep : public Tool {
  public:
    FilesGrep()
        : Tool({"files_grep", "Finds lines by regular expression (RE2).",
                object_schema(
                    {{"pattern", text_schema()},
                     {"path", text_schema("folder or file"), Presence::optional},
                     {"glob", text_schema("only these files"), Presence::optional},
                     {"context_lines", integer_schema(0, files::GrepRequest::context_lines_max),
                      Presence::optional}})}) {}

    Result<Reply> run(const Json& arguments, ToolContext& context) const override {
        const std::string pattern = TRY(wire::text_at(arguments, "pattern"));
        const std::string glob = TRY(wire::text_at_or(arguments, "glob", ""));
        std::optional<files::Pattern> only;
        if (!glob.empty()) only = TRY(files::Pattern::from_glob(glob));
        files::GrepRequest request{
            TRY(files::Pattern::from_expression(pattern, files::Pattern::Letters::as_written))};
        request.glob = only ? &*only : nullptr;
        request.glob_against_path = files::names_folders(glob);
        request.context_lines =
            static_cast<std::size_t>(TRY(wire::integer_at_or(arguments, "context_lines", 0)));
        Reading reading = TRY(permit_to_read(context, arguments, ReadFile::What::search));
        const std::string decision = context.decision;
        int decided = 0;
        // The folder may be searched; whether a file's lines may be shown is its own decision.
        request.may_show = [&](const std::string& path) -> Result<bool> {
            if (++decided > files_decided_max) return false;
            const auto permit = obtain_unasked(context, ReadFile{path, ReadFile::What::content});
            if (permit) return true;
            if (permit.error().code == Code::io) return permit.failure();
            return false;
        };
        const files::Matches found = TRY(files::grep_files(
            std::move(reading.permit), *context.roots, request, watch_of(context)));
        context.decision = decision;
        const std::string text = found.matches == 0 ? "(no match)\n" : found.text;
        flow::Label label = label_of_names(*context.roots, reading.path);
        for (const flow::Source& source : found.sources) {
            label = flow::join(label,
                               label_of_file(*context.roots, source.name, context.histories.get()));
        }
        Reply reply{text + notes_of(found.coverage), label,
                    fmt::format("{} matches in {} files", found.matches, found.files)};
        reply.sources = found.sources;
        return reply;
    }
};

}  // namespace

std::unique_ptr<Tool> make_files_grep() {
    return std::make_unique<FilesGrep>();
}

}  // namespace hs::tools
