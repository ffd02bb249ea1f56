#include "hardshell-cedar/files.h"

#include <fmt/format.h>

#include <fstream>
#include <iostream>

namespace hs::cedar_tool {

using base::Code;
using base::fail;
using base::Result;

namespace {

// Stops right after the limit, so that a huge or endless input costs no more than the limit.
Result<std::string> read_stream(std::istream& stream, const std::string& name) {
    std::string text;
    std::array<char, 1U << 16U> buffer{};
    while (stream.read(buffer.data(), buffer.size()) || stream.gcount() > 0) {
        text.append(buffer.data(), static_cast<std::size_t>(stream.gcount()));
        if (text.size() > file_bytes_max) {
            return fail(Code::invalid_input, fmt::format("{}: more than {} bytes; split it", name,
                                                         file_bytes_max));
        }
    }
    if (stream.bad()) return fail(Code::io, fmt::format("{}: reading failed", name));
    return text;
}

}  // namespace

Result<std::string> read_text(const std::string& path) {
    if (path == "-") return read_stream(std::cin, "standard input");
    std::ifstream stream(path, std::ios::binary);
    if (!stream) {
        return fail(Code::io, fmt::format("{}: cannot be opened; expected a readable file", path));
    }
    return read_stream(stream, path);
}

Result<> write_text(const std::string& path, const std::string& text) {
    std::ofstream stream(path, std::ios::binary | std::ios::trunc);
    stream << text;
    stream.close();
    if (!stream) return fail(Code::io, fmt::format("{}: cannot be written", path));
    return {};
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
    const auto syntax =
        format == "json" ? cedar::SchemaSyntax::json : cedar::SchemaSyntax::human;
    auto source = std::make_shared<cedar::SourceText>(path, text);
    return cedar::Schema::parse(std::move(source), syntax);
}

}  // namespace hs::cedar_tool
