#include "hardshell-cedar/files.h"

#include <fmt/format.h>
#include <unistd.h>

#include "os/file.h"

namespace hs::cedar_tool {

using base::Code;
using base::fail;
using base::Result;

Result<std::string> read_text(const std::string& path) {
    if (path != "-") return os::read_text(path, file_bytes_max);
    const base::Bytes bytes = TRY(os::read_all(STDIN_FILENO, file_bytes_max));
    return std::string(base::text_of(bytes));
}

Result<> write_text(const std::string& path, const std::string& text) {
    constexpr mode_t readable_by_all = 0644;
    return os::write_file_atomic(path, base::bytes_of(text), readable_by_all);
}

Result<wire::Json> read_json(const std::string& path) {
    const std::string text = TRY(read_text(path));
    wire::JsonLimits limits;
    limits.bytes_max = file_bytes_max;
    auto json = wire::parse_json(text, limits);
    if (json) return json;
    return fail(json.error().code, fmt::format("{}: {}", path, json.error().what));
}

Result<cedar::PolicySet> read_policies(const std::string& path) {
    const std::string text = TRY(read_text(path));
    cedar::PolicySet policies = TRY(cedar::PolicySet::parse(text, path));
    TRY(policies.rename_from_annotation("id"));
    return policies;
}

Result<cedar::Schema> read_schema(const std::string& path, const std::string& format) {
    const std::string text = TRY(read_text(path));
    const auto syntax = format == "json" ? cedar::SchemaSyntax::json : cedar::SchemaSyntax::human;
    auto source = std::make_shared<cedar::SourceText>(path, text);
    return cedar::Schema::parse(std::move(source), syntax);
}

}  // namespace hs::cedar_tool
