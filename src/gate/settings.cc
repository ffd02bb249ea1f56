#include "gate/settings.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>

namespace hs::gate {
namespace {

using base::Code;
using base::fail;
using base::Result;
using wire::Json;

constexpr std::size_t providers_max = 64;

std::string_view type_name(SettingType type) {
    switch (type) {
        case SettingType::text:
            return "a string in quotes";
        case SettingType::integer:
            return "a whole number";
        case SettingType::boolean:
            return "true or false";
        case SettingType::text_list:
            return "a list of strings";
    }
    return "";
}

bool has_type(const Json& value, SettingType type) {
    switch (type) {
        case SettingType::text:
            return value.text() != nullptr;
        case SettingType::integer:
            return value.integer() != nullptr;
        case SettingType::boolean:
            return value.boolean() != nullptr;
        case SettingType::text_list:
            break;
    }
    const auto* items = value.array();
    return items != nullptr && std::all_of(items->begin(), items->end(),
                                           [](const Json& item) { return item.text() != nullptr; });
}

std::size_t edits_between(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = std::exchange(row[0], i);
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t change = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
            diagonal = row[j];
            row[j] = std::min({row[j] + 1, row[j - 1] + 1, change});
        }
    }
    return row[b.size()];
}

Result<> check_value(const SettingRow& row, const Json& value, std::string_view where) {
    if (!has_type(value, row.type)) {
        return fail(Code::invalid_input,
                    fmt::format("{}: {} must be {}", where, row.key, type_name(row.type)));
    }
    const std::int64_t* number = value.integer();
    if (number != nullptr && row.highest != 0 && (*number < row.lowest || *number > row.highest)) {
        return fail(Code::invalid_input, fmt::format("{}: {} must be {} to {}", where, row.key,
                                                     row.lowest, row.highest));
    }
    return {};
}

// "provider.NAME.url" → "provider.*.url".
std::string pattern_of(std::string_view key) {
    const std::size_t first = key.find('.');
    const std::size_t second = first == std::string_view::npos ? first : key.find('.', first + 1);
    if (second == std::string_view::npos || key.substr(0, first) != "provider")
        return std::string(key);
    return "provider.*" + std::string(key.substr(second));
}

struct Leaf {
    std::string key;
    const Json* value;
};

void collect(const Json& value, const std::string& path, std::vector<Leaf>& leaves) {
    if (const auto* object = value.object()) {
        for (const auto& [name, member] : *object) {
            collect(member, path.empty() ? name : path + "." + name, leaves);
        }
        return;
    }
    leaves.push_back({path, &value});
}

}  // namespace

