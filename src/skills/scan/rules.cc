#include "skills/scan/rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "policy/embedded.h"
#include "policy/table_reader.h"

namespace hs::skills {

using base::Code;
using base::fail;
using base::Result;

namespace {

constexpr std::size_t set_patterns_max = 24;

Result<Severity> severity_from(std::string_view name) {
    for (const auto one :
         {Severity::note, Severity::low, Severity::medium, Severity::high, Severity::critical}) {
        if (severity_name(one) == name) return one;
    }
    return fail(Code::invalid_input, fmt::format("unknown severity {}", name));
}

Result<Place> place_from(std::string_view name) {
    if (name == "prose") return Place::prose;
    if (name == "code") return Place::code;
    if (name == "comment") return Place::comment;
    if (name == "hidden") return Place::hidden;
    return fail(Code::invalid_input, fmt::format("unknown place {}", name));
}

Result<Language> language_from(std::string_view name) {
    if (name == "python") return Language::python;
    if (name == "javascript") return Language::javascript;
    if (name == "shell") return Language::shell;
    return fail(Code::invalid_input, fmt::format("unknown language {}", name));
}

}  // namespace

class RuleReader {
  public:
    Result<std::shared_ptr<const Rules>> read() {
        for (const auto& file : policy::embedded_files()) {
            if (file.name.starts_with("skills/")) TRY(collect(file));
        }
        for (const auto& file : policy::embedded_files()) {
            if (file.name.starts_with("skills/")) TRY(take(file));
        }
        TRY(compile());
        return std::shared_ptr<const Rules>(std::move(rules_));
    }

  private:
    Result<> collect(const policy::EmbeddedFile& file) {
        const auto document = TRY(policy::parse_named_toml(file.name, file.text));
        policy::TableReader root(document, file.name);
        auto fragments = TRY(root.table("fragments"));
        for (const auto& key : fragments.keys()) fragments_[key] = TRY(fragments.text(key));
        auto installers = TRY(root.table("installers"));
        for (auto& prefix : TRY(installers.texts("prefixes"))) {
            rules_->installers_.push_back(std::move(prefix));
        }
        return {};
    }

    Result<> take(const policy::EmbeddedFile& file) {
        const auto document = TRY(policy::parse_named_toml(file.name, file.text));
        policy::TableReader root(document, file.name);
        for (auto& row : TRY(root.tables("rule"))) TRY(rule(row));
        for (auto& row : TRY(root.tables("together"))) TRY(together(row));
        return {};
    }

    Result<std::string> expanded(std::string pattern) const {
        for (int turn = 0; turn < 64; ++turn) {
            const std::size_t begin = pattern.find("<<");
            const std::size_t end = pattern.find(">>", begin);
            if (begin == std::string::npos || end == std::string::npos) return pattern;
            const auto found = fragments_.find(pattern.substr(begin + 2, end - begin - 2));
            if (found == fragments_.end()) return pattern;  // a "<<" of the pattern's own
            pattern.replace(begin, end + 2 - begin, found->second);
        }
        return fail(Code::invalid_input, "fragments that hold each other");
    }

    Result<std::optional<Expression>> expression(policy::TableReader& row, std::string_view key) {
        const std::string text = TRY(row.text_or(key, ""));
        if (text.empty()) return std::optional<Expression>();
        return std::optional<Expression>(TRY(Expression::compile(TRY(expanded(text)))));
    }

