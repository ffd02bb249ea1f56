#include "policy/exceptions.h"

#include <fmt/format.h>

#include <set>

#include "policy/canonical_time.h"
#include "policy/rule.h"
#include "policy/table_reader.h"

namespace hs::policy {
namespace {

using base::Result;

Result<base::WallTime_ms> parse_end(TableReader& table, std::string_view key,
                                    std::string_view text) {
    const auto time = parse_time(text);
    if (!time) return table.refuse(key, time.error().what);
    return *time;
}

Result<Exception> parse_exception(TableReader& table) {
    Exception exception;
    exception.id = TRY(table.text("id"));
    exception.lifts = TRY(table.text("lifts"));
    exception.target = TRY(table.text("target"));
    exception.space = TRY(table.text_or("space", ""));
    exception.project = TRY(table.text_or("project", ""));
    exception.person = TRY(table.text_or("person", ""));
    exception.owner = TRY(table.text("owner"));
    exception.reason = TRY(table.text("reason"));
    exception.approver = TRY(table.text("approver"));
    exception.alone = TRY(table.boolean_or("alone", false));
    exception.from_ms = TRY(parse_end(table, "from", TRY(table.text("from"))));
    exception.until_ms = TRY(parse_end(table, "until", TRY(table.text("until"))));
    for (const std::string& name : TRY(table.texts("effects"))) {
        const auto effect = word_from_name<Effect>(name);
        if (!effect) return table.refuse("effects", "\"" + name + "\" is no effect");
        exception.effects.push_back(*effect);
    }
    TRY(table.finish());
    return exception;
}

Result<> check(const Exception& exception, const TableReader& table) {
    if (!is_rule_id(exception.id)) return table.refuse("id", "expected a name such as \"exc-12\"");
    if (!is_rule_id(exception.lifts))
        return table.refuse("lifts", "expected the name of an exception");
    if (exception.effects.empty()) return table.refuse("effects", "expected at least one effect");
    if (exception.target.empty() || exception.target == "*" || exception.target == "/") {
        return table.refuse("target",
                            "expected one target, a folder ending in \"/\" or \"*.suffix\"");
    }
    for (const auto& [key, value] :
         {std::pair("owner", &exception.owner), std::pair("reason", &exception.reason),
          std::pair("approver", &exception.approver)}) {
        if (value->empty()) return table.refuse(key, "may not be empty");
    }
    if (exception.owner == exception.approver && !exception.alone) {
        return table.refuse("approver", "somebody else than the owner must approve");
    }
    if (exception.until_ms <= exception.from_ms ||
        exception.until_ms - exception.from_ms > ExceptionTable::longest_ms) {
        return table.refuse("until", "an exception ends after its start and within a year");
    }
    return {};
}

bool fits_target(std::string_view pattern, const Target& target) {
    const std::string text = target_text(target);
    if (pattern == text) return true;
    if (std::holds_alternative<PathTarget>(target) && pattern.ends_with('/')) {
        return text.starts_with(pattern);
    }
    const HostTarget* host = std::get_if<HostTarget>(&target);
    if (host == nullptr) return false;
    if (pattern == host->host) return true;
    if (!pattern.starts_with("*.")) return false;
    const std::string_view suffix = pattern.substr(1);
    const bool has_port = suffix.find(':') != std::string_view::npos;
    return std::string_view(has_port ? text : host->host).ends_with(suffix);
}

}  // namespace

bool fits(const Exception& exception, const Question& question) {
    const bool has_effect = std::find(exception.effects.begin(), exception.effects.end(),
                                      question.effect) != exception.effects.end();
    return has_effect && exception.from_ms <= question.now_ms &&
           question.now_ms < exception.until_ms &&
           (exception.space.empty() || exception.space == question.space) &&
           (exception.project.empty() || exception.project == question.project.name) &&
           (exception.person.empty() || exception.person == question.person) &&
           fits_target(exception.target, question.target);
}

Result<ExceptionTable> ExceptionTable::parse(const wire::TomlDocument& document,
                                             std::string_view file) {
    ExceptionTable result;
    std::set<std::string> ids;
    TableReader root(document, file);
    for (TableReader& table : TRY(root.tables("exception"))) {
        Exception exception = TRY(parse_exception(table));
        TRY(check(exception, table));
        if (!ids.insert(exception.id).second) return table.refuse("id", "the id is used twice");
        if (ids.size() > exceptions_max) return table.refuse("id", "there are too many exceptions");
        result.exceptions_.push_back(std::move(exception));
    }
    TRY(root.finish());
    return result;
}

std::vector<std::string> ExceptionTable::in_force(const Question& question) const {
    std::set<std::string> names;
    for (const Exception& exception : exceptions_) {
        if (fits(exception, question)) names.insert(exception.lifts);
    }
    return {names.begin(), names.end()};
}

Result<> ExceptionTable::add_all(const ExceptionTable& other) {
    for (const Exception& exception : other.exceptions_) {
        for (const Exception& known : exceptions_) {
            if (known.id != exception.id) continue;
            return base::fail(base::Code::invalid_input,
                              fmt::format("the exception {} stands in two files", exception.id));
        }
        exceptions_.push_back(exception);
    }
    return {};
}

void ExceptionTable::remove(std::string_view id) {
    std::erase_if(exceptions_, [id](const Exception& exception) { return exception.id == id; });
}

std::string to_toml(const std::vector<Exception>& exceptions) {
    std::string text;
    for (const Exception& exception : exceptions) {
        text += "[[exception]]\n";
        const auto line = [&text](std::string_view key, std::string_view value) {
            if (!value.empty()) text += fmt::format("{} = {}\n", key, wire::toml_string(value));
        };
        line("id", exception.id);
        line("lifts", exception.lifts);
        std::string effects;
        for (const Effect effect : exception.effects) {
            effects += (effects.empty() ? "" : ", ") + wire::toml_string(name_of(effect));
        }
        text += "effects = [" + effects + "]\n";
        line("target", exception.target);
        line("space", exception.space);
        line("project", exception.project);
        line("person", exception.person);
        line("owner", exception.owner);
        line("reason", exception.reason);
        line("approver", exception.approver);
        if (exception.alone) text += "alone = true\n";
        line("from", base::format_time(exception.from_ms));
        line("until", base::format_time(exception.until_ms));
        text += '\n';
    }
    return text;
}

}  // namespace hs::policy
