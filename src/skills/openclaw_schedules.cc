#include "skills/openclaw_schedules.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/clock.h"

namespace hs::skills {

using wire::Json;
using Fate = ImportItem::Fate;

namespace {

constexpr std::size_t jobs_max = 500;
constexpr std::size_t text_bytes_max = 2'000;
constexpr std::int64_t minute_ms = 60'000;
constexpr std::int64_t hour_ms = 60 * minute_ms;
constexpr std::int64_t day_ms = 24 * hour_ms;

const Json* member(const Json* json, std::string_view key) {
    return json != nullptr && json->object() != nullptr ? json->find(key) : nullptr;
}

std::string text_at(const Json* json, std::string_view key) {
    const Json* found = member(json, key);
    return found != nullptr && found->text() != nullptr ? *found->text() : std::string();
}

std::int64_t number_at(const Json* json, std::string_view key) {
    const Json* found = member(json, key);
    return found != nullptr && found->integer() != nullptr ? *found->integer() : 0;
}

// For a POSIX shell, whatever the text holds.
std::string quoted(std::string_view text) {
    std::string out = "'";
    for (const char c : text) {
        if (c == '\'') {
            out += "'\\''";
        } else {
            out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
        }
    }
    return out + "'";
}

std::string name_for(std::string_view name, std::size_t number) {
    std::string out;
    for (const char c : name) {
        const bool plain =
            (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
        if (plain) out += c;
        if (!plain && !out.empty() && out.back() != '-') out += '-';
    }
    while (!out.empty() && out.back() == '-') out.pop_back();
    return out.empty() ? fmt::format("job-{}", number) : out.substr(0, 60);
}

// The words of --when or --at; empty where there is no such time here.
std::string when_of(const Json* schedule) {
    const std::string kind = text_at(schedule, "kind");
    std::string expression = text_at(schedule, "expr");
    if (expression.empty()) expression = text_at(schedule, "cron");
    if (kind == "cron" || (kind.empty() && !expression.empty())) {
        const auto fields = std::count(expression.begin(), expression.end(), ' ') + 1;
        return fields == 5 ? "--when " + quoted(expression) : std::string();
    }
    if (kind == "at") {
        const std::int64_t at_ms = number_at(schedule, "atMs");
        if (at_ms > 0) return "--at " + base::format_time(at_ms).substr(0, 16) + "Z";
        const std::string at = text_at(schedule, "at");
        return at.empty() ? std::string() : "--at " + quoted(at);
    }
    const std::int64_t every_ms = number_at(schedule, "everyMs");
    if (kind != "every" || every_ms < minute_ms) return {};
    if (every_ms % day_ms == 0 && every_ms / day_ms == 1) return "--when '0 0 * * *'";
    if (every_ms % hour_ms == 0 && 24 % (every_ms / hour_ms) == 0)
        return fmt::format("--when '0 */{} * * *'", every_ms / hour_ms);
    if (every_ms % minute_ms == 0 && every_ms < hour_ms && 60 % (every_ms / minute_ms) == 0)
        return fmt::format("--when '*/{} * * * *'", every_ms / minute_ms);
    return {};
}

ImportItem item_of(const Json& job, std::size_t number) {
    const Json* schedule = member(&job, "schedule");
    const Json* payload = member(&job, "payload");
    ImportItem item;
    item.kind = "schedule";
    item.name = text_at(&job, "name");
    if (item.name.empty()) item.name = fmt::format("job {}", number);
    std::string text = text_at(payload, "message");
    if (text.empty()) text = text_at(payload, "text");
    const std::string when = when_of(schedule);
    if (text.empty() || text.size() > text_bytes_max) {
        item.reason = "it holds no text that a schedule could say";
        return item;
    }
    if (when.empty()) {
        item.reason = "its time cannot be said in five fields of cron";
        return item;
    }
    if (!text_at(&job, "declarationKey").empty()) {
        item.reason = "that program made it for itself";
        return item;
    }
    const Json* enabled = member(&job, "enabled");
    if (enabled != nullptr && enabled->boolean() != nullptr && !*enabled->boolean()) {
        item.reason = "it is switched off there";
        return item;
    }
    item.fate = Fate::by_hand;
    item.reason = "a task runs with nobody to ask: read its text, then";
    const std::string zone = text_at(schedule, "tz");
    if (!zone.empty() && zone != "UTC") {
        item.reason =
            fmt::format("its times are of {}, and here they are UTC; read its text, then", zone);
    }
    item.command = fmt::format("hardshell schedule add {} {} --text {}",
                               name_for(item.name, number), when, quoted(text));
    return item;
}

}  // namespace

std::vector<ImportItem> schedules_of(const Json& jobs_file) {
    std::vector<ImportItem> items;
    const Json* jobs = jobs_file.array() != nullptr ? &jobs_file : member(&jobs_file, "jobs");
    if (jobs == nullptr || jobs->array() == nullptr) return items;
    for (const Json& job : *jobs->array()) {
        if (items.size() >= jobs_max) break;
        items.push_back(item_of(job, items.size() + 1));
    }
    return items;
}

}  // namespace hs::skills
