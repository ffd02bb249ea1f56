#include "policy/path_classes.h"

namespace hs::policy {

using base::Result;

Result<PathClasses> PathClasses::parse(const wire::TomlDocument& document, std::string_view file) {
    PathClasses result;
    TableReader root(document, file);
    for (TableReader& table : TRY(root.tables("class"))) {
        const auto data_class = flow::data_class_from_name(TRY(table.text("name")));
        if (!data_class)
            return table.refuse("name", "expected a data class, such as \"credential\"");
        Rule like;
        like.classes.add(*data_class);
        for (const std::string& pattern : TRY(table.texts("patterns"))) {
            const bool is_name = pattern.find('/') == std::string::npos;
            (is_name ? result.names_ : result.ends_)[static_cast<std::size_t>(*data_class)]
                .push_back(pattern);
        }
        TRY(result.add(table, like));
    }
    TableReader later = TRY(root.table("runs_later"));
    Rule like;
    like.runs_later = true;
    TRY(result.add(later, like));
    TRY(root.finish());
    return result;
}

Result<> PathClasses::add(TableReader& table, const Rule& like) {
    Rule rule = like;
    for (const std::string& text : TRY(table.texts("except"))) {
        Result<NamePattern> pattern = NamePattern::parse(folded_name(text));
        if (!pattern) return table.refuse("except", pattern.error().what);
        rule.except.push_back(*std::move(pattern));
    }
    for (const std::string& text : TRY(table.texts("patterns"))) {
        const Result<> added = add_pattern(text, rule);
        if (!added) return table.refuse("patterns", added.error().what);
    }
    return table.finish();
}

Result<> PathClasses::add_pattern(std::string_view text, Rule rule) {
    if (rules_.size() >= patterns_max) {
        return base::fail(base::Code::exhausted, "there are too many patterns");
    }
    while (true) {
        const std::size_t slash = text.find('/');
        rule.segments.push_back(TRY(NamePattern::parse(folded_name(text.substr(0, slash)))));
        if (slash == std::string_view::npos) break;
        text.remove_prefix(slash + 1);
    }
    const NamePattern& first = rule.segments.front();
    if (first.is_literal()) {
        literal_[first.literal()].push_back(rules_.size());
    } else {
        open_.push_back(rules_.size());
    }
    rules_.push_back(std::move(rule));
    return {};
}

void PathClasses::apply(const Rule& rule, const std::vector<std::string>& names, std::size_t at,
                        PathTraits& traits) const {
    if (at + rule.segments.size() > names.size()) return;
    for (std::size_t i = 0; i < rule.segments.size(); ++i) {
        if (!rule.segments[i].matches(names[at + i])) return;
    }
    const std::string& last = names[at + rule.segments.size() - 1];
    for (const NamePattern& except : rule.except) {
        if (except.matches(last)) return;
    }
    traits.classes = traits.classes | rule.classes;
    traits.runs_later = traits.runs_later || rule.runs_later;
}

PathTraits PathClasses::traits(const CanonicalPath& path) const {
    PathTraits traits;
    std::vector<std::string> names;
    for (const std::string_view segment : path.segments()) names.push_back(folded_name(segment));
    for (std::size_t at = 0; at < names.size(); ++at) {
        if (const auto found = literal_.find(names[at]); found != literal_.end()) {
            for (const std::size_t rule : found->second) apply(rules_[rule], names, at, traits);
        }
        for (const std::size_t rule : open_) apply(rules_[rule], names, at, traits);
    }
    return traits;
}

const std::vector<std::string>& PathClasses::names_of(flow::DataClass data_class) const {
    return names_[static_cast<std::size_t>(data_class)];
}

const std::vector<std::string>& PathClasses::ends_of(flow::DataClass data_class) const {
    return ends_[static_cast<std::size_t>(data_class)];
}

}  // namespace hs::policy
