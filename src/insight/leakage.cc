#include "insight/leakage.h"

#include <algorithm>
#include <memory>

#include "wire/members.h"

namespace hs::insight {

using audit::EventKind;
using audit::Field;
using base::Result;
using wire::Json;
using wire::JsonArray;
using wire::JsonObject;
using wire::text_in;

namespace {

// A piece as its series has described it.
struct Piece {
    std::string what;
    std::string name;
    std::vector<flow::LineRange> lines;
    std::vector<std::string> classes;
    std::int64_t bytes = 0;
    std::string content;  // keyed hash
};
using PiecePointer = std::shared_ptr<const Piece>;
using Series = std::map<std::int64_t, PiecePointer>;

struct Call {
    std::uint64_t record = 0;
    base::WallTime_ms time_ms = 0;
    std::string provider, place, retention, project, series;
    bool is_local = false;
    std::int64_t bytes = 0;
    std::vector<std::string> classes;
    Replacements redacted;
    std::map<std::int64_t, Replacements> replaced;  // by number
    std::vector<flow::LineRange> numbers;
    bool reached = true;  // until a record says otherwise
};

std::int64_t count_in(const Json& json, std::string_view key) {
    return std::max<std::int64_t>(wire::number_in(json, key), 0);
}

std::vector<std::string> texts_in(const Json& json, std::string_view key) {
    std::vector<std::string> texts;
    const Json* member = json.find(key);
    if (member == nullptr || member->array() == nullptr) return texts;
    for (const Json& one : *member->array()) {
        if (one.text() != nullptr) texts.push_back(*one.text());
    }
    return texts;
}

std::vector<flow::LineRange> ranges_in(const Json& json, std::string_view key) {
    const Json* member = json.find(key);
    if (member == nullptr) return {};
    auto ranges = flow::line_ranges_from_json(*member, SIZE_MAX);
    return ranges ? std::move(*ranges) : std::vector<flow::LineRange>();
}

Replacements replacements_in(const Json& json, std::string_view key) {
    Replacements found;
    const Json* member = json.find(key);
    if (member == nullptr || member->object() == nullptr) return found;
    for (const auto& [kind, count] : *member->object()) {
        if (count.integer() != nullptr) found[kind] = *count.integer();
    }
    return found;
}

bool ends_as_path(std::string_view path, std::string_view wanted) {
    if (path == wanted) return true;
    return path.size() > wanted.size() && path.ends_with(wanted) &&
           path[path.size() - wanted.size() - 1] == '/';
}

JsonObject counts(const Replacements& replaced) {
    JsonObject json;
    for (const auto& [kind, count] : replaced) json[kind] = count;
    return json;
}

JsonArray list(const std::set<std::string>& texts) {
    return {texts.begin(), texts.end()};
}

class Ledger {
  public:
    explicit Ledger(const LeakWish& wish) : wish_(wish) {}

    Result<> read(audit::Reader& reader) {
        return reader.for_each(0, reader.size(), [&](const audit::Record& record) {
            const auto event = audit::parse_event(record.leaf);
            if (!event) return true;
            ++records_;
            const EventKind kind = event->kind;
            if (kind == EventKind::model_call) take_call(*event, record.index);
            if (kind == EventKind::decision) take_refusal(audit::facts_of(*event));
            const bool ends = kind == EventKind::connection || kind == EventKind::effect_ended;
            if (ends) take_end(audit::facts_of(*event));
            return true;
        });
    }

    Leakage settle() {
        for (const std::string& decision : order_) count(calls_[decision]);
        Leakage leakage;
        leakage.records = records_;
        for (auto& [name, held] : found_) {
            for (auto& [key, row] : held.rows) {
                row.leaked.lines = flow::joined(std::move(row.leaked.lines));
                for (const auto& [content, most] : row.redacted) {
                    for (const auto& [kind, many] : most) row.leaked.redacted[kind] += many;
                }
                held.to.items.push_back(std::move(row.leaked));
            }
            const bool asked = !wish_.file.empty() && held.to.items.empty();
            if (!asked) leakage.providers.push_back(std::move(held.to));
        }
        return leakage;
    }

  private:
    struct Row {
        Leaked leaked;
        std::set<std::string> contents;
        std::map<std::string, Replacements> redacted;  // by content
    };
    struct Held {
        LeakedTo to;
        std::map<std::pair<int, std::string>, Row> rows;
    };

