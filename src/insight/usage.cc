#include "insight/usage.h"

#include <fmt/format.h>

#include <algorithm>

namespace hs::insight {

using audit::EventKind;
using base::Result;
using wire::Json;
using wire::JsonObject;

namespace {

constexpr std::array<std::string_view, 9> names = {"person", "project",  "class",  "tool", "skill",
                                                   "host",   "provider", "secret", "day"};
constexpr std::string_view others = "(others)";
constexpr std::size_t page_rows_max = 500;
constexpr std::size_t day_characters = 10;  // of 2026-11-22T…

Json number(std::uint64_t value) {
    return Json(static_cast<std::int64_t>(std::min<std::uint64_t>(value, INT64_MAX)));
}

std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : text) {
        switch (c) {
            case '&':
                out += "&amp;";
                break;
            case '<':
                out += "&lt;";
                break;
            case '>':
                out += "&gt;";
                break;
            case '"':
                out += "&quot;";
                break;
            case '\'':
                out += "&#39;";
                break;
            default:
                out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
        }
    }
    return out;
}

std::string page_row(const UsageRow& row) {
    std::string text = fmt::format("<tr><th scope=\"row\">{}</th>", escaped(row.key));
    for (const std::uint64_t value :
         {row.messages, row.asked_for, row.allowed, row.held, row.denied, row.sent_bytes,
          row.received_bytes, row.input_tokens, row.output_tokens}) {
        text += fmt::format("<td>{}</td>", value);
    }
    return text + fmt::format("<td>{}</td><td>{}</td></tr>\n", cost_text(row.cost_micro),
                              base::format_time(row.last_ms).substr(0, day_characters));
}

}  // namespace

std::optional<Dimension> parse_dimension(std::string_view name) {
    const auto* found = std::find(names.begin(), names.end(), name);
    if (found == names.end()) return std::nullopt;
    return static_cast<Dimension>(found - names.begin());
}

std::string_view dimension_name(Dimension dimension) {
    return names[static_cast<std::size_t>(dimension)];
}

Json UsageRow::to_json() const {
    return JsonObject{{"key", key},
                      {"asked_for", number(asked_for)},
                      {"allowed", number(allowed)},
                      {"held", number(held)},
                      {"denied", number(denied)},
                      {"messages", number(messages)},
                      {"sent_bytes", number(sent_bytes)},
                      {"received_bytes", number(received_bytes)},
                      {"input_tokens", number(input_tokens)},
                      {"output_tokens", number(output_tokens)},
                      {"cost_micro", number(cost_micro)},
                      {"first", base::format_time(first_ms)},
                      {"last", base::format_time(last_ms)}};
}

std::vector<std::string> UsageCount::keys_of(const audit::EventFacts& facts) const {
    const auto one = [](const std::string& key) {
        return key.empty() ? std::vector<std::string>() : std::vector<std::string>{key};
    };
    switch (dimension_) {
        case Dimension::person:
            return one(facts.person);
        case Dimension::project:
            return one(facts.project);
        case Dimension::project_use:
            return one(facts.project_use);
        case Dimension::tool:
            return one(facts.tool);
        case Dimension::skill:
            return one(facts.skill);
        case Dimension::host:
            return facts.hosts;
        case Dimension::provider:
            return one(facts.provider);
        case Dimension::secret:
            return facts.secrets;
        case Dimension::day:
            return {base::format_time(facts.time_ms).substr(0, day_characters)};
    }
    return {};
}

