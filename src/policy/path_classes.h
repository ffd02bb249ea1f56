// PathClasses: what files hold and whether others execute them, by their names (classes.toml).
//
// What it is for: the facts `classes` and `runsLater` of a path.
// What it does not protect from: a secret in a file of an innocent name; `detect` reads content.
// Threads: immutable after parse.
#pragma once

#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "flow/label.h"
#include "policy/canonical_path.h"
#include "policy/pattern.h"
#include "policy/table_reader.h"

namespace hs::policy {

struct PathTraits {
    flow::DataClasses classes;
    bool runs_later = false;
};

class PathClasses {
  public:
    static constexpr std::size_t patterns_max = 10'000;

    // invalid_input names file and line.
    static base::Result<PathClasses> parse(const wire::TomlDocument& document,
                                           std::string_view file);

    PathTraits traits(const CanonicalPath& path) const;
    // The patterns of one class without "/" in them: names to mask in a sandbox.
    const std::vector<std::string>& names_of(flow::DataClass data_class) const;
    // The patterns of one class with "/" in them: ends of paths to mask in a sandbox.
    const std::vector<std::string>& ends_of(flow::DataClass data_class) const;

  private:
    struct Rule {
        std::vector<NamePattern> segments;
        flow::DataClasses classes;
        bool runs_later = false;
        std::vector<NamePattern> except;  // for the last segment
    };
    base::Result<> add(TableReader& table, const Rule& like);
    base::Result<> add_pattern(std::string_view pattern, Rule rule);
    void apply(const Rule& rule, const std::vector<std::string>& names, std::size_t at,
               PathTraits& traits) const;

    std::vector<Rule> rules_;
    // Rules by their first segment where it is literal, and the rest.
    std::unordered_map<std::string, std::vector<std::size_t>> literal_;
    std::vector<std::size_t> open_;
    std::array<std::vector<std::string>, flow::data_class_count> names_;
    std::array<std::vector<std::string>, flow::data_class_count> ends_;
};

}  // namespace hs::policy