    void take_call(const audit::RecordedEvent& event, std::uint64_t index) {
        const Json* detail = event.json.find("detail");
        if (detail == nullptr) return;
        const std::string decision = event.text(Field::decision);
        const std::string series = text_in(*detail, "series");
        describe(series_[series], *detail);
        const auto [at, fresh] = calls_.try_emplace(decision);
        Call& call = at->second;
        if (fresh) {
            order_.push_back(decision);
            call.record = index;
            call.time_ms = event.time_ms;
            call.provider = event.text(Field::provider);
            call.place = text_in(*detail, "place");
            call.retention = text_in(*detail, "retention");
            if (const Json* project = detail->find("project")) {
                call.project = text_in(*project, "name");
            }
            call.series = series;
            const Json* local = detail->find("local");
            call.is_local = local != nullptr && local->boolean() != nullptr && *local->boolean();
            call.bytes = count_in(*detail, "bytes");
            call.classes = texts_in(*detail, "classes_sent");
            call.redacted = replacements_in(*detail, "redacted");
        }
        const auto numbers = ranges_in(*detail, "numbers");
        call.numbers.insert(call.numbers.end(), numbers.begin(), numbers.end());
        const Json* replaced = detail->find("replaced");
        if (replaced == nullptr || replaced->array() == nullptr) return;
        for (const Json& one : *replaced->array()) {
            call.replaced[count_in(one, "item")] = replacements_in(one, "kinds");
        }
    }

    static void describe(Series& series, const Json& detail) {
        const Json* items = detail.find("items");
        if (items == nullptr || items->array() == nullptr) return;
        std::int64_t number = count_in(detail, "first");
        for (const Json& item : *items->array()) {
            auto piece = std::make_shared<Piece>();
            piece->what = text_in(item, "what");
            for (const char* member : {"path", "url", "summary", "name"}) {
                if (piece->name.empty()) piece->name = text_in(item, member);
            }
            piece->lines = ranges_in(item, "lines");
            piece->classes = texts_in(item, "classes");
            piece->bytes = count_in(item, "bytes");
            piece->content = text_in(item, "content");
            series[number++] = std::move(piece);
        }
    }

    bool is_wanted(base::WallTime_ms time_ms, const std::string& provider,
                   const std::string& project) const {
        if (wish_.from_ms && time_ms < *wish_.from_ms) return false;
        if (!wish_.provider.empty() && provider != wish_.provider) return false;
        return wish_.project.empty() || ends_as_path(project, wish_.project);
    }

    void take_refusal(const audit::EventFacts& facts) {
        const bool refused = facts.effect == "infer" && facts.outcome == "deny";
        if (!refused || !is_wanted(facts.time_ms, facts.provider, facts.project)) return;
        ++held_for(facts.provider).to.refused;
    }

    // A call that failed before egress had sent anything has told nobody anything.
    void take_end(const audit::EventFacts& facts) {
        const auto call = calls_.find(facts.decision);
        if (call == calls_.end()) return;
        if (facts.kind == EventKind::connection) {
            reached_.insert(facts.decision);
            call->second.reached = facts.outcome != "failed" || facts.sent_bytes > 0;
        } else if (facts.outcome == "failed" && !reached_.contains(facts.decision)) {
            call->second.reached = false;
        }
    }

    Held& held_for(const std::string& provider) {
        Held& held = found_[provider];
        held.to.provider = provider;
        return held;
    }

    void count(const Call& call) {
        if (!is_wanted(call.time_ms, call.provider, call.project)) return;
        std::vector<std::pair<std::int64_t, PiecePointer>> pieces;
        const Series& series = series_[call.series];
        for (const flow::LineRange& range : call.numbers) {
            for (auto at = series.lower_bound(range.first);
                 at != series.end() && at->first <= range.last; ++at) {
                if (is_asked_for(*at->second)) pieces.emplace_back(at->first, at->second);
            }
        }
        if (!wish_.file.empty() && pieces.empty()) return;
        Held& held = held_for(call.provider);
        LeakedTo& to = held.to;
        if (!call.reached) {
            ++to.not_sent;
            return;
        }
        to.place = call.place;
        to.retention = call.retention;
        to.is_local = call.is_local;
        if (to.calls++ == 0) to.first_ms = call.time_ms;
        to.last_ms = call.time_ms;
        to.bytes += call.bytes;
        to.classes.insert(call.classes.begin(), call.classes.end());
        for (const auto& [kind, many] : call.redacted) to.redacted[kind] += many;
        for (const auto& [number, piece] : pieces) add(held, call, number, *piece);
    }