void UsageCount::add(const audit::EventFacts& facts) {
    const bool counts = facts.kind == EventKind::decision || facts.kind == EventKind::connection ||
                        facts.kind == EventKind::message_in ||
                        facts.kind == EventKind::message_out || facts.kind == EventKind::secret_use;
    if (!counts) return;
    for (std::string& key : keys_of(facts)) {
        if (rows_.size() >= keys_max && !rows_.contains(key)) key = others;
        UsageRow& row = rows_[key];
        if (row.key.empty()) {
            row.key = key;
            row.first_ms = facts.time_ms;
        }
        row.last_ms = std::max(row.last_ms, facts.time_ms);
        if (facts.kind == EventKind::message_in) ++row.messages;
        row.sent_bytes += facts.kind == EventKind::connection ? facts.sent_bytes : 0;
        row.received_bytes += facts.kind == EventKind::connection ? facts.received_bytes : 0;
        row.input_tokens += facts.input_tokens;
        row.output_tokens += facts.output_tokens;
        row.cost_micro += facts.cost_micro;
        const bool use = facts.kind == EventKind::secret_use && dimension_ == Dimension::secret;
        if (facts.kind != EventKind::decision && !use) continue;
        ++row.asked_for;
        if (facts.outcome == "allow" || facts.outcome == "placed") ++row.allowed;
        if (facts.outcome == "ask") ++row.held;
        if (facts.outcome == "deny" || facts.outcome == "refused") ++row.denied;
    }
}

std::vector<UsageRow> UsageCount::rows() const {
    std::vector<UsageRow> list;
    for (const auto& [key, row] : rows_) list.push_back(row);
    std::stable_sort(list.begin(), list.end(), [](const UsageRow& left, const UsageRow& right) {
        return left.asked_for + left.messages > right.asked_for + right.messages;
    });
    return list;
}

Result<std::vector<UsageTable>> count_usage(audit::Reader& reader,
                                            const std::vector<Dimension>& dimensions,
                                            const UsageWindow& window) {
    std::vector<UsageCount> counts(dimensions.begin(), dimensions.end());
    audit::Story story;
    TRY(reader.for_each(0, reader.size(), [&](const audit::Record& record) {
        const auto event = audit::parse_event(record.leaf);
        if (!event) return true;
        const audit::EventFacts facts = story.take(*event);
        const bool inside = (!window.from_ms || facts.time_ms >= *window.from_ms) &&
                            (!window.to_ms || facts.time_ms < *window.to_ms) &&
                            (window.person.empty() || window.person == facts.person);
        if (!inside) return true;
        for (UsageCount& count : counts) count.add(facts);
        return true;
    }));
    std::vector<UsageTable> tables;
    for (std::size_t i = 0; i < dimensions.size(); ++i) {
        tables.push_back({dimensions[i], counts[i].rows()});
    }
    return tables;
}

std::string cost_text(std::uint64_t cost_micro) {
    // Cents, rounded to the nearest.
    const std::uint64_t cents = (cost_micro + 5'000) / 10'000;
    return fmt::format("{}.{:02}", cents / 100, cents % 100);
}

std::string usage_page(const std::vector<UsageTable>& tables, std::string_view title) {
    std::string page = fmt::format(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
        "'unsafe-inline'\">\n<title>{0}</title>\n<style>body{{font:15px/1.5 system-ui,sans-serif;"
        "margin:2em auto;max-width:75em;padding:0 1em;color:#1b1b1b;background:#fff}}"
        "table{{border-collapse:collapse;width:100%}}th,td{{padding:.3em .7em;text-align:right;"
        "border-bottom:1px solid #ccc}}th[scope=row]{{text-align:left;word-break:break-word}}"
        "caption{{text-align:left;font-weight:600;padding:1em 0 .3em}}</style></head>\n"
        "<body><h1>{0}</h1>\n",
        escaped(title));
    for (const UsageTable& table : tables) {
        page += fmt::format("<table><caption>By {}</caption>\n<thead><tr>",
                            dimension_name(table.dimension));
        for (const char* head :
             {"", "messages", "actions", "allowed", "asked", "denied", "bytes sent",
              "bytes received", "tokens in", "tokens out", "cost", "last"}) {
            page += fmt::format("<th scope=\"col\">{}</th>", head);
        }
        page += "</tr></thead>\n<tbody>\n";
        std::size_t shown = 0;
        for (const UsageRow& row : table.rows) {
            if (shown++ == page_rows_max) break;
            page += page_row(row);
        }
        page += "</tbody></table>\n";
        if (table.rows.size() > page_rows_max) {
            page +=
                fmt::format("<p>{} more are not shown.</p>\n", table.rows.size() - page_rows_max);
        }
    }
    return page + "</body></html>\n";
}

}  // namespace hs::insight