    Result<> rule(policy::TableReader& row) {
        Rule made;
        made.id = TRY(row.text("id"));
        made.severity = TRY(severity_from(TRY(row.text("severity"))));
        auto places = TRY(row.texts("in"));
        if (places.empty()) places = {"code", "prose", "hidden"};
        for (const auto& place : places) made.places.push_back(TRY(place_from(place)));
        for (const auto& name : TRY(row.texts("languages"))) {
            made.languages.push_back(TRY(language_from(name)));
        }
        made.unless = TRY(expression(row, "unless"));
        made.expected = TRY(expression(row, "expected"));
        const std::string known = TRY(row.text_or("known_installers", ""));
        if (!known.empty()) made.known_installers = TRY(severity_from(known));
        made.unwarned = TRY(row.boolean_or("unwarned", false));
        made.message = TRY(row.text("message"));
        made.fix = TRY(row.text("fix"));
        made.tags = TRY(row.texts("tags"));
        made.signals = TRY(row.texts("signals"));
        for (auto& pattern : TRY(row.texts("patterns"))) {
            texts_.push_back(TRY(expanded(std::move(pattern))));
            auto compiled = Expression::compile(texts_.back());
            if (!compiled) return fail(Code::invalid_input, made.id + ": " + compiled.error().what);
            rules_->patterns_.push_back({rules_->rules_.size(), *compiled});
        }
        TRY(row.finish());
        rules_->rules_.push_back(std::move(made));
        return {};
    }

    Result<> together(policy::TableReader& row) {
        Together made;
        made.id = TRY(row.text("id"));
        made.severity = TRY(severity_from(TRY(row.text("severity"))));
        made.scope =
            TRY(row.text("scope")) == "skill" ? Together::Scope::skill : Together::Scope::file;
        made.all = TRY(row.texts("all"));
        made.unless = TRY(row.texts("unless"));
        made.message = TRY(row.text("message"));
        made.fix = TRY(row.text("fix"));
        made.tags = TRY(row.texts("tags"));
        TRY(row.finish());
        rules_->together_.push_back(std::move(made));
        return {};
    }

    Result<> compile() {
        for (std::size_t first = 0; first < texts_.size(); first += set_patterns_max) {
            const std::size_t end = std::min(first + set_patterns_max, texts_.size());
            const std::vector<std::string> group(
                texts_.begin() + static_cast<std::ptrdiff_t>(first),
                texts_.begin() + static_cast<std::ptrdiff_t>(end));
            rules_->sets_.emplace_back(first, TRY(ExpressionSet::compile(group)));
        }
        return {};
    }

    std::shared_ptr<Rules> rules_ = std::make_shared<Rules>();
    std::map<std::string, std::string> fragments_;
    std::vector<std::string> texts_;
};

bool Rule::holds_in(const Passage& passage) const {
    if (std::find(places.begin(), places.end(), passage.place) == places.end()) return false;
    if (!languages.empty() && passage.place == Place::code && passage.hidden_by.empty() &&
        std::find(languages.begin(), languages.end(), passage.language) == languages.end()) {
        return false;
    }
    return !unless || !unless->matches(passage.text);
}

Result<std::shared_ptr<const Rules>> Rules::builtin() {
    return RuleReader().read();
}

std::vector<Rules::Hit> Rules::match(const Passage& passage) const {
    std::vector<Hit> hits;
    for (const auto& [first, set] : sets_) {
        for (const int index : set.matches(passage.text)) {
            const Pattern& pattern = patterns_[first + static_cast<std::size_t>(index)];
            const Rule& rule = rules_[pattern.rule];
            if (!hits.empty() && hits.back().rule == &rule) continue;
            if (!rule.holds_in(passage)) continue;
            const auto found = pattern.expression.find(passage.text);
            const std::size_t offset =
                found.empty() ? 0 : static_cast<std::size_t>(found[0].data() - passage.text.data());
            hits.push_back({&rule, offset, found.empty() ? 0 : found[0].size()});
        }
    }
    return hits;
}

bool Rules::only_known_installers(std::string_view text) const {
    bool found = false;
    for (std::size_t at = text.find("http"); at != std::string_view::npos;
         at = text.find("http", at + 4)) {
        const std::string_view url = text.substr(at);
        if (!url.starts_with("http://") && !url.starts_with("https://")) continue;
        const auto known = [url](const std::string& prefix) {
            if (!url.starts_with(prefix)) return false;
            // "https://mise.run" must not admit "https://mise.run.example".
            const std::string_view rest = url.substr(prefix.size());
            return prefix.ends_with('/') || rest.empty() ||
                   std::string_view("/ \"')|?;`").find(rest.front()) != std::string_view::npos;
        };
        if (std::none_of(installers_.begin(), installers_.end(), known)) return false;
        found = true;
    }
    return found;
}

}  // namespace hs::skills
