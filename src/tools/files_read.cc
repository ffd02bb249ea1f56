// files_read: a page of a text file.
#include <fmt/format.h>

#include "tools/default_tools.h"
#include "tools/file_steps.h"
#include "tools/result_label.h"
#include "tools/schema.h"

namespace hs::tools {
namespace {

using base::Result;
using wire::Json;

std::string notes_about(const files::Page& page) {
    std::string notes;
    if (!page.at_end) {
        notes += fmt::format("[lines {} to {} of a file of {} bytes; go on with offset_lines {}]\n",
                             page.first_line, page.first_line + page.lines - 1, page.file_bytes,
                             page.first_line + page.lines - 1);
    }
    if (page.cut_lines > 0) notes += fmt::format("[{} long lines are cut]\n", page.cut_lines);
    if (page.mended) notes += "[bytes that are not UTF-8 are shown as \xef\xbf\xbd]\n";
    if (page.changed) notes += "[the file changed while it was read; read it again]\n";
    return notes;
}

flow::Source source_of(const std::string& path, const files::Page& page) {
    flow::Source source{flow::SourceKind::file, path};
    if (page.lines == 0) return source;
    const auto first = static_cast<std::int64_t>(page.first_line);
    source.lines = {{first, first + static_cast<std::int64_t>(page.lines) - 1}};
    source.bytes = page.text.size();
    source.digest = files::hex_sha256(base::bytes_of(page.text));
    return source;
}

class FilesRead : public Tool {
  public:
    FilesRead()
        : Tool({"files_read", "Reads lines of a text file.",
                object_schema(
                    {{"path", text_schema()},
                     {"offset_lines", integer_schema(0, 1'000'000'000), Presence::optional},
                     {"limit_lines", integer_schema(1, files::PageRequest::limit_lines_max),
                      Presence::optional}})}) {}

    Result<Reply> run(const Json& arguments, ToolContext& context) const override {
        files::PageRequest request;
        request.offset_lines =
            static_cast<std::uint64_t>(TRY(wire::integer_at_or(arguments, "offset_lines", 0)));
        request.limit_lines = static_cast<std::uint64_t>(TRY(wire::integer_at_or(
            arguments, "limit_lines", files::PageRequest::limit_lines_default)));
        Reading reading = TRY(permit_to_read(context, arguments, gate::ReadFile::What::content));
        const files::Page page = TRY(files::read_page(std::move(reading.permit), *context.roots,
                                                      request, watch_of(context)));
        const std::string shown = context.roots->shown(reading.path);
        const std::string text = page.lines == 0 ? "(nothing there)\n" : page.text;
        Reply reply{text + notes_about(page),
                    label_of_file(*context.roots, reading.path, context.histories.get()),
                    fmt::format("read {}, {} lines", shown, page.lines)};
        reply.sources = {source_of(reading.path, page)};
        return reply;
    }
};

}  // namespace

std::unique_ptr<Tool> make_files_read() {
    return std::make_unique<FilesRead>();
}

}  // namespace hs::tools
