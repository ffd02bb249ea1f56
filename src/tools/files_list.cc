// files_list: what is in a folder.
#include <fmt/format.h>

#include "tools/default_tools.h"
#include "tools/file_steps.h"
#include "tools/result_label.h"
#include "tools/schema.h"

namespace hs::tools {
namespace {

using base::Result;
using wire::Json;

std::string line_of(const files::Entry& entry) {
    switch (entry.kind) {
        case os::FileFacts::Kind::directory:
            return entry.name + "/\n";
        case os::FileFacts::Kind::link:
            return entry.name + " (link)\n";
        case os::FileFacts::Kind::other:
            return entry.name + " (pipe, socket or device)\n";
        case os::FileFacts::Kind::regular:
            break;
    }
    return fmt::format("{}  {}\n", entry.name, entry.size_bytes);
}

class FilesList : public Tool {
  public:
    FilesList()
        : Tool({"files_list", "Lists a folder: names, sizes in bytes.",
                object_schema({{"path", text_schema(), Presence::optional}})}) {}

    Result<Reply> run(const Json& arguments, ToolContext& context) const override {
        Reading reading = TRY(permit_to_read(context, arguments, gate::ReadFile::What::listing));
        const std::string shown = context.roots->shown(reading.path);
        const files::Listing listing =
            TRY(files::list_entries(std::move(reading.permit), *context.roots, watch_of(context)));
        std::string text;
        for (const files::Entry& entry : listing.entries) text += line_of(entry);
        if (text.empty()) text = "(the folder is empty)\n";
        if (!listing.whole) {
            text += fmt::format("[only {} entries; use files_find]\n", listing.entries.size());
        }
        Reply reply{text, label_of_names(*context.roots, reading.path),
                    fmt::format("listed {}, {} entries", shown, listing.entries.size())};
        reply.sources = {{flow::SourceKind::listing, reading.path}};
        return reply;
    }
};

}  // namespace

std::unique_ptr<Tool> make_files_list() {
    return std::make_unique<FilesList>();
}

}  // namespace hs::tools
