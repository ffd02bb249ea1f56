#include "flow/source.h"

#include <algorithm>
#include <array>
#include <optional>

namespace hs::flow {

using base::Code;
using base::fail;
using base::Result;
using wire::Json;

namespace {

constexpr std::array<std::string_view, 12> kind_names = {"file",   "listing", "command", "page",
                                                         "memory", "skill",   "tool",    "message",
                                                         "answer", "summary", "earlier", "prompt"};

std::optional<SourceKind> kind_from(std::string_view name) {
    const auto* found = std::find(kind_names.begin(), kind_names.end(), name);
    if (found == kind_names.end()) return std::nullopt;
    return static_cast<SourceKind>(found - kind_names.begin());
}

bool is_digest(std::string_view text) {
    return text.size() == 64 &&
           text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

}  // namespace

std::string_view source_kind_name(SourceKind kind) {
    return kind_names[static_cast<std::size_t>(kind)];
}

void add_line(std::vector<LineRange>& lines, std::int64_t number) {
    if (!lines.empty() && number <= lines.back().last) return;
    const bool follows = !lines.empty() && number == lines.back().last + 1;
    if (follows) {
        lines.back().last = number;
    } else {
        lines.push_back({number, number});
    }
}

std::vector<LineRange> joined(std::vector<LineRange> lines) {
    std::sort(lines.begin(), lines.end(), [](const LineRange& a, const LineRange& b) {
        return a.first != b.first ? a.first < b.first : a.last < b.last;
    });
    std::vector<LineRange> out;
    for (const LineRange& range : lines) {
        if (!out.empty() && range.first <= out.back().last + 1) {
            out.back().last = std::max(out.back().last, range.last);
        } else {
            out.push_back(range);
        }
    }
    return out;
}

Json to_json(const std::vector<LineRange>& lines) {
    wire::JsonArray list;
    for (const LineRange& range : lines) {
        list.emplace_back(wire::JsonArray{Json(range.first), Json(range.last)});
    }
    return list;
}

Result<std::vector<LineRange>> line_ranges_from_json(const Json& json, std::size_t most) {
    const auto* list = json.array();
    if (list == nullptr || list->size() > most) {
        return fail(Code::invalid_input, "\"lines\" must be a list of ranges");
    }
    std::vector<LineRange> lines;
    for (const Json& item : *list) {
        const auto* pair = item.array();
        const bool whole = pair != nullptr && pair->size() == 2 &&
                           (*pair)[0].integer() != nullptr && (*pair)[1].integer() != nullptr;
        if (!whole || *(*pair)[0].integer() < 0 || *(*pair)[1].integer() < *(*pair)[0].integer()) {
            return fail(Code::invalid_input, "\"lines\" must hold [first, last]");
        }
        lines.push_back({*(*pair)[0].integer(), *(*pair)[1].integer()});
    }
    return lines;
}

Json to_json(const Source& source) {
    Json json = wire::JsonObject{{"what", source_kind_name(source.kind)},
                                 {"name", source.name},
                                 {"bytes", static_cast<std::int64_t>(source.bytes)}};
    if (!source.lines.empty()) json["lines"] = to_json(source.lines);
    if (!source.digest.empty()) json["digest"] = source.digest;
    return json;
}

Result<Source> source_from_json(const Json& json) {
    Source source;
    const auto kind = kind_from(TRY(wire::text_at(json, "what")));
    if (!kind) return fail(Code::invalid_input, "\"what\" is no kind of source");
    source.kind = *kind;
    source.name = TRY(wire::text_at(json, "name"));
    const std::int64_t bytes = TRY(wire::integer_at(json, "bytes"));
    source.digest = TRY(wire::text_at_or(json, "digest", ""));
    const bool fits = source.name.size() <= Source::name_bytes_max && bytes >= 0 &&
                      (source.digest.empty() || is_digest(source.digest));
    if (!fits) return fail(Code::invalid_input, "a source's name, bytes or digest is malformed");
    source.bytes = static_cast<std::uint64_t>(bytes);
    if (const Json* lines = json.find("lines")) source.lines = TRY(line_ranges_from_json(*lines));
    return source;
}

}  // namespace hs::flow
