// TableReader: reads a TOML table of ours, names the line of every mistake and refuses unknown
// keys.
//
// What it is for: tools.toml, classes.toml, zones.toml, profiles, exceptions and policy tests.
// What it does not protect from: values that are well typed and unwise.
// Threads: one owner; the document must outlive the reader.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "wire/toml.h"

namespace hs::policy {

// Parses a file's text; a mistake is told as "file:line:column: what".
base::Result<wire::TomlDocument> parse_named_toml(std::string_view file, std::string_view text);

// One table of the document. A typo is found by finish(), which must be called last.
class TableReader {
  public:
    TableReader(const wire::TomlDocument& document, std::string_view file, const wire::Json& table,
                std::string path)
        : document_(&document), file_(file), table_(&table), path_(std::move(path)) {}
    // The document's root.
    TableReader(const wire::TomlDocument& document, std::string_view file)
        : TableReader(document, file, document.value, "") {}

    bool has(std::string_view key) const { return table_->find(key) != nullptr; }
    base::Result<std::string> text(std::string_view key);
    base::Result<std::string> text_or(std::string_view key, std::string_view otherwise);
    base::Result<std::int64_t> integer_or(std::string_view key, std::int64_t otherwise);
    base::Result<bool> boolean_or(std::string_view key, bool otherwise);
    // Empty when absent.
    base::Result<std::vector<std::string>> texts(std::string_view key);
    // The member as it is, or null.
    const wire::Json* json(std::string_view key);
    // The tables of an array of tables; empty when absent.
    base::Result<std::vector<TableReader>> tables(std::string_view key);
    // A sub-table; the empty table when absent.
    base::Result<TableReader> table(std::string_view key);
    // Every key of this table, unread or not; all count as read.
    std::vector<std::string> keys();
    // invalid_input for a key that nothing has read.
    base::Result<> finish() const;

    // "file:line: what"
    base::Failure refuse(std::string_view key, std::string_view what) const;

  private:
    const wire::Json* read(std::string_view key);
    std::string path_of(std::string_view key) const;

    const wire::TomlDocument* document_;
    std::string file_;
    const wire::Json* table_;
    std::string path_;
    std::set<std::string, std::less<>> read_;
};

}  // namespace hs::policy
