// files_find: files and folders by name.
#include <fmt/format.h>

#include "tools/default_tools.h"
#include "tools/file_steps.h"
#include "tools/result_label.h"
#include "tools/schema.h"

namespace hs::tools {
namespace {

using base::Code;
using base::fail;
using base::Result;
using wire::Json;

// A bare word is looked for anywhere in a name.
std::string glob_of(const std::string& pattern) {
    if (pattern.find_first_of("*?[{/") != std::string::npos) return pattern;
    return "*" + pattern + "*";
}

class FilesFind : public Tool {
  public:
    FilesFind()
        : Tool({"files_find", "Finds files by name glob, e.g. *.md or src/**/*.h.",
                object_schema({{"pattern", text_schema(), Presence::optional},
                               {"name", text_schema(), Presence::optional},
                               {"path", text_schema(), Presence::optional}})}) {}

    Result<Reply> run(const Json& arguments, ToolContext& context) const override {
        std::string pattern = TRY(wire::text_at_or(arguments, "pattern", ""));
        if (pattern.empty()) pattern = TRY(wire::text_at_or(arguments, "name", ""));
        if (pattern.empty()) {
            return fail(Code::invalid_input, "files_find needs the argument \"pattern\"");
        }
        const std::string glob = glob_of(pattern);
        files::FindRequest request{TRY(files::Pattern::from_glob(glob)),
                                   files::names_folders(glob)};
        if (pattern.starts_with(".git")) request.history = files::History::searched;
        Reading reading = TRY(permit_to_read(context, arguments, gate::ReadFile::What::search));
        const files::Found found = TRY(files::find_files(std::move(reading.permit), *context.roots,
                                                         request, watch_of(context)));
        std::string text;
        for (const std::string& path : found.paths) text += path + "\n";
        if (text.empty()) text = "(nothing found)\n";
        Reply reply{
            text + notes_of(found.coverage), label_of_names(*context.roots, reading.path),
            fmt::format("found {} in {}", found.paths.size(), context.roots->shown(reading.path))};
        reply.sources = {{flow::SourceKind::listing, reading.path}};
        return reply;
    }
};

}  // namespace

std::unique_ptr<Tool> make_files_find() {
    return std::make_unique<FilesFind>();
}

}  // namespace hs::tools
