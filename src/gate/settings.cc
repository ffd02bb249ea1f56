#include "gate/settings.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>

#include "flow/data_classes.h"
#include "wire/url.h"

namespace hs::gate {
namespace {

using base::Code;
using base::fail;
using base::Result;
using wire::Json;

constexpr std::size_t names_max = 64;
constexpr std::size_t name_bytes_max = 64;
// Tables that have a name: [provider.NAME], or [[ship]] with a name in it.
constexpr std::array<std::string_view, 6> families = {"provider", "ship",  "witness",
                                                      "channel",  "store", "mcp"};

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

bool is_family(std::string_view word) {
    return std::find(families.begin(), families.end(), word) != families.end();
}

// "provider.NAME.url" → "provider.*.url".
std::string pattern_of(std::string_view key) {
    const std::size_t first = key.find('.');
    const std::size_t second = first == std::string_view::npos ? first : key.find('.', first + 1);
    if (second == std::string_view::npos || !is_family(key.substr(0, first))) {
        return std::string(key);
    }
    return std::string(key.substr(0, first)) + ".*" + std::string(key.substr(second));
}

bool is_of_this_machine(const std::string& address) {
    const auto url = wire::parse_url(address);
    if (!url) return false;
    if (url->host_kind == wire::HostKind::ipv4) return url->host.starts_with("127.");
    return url->host == "localhost" || url->host == "::1";
}

bool is_name(std::string_view text) {
    return !text.empty() && text.size() <= name_bytes_max &&
           text.find_first_not_of(
               "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") ==
               std::string_view::npos;
}

struct Leaf {
    std::string key;
    const Json* value;
    std::string written;  // where it stands in the document
};

void collect(const Json& value, const std::string& path, const std::string& written,
             std::vector<Leaf>& leaves);

// [[ship]] with name = "siem" is [ship.siem] written another way.
void collect_named(const wire::JsonArray& tables, const std::string& family,
                   std::vector<Leaf>& leaves) {
    for (std::size_t i = 0; i < tables.size(); ++i) {
        const Json* name = tables[i].find("name");
        const bool named = name != nullptr && name->text() != nullptr && is_name(*name->text());
        const std::string written = fmt::format("{}.{}", family, i);
        if (!named) {
            leaves.push_back({family + ".name", name, written});
            continue;
        }
        for (const auto& [key, member] : *tables[i].object()) {
            if (key == "name") continue;
            collect(member, fmt::format("{}.{}.{}", family, *name->text(), key),
                    written + "." + key, leaves);
        }
    }
}

bool is_tables(const Json& value) {
    const auto* items = value.array();
    return items != nullptr && !items->empty() && items->front().object() != nullptr &&
           std::all_of(items->begin(), items->end(),
                       [](const Json& item) { return item.object() != nullptr; });
}

void collect(const Json& value, const std::string& path, const std::string& written,
             std::vector<Leaf>& leaves) {
    if (is_family(path) && is_tables(value)) return collect_named(*value.array(), path, leaves);
    if (const auto* object = value.object()) {
        for (const auto& [name, member] : *object) {
            const std::string below = path.empty() ? name : path + "." + name;
            collect(member, below, written.empty() ? name : written + "." + name, leaves);
        }
        return;
    }
    leaves.push_back({path, &value, written});
}

}  // namespace

const std::vector<ProviderSetting>& local_providers() {
    static const auto make = [](const char* name, const char* url) {
        ProviderSetting provider;
        provider.name = name;
        provider.kind = "openai";
        provider.url = url;
        provider.local = true;
        provider.retains = false;
        provider.place = "local";
        provider.retention = "none";
        for (const flow::DataClass each : flow::every_data_class().list()) {
            provider.accepts.emplace_back(flow::data_class_name(each));
        }
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
    TRY(settings.fill_families(file_name));
    TRY(settings.read_providers(file_name));
    return settings;
}

Result<> Settings::read(const wire::TomlDocument& document, std::string_view file_name) {
    std::vector<Leaf> leaves;
    collect(document.value, "", "", leaves);
    for (const Leaf& leaf : leaves) {
        const int line = document.line_of(leaf.written);
        const std::string where = fmt::format("{}, line {}", file_name, line);
        const std::size_t dot = leaf.key.find('.');
        if (is_family(leaf.key.substr(0, dot)) && leaf.key.ends_with(".name")) {
            return fail(Code::invalid_input,
                        fmt::format("{}: [[{}]] needs a name of letters, digits, - and _", where,
                                    leaf.key.substr(0, dot)));
        }
        if (values_.contains(leaf.key) && values_[leaf.key].source != "default") {
            return fail(Code::invalid_input,
                        fmt::format("{}: {} stands there twice", where, leaf.key));
        }
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

std::vector<std::string> Settings::names(std::string_view family) const {
    const std::string prefix = std::string(family) + ".";
    std::vector<std::string> found;
    for (const auto& [key, value] : values_) {
        if (!key.starts_with(prefix)) continue;
        std::string name = key.substr(prefix.size(), key.find('.', prefix.size()) - prefix.size());
        if (found.empty() || found.back() != name) found.push_back(std::move(name));
    }
    return found;
}

// Every row of a named table has a value, so that readers need not ask whether it is there.
Result<> Settings::fill_families(std::string_view file_name) {
    for (const std::string_view family : families) {
        const auto found = names(family);
        if (found.size() > names_max) {
            return fail(Code::exhausted,
                        fmt::format("{}: more than {} {}s", file_name, names_max, family));
        }
        for (const std::string& name : found) {
            if (family == "provider" || is_name(name)) continue;  // it becomes a file's name
            return fail(Code::invalid_input,
                        fmt::format("{}: the name {}.{} must be letters, digits, - and _",
                                    file_name, family, name));
        }
        const std::string pattern = std::string(family) + ".*.";
        for (const SettingRow& row : setting_rows()) {
            if (!row.key.starts_with(pattern)) continue;
            const auto fallback = TRY(wire::parse_toml(fmt::format("v = {}\n", row.fallback)));
            for (const std::string& name : found) {
                const std::string key =
                    fmt::format("{}.{}.{}", family, name, row.key.substr(pattern.size()));
                if (!values_.contains(key)) values_[key] = {*fallback.value.find("v"), "default"};
            }
        }
    }
    return {};
}

Result<> Settings::read_providers(std::string_view file_name) {
    for (const auto& name : names("provider")) {
        const std::string prefix = "provider." + name + ".";
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
             integer(prefix + "context_tokens"), text(prefix + "place"), text(prefix + "retention"),
             texts(prefix + "accepts_redacted")});
        TRY(read_place(providers_.back(), file_name));
        TRY(read_classes(providers_.back(), file_name));
    }
    return {};
}

bool Settings::is_written(std::string_view key) const {
    const SettingValue* held = find(key);
    return held != nullptr && held->source != "default";
}

Result<> Settings::read_place(ProviderSetting& provider, std::string_view file_name) const {
    const std::string prefix = "provider." + provider.name + ".";
    if (provider.place == "local") {
        if (is_written(prefix + "local") && !provider.local) {
            return fail(Code::invalid_input,
                        fmt::format("{}: {}place says local and {}local says that it is not; take "
                                    "one of them out",
                                    file_name, prefix, prefix));
        }
        provider.local = true;
    } else if (provider.local && !provider.place.empty()) {
        return fail(Code::invalid_input,
                    fmt::format("{}: {}local says this machine and {}place says {}; take one of "
                                "them out",
                                file_name, prefix, prefix, provider.place));
    }
    if (provider.local) provider.place = "local";
    if (provider.local && !provider.url.empty() && !is_of_this_machine(provider.url)) {
        return fail(Code::invalid_input,
                    fmt::format("{}: {}url is no address of this machine (127.0.0.1, [::1] or "
                                "localhost); write in {}place where it runs",
                                file_name, prefix, prefix));
    }
    if (!provider.retention.empty()) {
        const bool retains = provider.retention != "none";
        if (is_written(prefix + "retains") && provider.retains != retains) {
            return fail(Code::invalid_input,
                        fmt::format("{}: {}retains and {}retention contradict each other; take "
                                    "retains out",
                                    file_name, prefix, prefix));
        }
        provider.retains = retains;
    } else if (!provider.retains) {
        provider.retention = "none";
    }
    return {};
}

Result<> Settings::read_classes(ProviderSetting& provider, std::string_view file_name) const {
    const std::string prefix = "provider." + provider.name + ".";
    for (const std::string& name : provider.accepts) {
        if (flow::data_class_from_name(name)) continue;
        return fail(Code::invalid_input,
                    fmt::format("{}: {}accepts: there is no data class \"{}\"; there are: {}",
                                file_name, prefix, name, flow::names_of(flow::every_data_class())));
    }
    for (const std::string& name : provider.accepts_redacted) {
        if (name == "credential" || name == "personal") continue;
        return fail(Code::invalid_input,
                    fmt::format("{}: {}accepts_redacted takes credential and personal, which are "
                                "found and replaced, not \"{}\"",
                                file_name, prefix, name));
    }
    if (provider.local && !is_written(prefix + "accepts_redacted")) {
        provider.accepts_redacted.clear();
    }
    if (!provider.local || is_written(prefix + "accepts")) return {};
    provider.accepts.clear();
    for (const flow::DataClass each : flow::every_data_class().list()) {
        provider.accepts.emplace_back(flow::data_class_name(each));
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
