#include "wire/toml.h"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <sstream>

#include "wire/utf8.h"

namespace hs::wire {
namespace {

using base::Code;
using base::fail;
using base::Result;

constexpr int depth_max = 16;

struct Walk {
    TomlDocument& document;

    Json scalar(const toml::node& node) const {
        if (const auto* text = node.as_string()) return Json(text->get());
        if (const auto* integer = node.as_integer()) return Json(integer->get());
        if (const auto* real = node.as_floating_point()) return Json(real->get());
        if (const auto* boolean = node.as_boolean()) return Json(boolean->get());
        std::ostringstream text;
        if (const auto* date = node.as_date()) text << date->get();
        if (const auto* time = node.as_time()) text << time->get();
        if (const auto* moment = node.as_date_time()) text << moment->get();
        return Json(text.str());
    }

    Json value(const toml::node& node, const std::string& path, int depth) {
        document.lines[path] = static_cast<int>(node.source().begin.line);
        if (depth > depth_max) return Json();
        if (const auto* table = node.as_table()) return object(*table, path, depth);
        const auto* array = node.as_array();
        if (array == nullptr) return scalar(node);
        Json items{JsonArray{}};
        for (std::size_t i = 0; i < array->size(); ++i) {
            items.push(value(*array->get(i), fmt::format("{}.{}", path, i), depth + 1));
        }
        return items;
    }

    Json object(const toml::table& table, const std::string& path, int depth) {
        Json members{JsonObject{}};
        for (const auto& [key, node] : table) {
            const std::string name(key.str());
            const std::string below = path.empty() ? name : path + "." + name;
            members[name] = value(node, below, depth + 1);
            document.lines[below] = static_cast<int>(key.source().begin.line);
        }
        return members;
    }
};

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r')) {
        text.remove_suffix(1);
    }
    return text;
}

// Where "key = …" stands inside [table], or where it belongs.
struct Spot {
    std::size_t begin = std::string_view::npos;
    std::size_t end = std::string_view::npos;
    bool found = false;
    bool table_found = false;
};

Spot find_spot(std::string_view text, std::string_view table, std::string_view key) {
    Spot spot;
    std::string current;
    if (table.empty()) {
        spot.table_found = true;
        spot.begin = spot.end = 0;
    }
    for (std::size_t at = 0; at < text.size();) {
        std::size_t end = text.find('\n', at);
        end = end == std::string_view::npos ? text.size() : end + 1;
        const std::string_view line = trimmed(text.substr(at, end - at - (text[end - 1] == '\n')));
        if (line.starts_with('[')) {
            current = std::string(trimmed(line.substr(1, line.find(']') - 1)));
            if (line.starts_with("[[")) current = "[[";
        }
        if (current == table && !line.starts_with("[[")) {
            const std::size_t equals = line.find('=');
            if (equals != std::string_view::npos && trimmed(line.substr(0, equals)) == key) {
                return {at, end, true, true};
            }
            if (!line.empty() || !spot.table_found) spot = {end, end, false, true};
        }
        at = end;
    }
    return spot;
}

}  // namespace

int TomlDocument::line_of(std::string_view path) const {
    const auto found = lines.find(path);
    return found == lines.end() ? 0 : found->second;
}

Result<TomlDocument> parse_toml(std::string_view text, std::size_t bytes_max) {
    if (text.size() > bytes_max) {
        return fail(Code::exhausted, fmt::format("the file has {} bytes; at most {} are accepted",
                                                 text.size(), bytes_max));
    }
    if (!is_utf8(text)) return fail(Code::invalid_input, "the file is not UTF-8 text");
    // The library throws; its exceptions end here.
    try {
        TomlDocument document;
        const toml::table parsed = toml::parse(text);
        document.value = Walk{document}.object(parsed, "", 0);
        return document;
    } catch (const toml::parse_error& error) {
        const auto& where = error.source().begin;
        return fail(Code::invalid_input, fmt::format("line {}, column {}: {}", where.line,
                                                     where.column, error.description()));
    }
}

std::string toml_string(std::string_view text) {
    std::string out;
    append_json_string(out, text);  // TOML's basic strings have JSON's escapes
    return out;
}

Result<std::string> set_in_toml(std::string_view text, std::string_view path,
                                std::string_view literal) {
    TRY(parse_toml(text));
    const std::size_t dot = path.rfind('.');
    const std::string_view table = dot == std::string_view::npos ? "" : path.substr(0, dot);
    const std::string_view key = dot == std::string_view::npos ? path : path.substr(dot + 1);
    const Spot spot = find_spot(text, table, key);
    const std::string line = fmt::format("{} = {}\n", key, literal);
    std::string changed(text);
    if (!changed.empty() && changed.back() != '\n') changed += '\n';
    if (spot.found) {
        changed.replace(spot.begin, spot.end - spot.begin, line);
    } else if (spot.table_found) {
        changed.insert(std::min(spot.begin, changed.size()), line);
    } else {
        changed += fmt::format("\n[{}]\n{}", table, line);
    }
    const TomlDocument check = TRY(parse_toml(changed));
    if (check.line_of(path) == 0) {
        return fail(Code::invalid_input, fmt::format("{} cannot be set in this file by itself; "
                                                     "write it there by hand",
                                                     path));
    }
    return changed;
}

}  // namespace hs::wire
