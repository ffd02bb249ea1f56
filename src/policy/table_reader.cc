#include "policy/table_reader.h"

#include <fmt/format.h>

#include "wire/utf8.h"

namespace hs::policy {
namespace {

using base::Code;
using base::fail;
using base::Result;
using wire::Json;

const Json& empty_table() {
    static const Json empty{wire::JsonObject{}};
    return empty;
}

// "line 3, column 5: what" as ":3:5: what"; any other text after ": ".
std::string placed(std::string_view what) {
    constexpr std::string_view line = "line ";
    constexpr std::string_view column = ", column ";
    const std::size_t comma = what.find(column);
    const std::size_t colon = what.find(": ");
    if (!what.starts_with(line) || comma == std::string_view::npos || colon < comma ||
        colon == std::string_view::npos) {
        return ": " + std::string(what);
    }
    const std::size_t after = comma + column.size();
    return fmt::format(":{}:{}{}", what.substr(line.size(), comma - line.size()),
                       what.substr(after, colon - after), what.substr(colon));
}

// The line of the first bytes that are not UTF-8.
std::size_t foreign_line(std::string_view text) {
    std::size_t line = 1;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        if (!wire::is_utf8(text.substr(0, end))) return line;
        text.remove_prefix(std::min(end + 1, text.size()));
        ++line;
    }
    return line;
}

}  // namespace

Result<wire::TomlDocument> parse_named_toml(std::string_view file, std::string_view text) {
    auto document = wire::parse_toml(text);
    if (document) return *std::move(document);
    if (!wire::is_utf8(text)) {
        return fail(Code::invalid_input,
                    fmt::format("{}:{}:1: expected UTF-8 text", file, foreign_line(text)));
    }
    return fail(document.error().code, std::string(file) + placed(document.error().what));
}

std::string TableReader::path_of(std::string_view key) const {
    return path_.empty() ? std::string(key) : path_ + "." + std::string(key);
}

const Json* TableReader::read(std::string_view key) {
    read_.emplace(key);
    return table_->find(key);
}

base::Failure TableReader::refuse(std::string_view key, std::string_view what) const {
    const std::string path = path_of(key);
    // What is missing has no line; its table has one.
    const int line = document_->line_of(path);
    const int shown = line != 0 ? line : std::max(1, document_->line_of(path_));
    return fail(Code::invalid_input, fmt::format("{}:{}: {}: {}", file_, shown, path, what));
}

Result<std::string> TableReader::text(std::string_view key) {
    const Json* value = read(key);
    if (value == nullptr) return refuse(key, "is missing; expected text");
    if (value->text() == nullptr) return refuse(key, "expected text");
    return *value->text();
}

Result<std::string> TableReader::text_or(std::string_view key, std::string_view otherwise) {
    if (read(key) == nullptr) return std::string(otherwise);
    return text(key);
}

Result<std::int64_t> TableReader::integer_or(std::string_view key, std::int64_t otherwise) {
    const Json* value = read(key);
    if (value == nullptr) return otherwise;
    if (value->integer() == nullptr) return refuse(key, "expected a whole number");
    return *value->integer();
}

Result<bool> TableReader::boolean_or(std::string_view key, bool otherwise) {
    const Json* value = read(key);
    if (value == nullptr) return otherwise;
    if (value->boolean() == nullptr) return refuse(key, "expected true or false");
    return *value->boolean();
}

Result<std::vector<std::string>> TableReader::texts(std::string_view key) {
    std::vector<std::string> result;
    const Json* value = read(key);
    if (value == nullptr) return result;
    if (value->array() == nullptr) return refuse(key, "expected a list of texts");
    for (const Json& item : *value->array()) {
        if (item.text() == nullptr) return refuse(key, "expected a list of texts");
        result.push_back(*item.text());
    }
    return result;
}

const Json* TableReader::json(std::string_view key) {
    return read(key);
}

Result<std::vector<TableReader>> TableReader::tables(std::string_view key) {
    std::vector<TableReader> result;
    const Json* value = read(key);
    if (value == nullptr) return result;
    if (value->array() == nullptr)
        return refuse(key, "expected tables, each [[" + path_of(key) + "]]");
    for (std::size_t i = 0; i < value->array()->size(); ++i) {
        const Json& item = (*value->array())[i];
        if (item.object() == nullptr) return refuse(key, "expected tables");
        result.emplace_back(*document_, file_, item, fmt::format("{}.{}", path_of(key), i));
    }
    return result;
}

Result<TableReader> TableReader::table(std::string_view key) {
    const Json* value = read(key);
    if (value == nullptr) return TableReader(*document_, file_, empty_table(), path_of(key));
    if (value->object() == nullptr) return refuse(key, "expected a table");
    return TableReader(*document_, file_, *value, path_of(key));
}

std::vector<std::string> TableReader::keys() {
    std::vector<std::string> result;
    for (const auto& [key, value] : *table_->object()) {
        result.push_back(key);
        read_.insert(key);
    }
    return result;
}

Result<> TableReader::finish() const {
    for (const auto& [key, value] : *table_->object()) {
        if (!read_.contains(key)) return refuse(key, "no such key; remove it or mend its name");
    }
    return {};
}

}  // namespace hs::policy