    bool is_asked_for(const Piece& piece) const {
        if (wish_.file.empty()) return true;
        return (piece.what == "file" || piece.what == "listing") &&
               ends_as_path(piece.name, wish_.file);
    }

    // Files first: the rank keeps what people ask for on top.
    static int rank_of(const std::string& what) {
        if (what == "file") return 0;
        if (what == "memory") return 1;
        return what == "prompt" ? 3 : 2;
    }

    static void add(Held& held, const Call& call, std::int64_t number, const Piece& piece) {
        // Messages have numbers of their conversation; another one has the same.
        const bool own = piece.what == "message" || piece.what == "answer" ||
                         piece.what == "summary" || piece.what == "earlier";
        const std::string name = own ? std::string() : piece.name;
        Row& row = held.rows[{rank_of(piece.what), piece.what + "\n" + name}];
        Leaked& leaked = row.leaked;
        if (leaked.times++ == 0) {
            leaked.what = piece.what;
            leaked.name = name;
            leaked.first_ms = call.time_ms;
        }
        leaked.last_ms = call.time_ms;
        leaked.sent_bytes += piece.bytes;
        leaked.classes.insert(piece.classes.begin(), piece.classes.end());
        if (row.contents.insert(piece.content).second) {
            leaked.bytes += piece.bytes;
            leaked.lines.insert(leaked.lines.end(), piece.lines.begin(), piece.lines.end());
        }
        const auto replaced = call.replaced.find(number);
        if (replaced != call.replaced.end()) {
            for (const auto& [kind, many] : replaced->second) {
                std::int64_t& most = row.redacted[piece.content][kind];
                most = std::max(most, many);
            }
        }
        leaked.last_record = call.record;
        const bool noted = !leaked.records.empty() && leaked.records.back() == call.record;
        if (!noted && leaked.records.size() < Leaked::records_max) {
            leaked.records.push_back(call.record);
        }
    }

    const LeakWish& wish_;
    std::uint64_t records_ = 0;
    std::map<std::string, Series> series_;
    std::map<std::string, Call> calls_;  // by decision
    std::vector<std::string> order_;
    std::set<std::string> reached_;
    std::map<std::string, Held> found_;
};

}  // namespace

Json Leaked::to_json() const {
    JsonArray indexes;
    for (const std::uint64_t index : records)
        indexes.emplace_back(static_cast<std::int64_t>(index));
    return JsonObject{{"what", what},
                      {"name", name},
                      {"lines", flow::to_json(lines)},
                      {"classes", list(classes)},
                      {"bytes", bytes},
                      {"sent_bytes", sent_bytes},
                      {"times", times},
                      {"redacted", counts(redacted)},
                      {"first", base::format_time(first_ms)},
                      {"last", base::format_time(last_ms)},
                      {"last_record", static_cast<std::int64_t>(last_record)},
                      {"records", std::move(indexes)}};
}

Json LeakedTo::to_json() const {
    JsonArray rows;
    for (const Leaked& item : items) rows.push_back(item.to_json());
    return JsonObject{{"provider", provider},
                      {"place", place},
                      {"retention", retention},
                      {"local", is_local},
                      {"calls", calls},
                      {"not_sent", not_sent},
                      {"refused", refused},
                      {"bytes", bytes},
                      {"classes", list(classes)},
                      {"redacted", counts(redacted)},
                      {"first", calls > 0 ? base::format_time(first_ms) : ""},
                      {"last", calls > 0 ? base::format_time(last_ms) : ""},
                      {"items", std::move(rows)}};
}

Json Leakage::to_json() const {
    JsonArray rows;
    for (const LeakedTo& one : providers) rows.push_back(one.to_json());
    return JsonObject{{"records", static_cast<std::int64_t>(records)},
                      {"providers", std::move(rows)}};
}

Result<Leakage> find_leakage(audit::Reader& reader, const LeakWish& wish) {
    Ledger ledger(wish);
    TRY(ledger.read(reader));
    return ledger.settle();
}

}  // namespace hs::insight