const std::vector<SettingRow>& setting_rows() {
    static const std::vector<SettingRow> rows{
        {"person.name", SettingType::text, "\"\"", "How the assistant addresses you."},
        {"space.name", SettingType::text, "\"personal\"", "The space that this daemon serves."},
        {"policy.preset", SettingType::text, "\"personal\"",
         "The preset of rules: personal, work, enterprise or locked."},
        {"organisation.folder", SettingType::text, "\"\"",
         "Folder of the organisation's policy, roles, classes of projects and acceptable-use text. "
         "Where /etc/hardshell exists, that one holds instead."},
        {"model.default", SettingType::text, "\"\"",
         "Name of the provider to ask first; empty: the first that is configured, else a local "
         "server that is found, else the offline provider."},
        {"model.fallbacks", SettingType::text_list, "[]",
         "Providers to ask, in order, when it fails."},
        {"model.max_tokens", SettingType::integer, "4096", "Longest answer, in tokens.", 1,
         200'000},
        {"model.discover", SettingType::boolean, "true",
         "Look for Ollama and llama.cpp servers on this machine when no provider is configured."},
        {"api.enabled", SettingType::boolean, "true", "Answer HTTP on loopback."},
        {"api.port", SettingType::integer, "7483", "Loopback port of the HTTP API.", 0, 65535},
        {"api.project", SettingType::text, "\"\"",
         "Folder in which conversations of API clients work; empty: they use no tools on files or "
         "commands."},
        {"files.roots", SettingType::text_list, "[]",
         "Folders besides the project that the file tools may open."},
        {"budget.session_tokens", SettingType::integer, "2000000",
         "Tokens that one session may use.", 1, INT64_MAX},
        {"budget.day_tokens", SettingType::integer, "10000000",
         "Tokens that one person may use in a day.", 1, INT64_MAX},
        {"budget.day_cents", SettingType::integer, "2000",
         "Money that one person may spend in a day, in cents.", 0, INT64_MAX},
        {"turn.steps_max", SettingType::integer, "50",
         "Model calls in one turn before it is stopped.", 1, 1000},
        {"turn.approval_minutes", SettingType::integer, "30",
         "How long an approval may wait; silence is denial.", 1, 10'080},
        {"provider.*.kind", SettingType::text, "\"openai\"",
         "What the provider speaks: anthropic, openai or offline."},
        {"provider.*.url", SettingType::text, "\"\"",
         "Base address, such as https://api.anthropic.com."},
        {"provider.*.model", SettingType::text, "\"\"", "The model to ask for."},
        {"provider.*.credential", SettingType::text, "\"\"",
         "Name of the secret that holds its key (hardshell secret set NAME)."},
        {"provider.*.local", SettingType::boolean, "false", "It runs on this machine."},
        {"provider.*.retains", SettingType::boolean, "true", "It keeps what it is sent."},
        {"provider.*.accepts", SettingType::text_list,
         "[\"public\", \"internal\", \"source_code\", \"personal\"]",
         "Data classes that may go there."},
        {"provider.*.input_microcents", SettingType::integer, "0",
         "Price of a million input tokens, in 1/10,000 of a cent.", 0, INT64_MAX},
        {"provider.*.output_microcents", SettingType::integer, "0",
         "Price of a million output tokens, in 1/10,000 of a cent.", 0, INT64_MAX},
        {"provider.*.context_tokens", SettingType::integer, "200000", "Size of its context window.",
         1024, 100'000'000},
    };
    return rows;
}

const std::vector<ProviderSetting>& local_providers() {
    static const auto make = [](const char* name, const char* url) {
        ProviderSetting provider;
        provider.name = name;
        provider.kind = "openai";
        provider.url = url;
        provider.local = true;
        provider.retains = false;
        return provider;
    };
    static const std::vector<ProviderSetting> known{make("ollama", "http://127.0.0.1:11434/v1"),
                                                    make("llama_cpp", "http://127.0.0.1:8080/v1")};
    return known;
}

const SettingRow* row_of(std::string_view key) {
    const std::string pattern = pattern_of(key);
    for (const SettingRow& row : setting_rows()) {
        if (row.key == pattern) return &row;
    }
    return nullptr;
}

std::string nearest_key(std::string_view key) {
    std::string best;
    std::size_t fewest = SIZE_MAX;
    for (const SettingRow& row : setting_rows()) {
        const std::size_t edits = edits_between(pattern_of(key), row.key);
        if (edits < fewest) {
            fewest = edits;
            best = row.key;
        }
    }
    return best;
}

Result<std::string> literal_for(const SettingRow& row, std::string_view typed) {
    if (row.type == SettingType::text) return wire::toml_string(typed);
    if (row.type == SettingType::text_list && !typed.starts_with('[')) {
        std::string list = "[";
        while (!typed.empty()) {
            const std::size_t comma = std::min(typed.find(','), typed.size());
            list += (list.size() > 1 ? ", " : "") + wire::toml_string(typed.substr(0, comma));
            typed.remove_prefix(std::min(comma + 1, typed.size()));
        }
        return list + "]";
    }
    const auto document = wire::parse_toml(fmt::format("v = {}\n", typed));
    const Json* value = document ? document->value.find("v") : nullptr;
    if (value == nullptr || !has_type(*value, row.type)) {
        return fail(Code::invalid_input,
                    fmt::format("{} must be {}, not {}", row.key, type_name(row.type), typed));
    }
    TRY(check_value(row, *value, "the value given"));
    return std::string(typed);
}

Settings Settings::defaults() {
    auto settings = parse("", "");
    CHECK(settings.ok());
    return std::move(*settings);
}

Result<Settings> Settings::parse(std::string_view text, std::string_view file_name) {
    auto document = wire::parse_toml(text);
    if (!document) {
        return fail(Code::invalid_input, fmt::format("{}, {}", file_name, document.error().what));
    }
    Settings settings;
    for (const SettingRow& row : setting_rows()) {
        if (row.key.find('*') != std::string_view::npos) continue;
        const auto fallback = TRY(wire::parse_toml(fmt::format("v = {}\n", row.fallback)));
        settings.values_[std::string(row.key)] = {*fallback.value.find("v"), "default"};
    }
    TRY(settings.read(*document, file_name));
    TRY(settings.read_providers(file_name));
    return settings;
}

Result<> Settings::read(const wire::TomlDocument& document, std::string_view file_name) {
    std::vector<Leaf> leaves;
    collect(document.value, "", leaves);
    for (const Leaf& leaf : leaves) {
        const int line = document.line_of(leaf.key);
        const std::string where = fmt::format("{}, line {}", file_name, line);
        const SettingRow* row = row_of(leaf.key);
        if (row == nullptr) {
            return fail(Code::invalid_input,
                        fmt::format("{}: there is no setting \"{}\"; did you mean \"{}\"?", where,
                                    leaf.key, nearest_key(leaf.key)));
        }
        TRY(check_value(*row, *leaf.value, where));
        values_[leaf.key] = {*leaf.value, fmt::format("{} line {}", file_name, line)};
    }
    return {};
}

Result<> Settings::read_providers(std::string_view file_name) {
    std::vector<std::string> names;
    for (const auto& [key, value] : values_) {
        if (!key.starts_with("provider.")) continue;
        std::string name = key.substr(9, key.find('.', 9) - 9);
        if (names.empty() || names.back() != name) names.push_back(std::move(name));
    }
    if (names.size() > providers_max) {
        return fail(Code::exhausted,
                    fmt::format("{}: more than {} providers", file_name, providers_max));
    }
    for (const auto& name : names) {
        const std::string prefix = "provider." + name + ".";
        for (const SettingRow& row : setting_rows()) {
            if (!row.key.starts_with("provider.*.")) continue;
            const std::string key = prefix + std::string(row.key.substr(11));
            if (values_.contains(key)) continue;
            const auto fallback = TRY(wire::parse_toml(fmt::format("v = {}\n", row.fallback)));
            values_[key] = {*fallback.value.find("v"), "default"};
        }
        const std::string kind = text(prefix + "kind");
        if (kind != "anthropic" && kind != "openai" && kind != "offline") {
            return fail(Code::invalid_input,
                        fmt::format("{}: {}kind must be anthropic, openai or offline, not \"{}\"",
                                    file_name, prefix, kind));
        }
        if (kind != "offline" && text(prefix + "url").empty()) {
            return fail(Code::invalid_input,
                        fmt::format("{}: {}url is missing; write the provider's base address, such "
                                    "as https://api.anthropic.com",
                                    file_name, prefix));
        }
        providers_.push_back(
            {name, kind, text(prefix + "url"), text(prefix + "model"), text(prefix + "credential"),
             boolean(prefix + "local"), boolean(prefix + "retains"), texts(prefix + "accepts"),
             integer(prefix + "input_microcents"), integer(prefix + "output_microcents"),
             integer(prefix + "context_tokens")});
    }
    return {};
}

const ProviderSetting* Settings::provider(std::string_view name) const {
    for (const ProviderSetting& provider : providers_) {
        if (provider.name == name) return &provider;
    }
    if (!boolean("model.discover")) return nullptr;
    for (const ProviderSetting& provider : local_providers()) {
        if (provider.name == name) return &provider;
    }
    return nullptr;
}

const SettingValue* Settings::find(std::string_view key) const {
    const auto found = values_.find(key);
    return found == values_.end() ? nullptr : &found->second;
}

std::string Settings::text(std::string_view key) const {
    const SettingValue* held = find(key);
    CHECK(held != nullptr && held->value.text() != nullptr);
    return *held->value.text();
}

std::int64_t Settings::integer(std::string_view key) const {
    const SettingValue* held = find(key);
    CHECK(held != nullptr && held->value.integer() != nullptr);
    return *held->value.integer();
}

bool Settings::boolean(std::string_view key) const {
    const SettingValue* held = find(key);
    CHECK(held != nullptr && held->value.boolean() != nullptr);
    return *held->value.boolean();
}

std::vector<std::string> Settings::texts(std::string_view key) const {
    const SettingValue* held = find(key);
    CHECK(held != nullptr && held->value.array() != nullptr);
    std::vector<std::string> out;
    for (const Json& item : *held->value.array()) out.push_back(*item.text());
    return out;
}

}  // namespace hs::gate
