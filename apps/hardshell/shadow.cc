// policy replay and diff: recorded decisions again, under the set of then or under another one.
// Both read the log and the kept sets directly; only what was too large for a record is asked of
// the keeper.

#include <fmt/format.h>

#include <map>

#include "audit/read.h"
#include "gate/policy_files.h"
#include "hardshell/incident_scope.h"
#include "hardshell/policy_words.h"
#include "hardshell/settings_file.h"
#include "os/file.h"
#include "os/system.h"
#include "policy/explain.h"
#include "policy/replay.h"

namespace hs::cli {

using base::Code;
using base::fail;
using base::Result;
using policy::SnapshotPointer;
using wire::Json;
using wire::JsonObject;

namespace {

constexpr std::int64_t day_ms = 86'400'000;
constexpr std::size_t shown_max = 50;

// Calls for each decision of the last days, oldest first. A record that cannot be read is told.
Result<> each_decision(const Desk& desk,
                       const std::function<Result<>(Result<RecordedDecision>)>& visit) {
    note_log_reading(desk, "decisions, to decide them again");
    const base::WallTime_ms from_ms =
        os::SystemClock().wall_ms() - desk.options.policy.days * day_ms;
    auto reader = TRY(audit::Reader::open(desk.places.audit_folder));
    Result<> failed;
    TRY(reader.for_each(0, reader.size(), [&](const audit::Record& record) {
        // Told apart before it is parsed: most records are of other kinds.
        if (base::text_of(record.leaf).find("\"kind\":\"decision\"") == std::string_view::npos) {
            return true;
        }
        const auto event = audit::parse_event(record.leaf);
        if (!event || event->kind != audit::EventKind::decision || event->time_ms < from_ms) {
            return true;
        }
        auto decision = recorded_decision(*event);
        if (decision) {
            if (const auto whole = complete(desk, *decision); !whole) decision = whole.failure();
        }
        failed = visit(std::move(decision));
        return failed.ok();
    }));
    return failed;
}

// The sets of then, by digest, each loaded once.
class KeptSets {
  public:
    explicit KeptSets(const std::string& state) : archive_(state + "/policy-sets") {}

    Result<SnapshotPointer> find(const std::string& digest) {
        const auto known = sets_.find(digest);
        if (known != sets_.end()) return known->second;
        auto loaded = load(digest);
        sets_.emplace(digest, loaded);
        return loaded;
    }
    // Sets whose tables are of another version of this program.
    std::size_t foreign() const { return foreign_; }

  private:
    Result<SnapshotPointer> load(const std::string& digest) {
        const auto sources = TRY(archive_.find(digest));
        auto snapshot = TRY(policy::load(sources, gate::policy_load_options()));
        if (snapshot->digest != digest) ++foreign_;
        return snapshot;
    }
    gate::PolicyArchive archive_;
    std::map<std::string, Result<SnapshotPointer>> sets_;
    std::size_t foreign_ = 0;
};

struct Tally {
    std::int64_t decisions = 0, same = 0, different = 0, unreadable = 0;
    Json list{wire::JsonArray{}};
};

Json row_of(const RecordedDecision& decision, const std::string& difference) {
    return JsonObject{{"decision", decision.id},
                      {"time", base::format_time(decision.time_ms)},
                      {"action", decision.summary},
                      {"difference", difference}};
}

void show_rows(const Desk& desk, const Json& list) {
    const std::size_t limit = desk.options.policy.details ? SIZE_MAX : shown_max;
    std::size_t shown = 0;
    for (const Json& row : *list.array()) {
        if (++shown > limit) break;
        desk.screen.line(clean(fmt::format("{}  {}  {}\n    {}", text_in(row, "time").substr(0, 16),
                                           text_in(row, "decision"), text_in(row, "action"),
                                           text_in(row, "difference"))));
    }
    if (list.array()->size() > limit) {
        desk.screen.line(fmt::format("and {} more: --details", list.array()->size() - limit));
    }
}

Json json_of(const Tally& tally) {
    return JsonObject{{"decisions", tally.decisions},
                      {"same", tally.same},
                      {"different", tally.different},
                      {"unreadable", tally.unreadable},
                      {"list", tally.list}};
}

// The policy that a word names: a preset, a folder, or "now" for what this machine would load.
Result<SnapshotPointer> named_policy(const Desk& desk, const std::string& name) {
    const gate::Settings settings = TRY(settings_of(desk));
    const gate::PolicyPlaces places{desk.places.policy_folder, gate::organisation_folder(settings),
                                    ""};
    const auto presets = policy::preset_names();
    policy::PolicySources sources;
    if (name == "now") {
        sources = TRY(gate::collect_sources(settings.text("policy.preset"), places));
    } else if (std::find(presets.begin(), presets.end(), name) != presets.end()) {
        sources = TRY(gate::collect_sources(name, places));
    } else if (os::facts_of_path(name)) {
        const std::string& given = desk.options.policy.preset;
        auto sets =
            TRY(gate::sources_in(name, given.empty() ? settings.text("policy.preset") : given));
        if (sets.size() != 1) {
            return fail(Code::invalid_input, fmt::format("{} defines {} presets; name a folder "
                                                         "with the files of one policy",
                                                         name, sets.size()));
        }
        sources = std::move(sets.front().sources);
    } else {
        return fail(Code::not_found, fmt::format("\"{}\": expected now, personal, work, "
                                                 "enterprise, locked or a folder",
                                                 name));
    }
    return policy::load(sources, gate::policy_load_options());
}

// What the set says to the recorded facts; exceptions are those of the set.
Result<policy::Decision> decide_under(const SnapshotPointer& snapshot,
                                      const RecordedDecision& recorded,
                                      policy::QuestionScratch& scratch) {
    policy::Question question = TRY(policy::question_from_json(recorded.question));
    question.exceptions = snapshot->exceptions.in_force(question);
    return policy::decide(snapshot, question, scratch);
}

}  // namespace

Result<int> run_policy_replay(const Desk& desk) {
    KeptSets sets(desk.places.state);
    policy::QuestionScratch scratch;
    Tally tally;
    TRY(each_decision(desk, [&](Result<RecordedDecision> decision) -> Result<> {
        ++tally.decisions;
        if (!decision) {
            ++tally.unreadable;
            tally.list.push(JsonObject{{"difference", decision.error().what}});
            return {};
        }
        const auto set = sets.find(text_in(decision->explanation, "digest"));
        const auto again = set ? policy::replay(decision->question, decision->explanation, *set,
                                                policy::Comparison::outcome_and_rules, scratch)
                               : Result<policy::Replay>(set.failure());
        if (!again) {
            ++tally.unreadable;
            tally.list.push(row_of(*decision, again.error().what));
        } else if (again->difference.empty()) {
            ++tally.same;
        } else {
            ++tally.different;
            tally.list.push(row_of(*decision, again->difference));
        }
        return {};
    }));
    const bool is_clean = tally.different == 0 && tally.unreadable == 0;
    if (desk.screen.form() == Form::json) {
        Json json = json_of(tally);
        json["clean"] = is_clean;
        json["sets_of_other_versions"] = static_cast<std::int64_t>(sets.foreign());
        desk.screen.json(json);
        return is_clean ? exit_done : exit_failed;
    }
    show_rows(desk, tally.list);
    if (sets.foreign() > 0) {
        desk.screen.line(
            fmt::format("{} policy sets were made by another version of Hardshell; "
                        "they were decided with the tables of this one",
                        sets.foreign()));
    }
    desk.screen.line(fmt::format(
        "{}  {} decisions: {} the same, {} different, {} that cannot be decided again",
        is_clean ? desk.screen.tone(Tone::good, "clean") : desk.screen.tone(Tone::bad, "NOT clean"),
        tally.decisions, tally.same, tally.different, tally.unreadable));
    return is_clean ? exit_done : exit_failed;
}

namespace {

struct Comparison {
    Tally tally;
    std::map<std::string, std::int64_t> changes;  // "allow → deny": how many
};

Result<Comparison> compare(const Desk& desk, const SnapshotPointer& before,
                           const SnapshotPointer& after) {
    policy::QuestionScratch scratch;
    Comparison made;
    Tally& tally = made.tally;
    std::map<std::string, std::int64_t>& changes = made.changes;
    TRY(each_decision(desk, [&](Result<RecordedDecision> decision) -> Result<> {
        ++tally.decisions;
        const auto was = decision ? decide_under(before, *decision, scratch)
                                  : Result<policy::Decision>(decision.failure());
        const auto is = decision ? decide_under(after, *decision, scratch)
                                 : Result<policy::Decision>(decision.failure());
        if (!was || !is) {
            ++tally.unreadable;
        } else if (was->outcome == is->outcome) {
            ++tally.same;
        } else {
            ++tally.different;
            ++changes[fmt::format("{} → {}", policy::outcome_name(was->outcome),
                                  policy::outcome_name(is->outcome))];
            tally.list.push(row_of(
                *decision, fmt::format("{} → {}", policy::summary(*was), policy::summary(*is))));
        }
        return {};
    }));
    return made;
}

Json json_of(const Comparison& made) {
    Json json = json_of(made.tally);
    for (const auto& [change, count] : made.changes) json["changes"][change] = count;
    return json;
}

}  // namespace

Result<Json> decide_again_with(const Desk& desk, const std::string& cedar) {
    const gate::Settings settings = TRY(settings_of(desk));
    const gate::PolicyPlaces places{desk.places.policy_folder, gate::organisation_folder(settings),
                                    ""};
    policy::PolicySources sources =
        TRY(gate::collect_sources(settings.text("policy.preset"), places));
    const auto before = TRY(policy::load(sources, gate::policy_load_options()));
    TRY(policy::add_file(sources, policy::Layer::person, {"incident.cedar", cedar}));
    const auto after = TRY(policy::load(sources, gate::policy_load_options()));
    return json_of(TRY(compare(desk, before, after)));
}

// diff A: from now to A; diff A B: from A to B. 1 when decisions would change.
Result<int> run_policy_diff(const Desk& desk) {
    const auto& names = desk.options.policy.words;
    if (names.size() > 2) return fail(Code::invalid_input, "compare one policy, or two");
    const std::string from = names.size() == 2 ? names[0] : "now";
    const auto before = TRY(named_policy(desk, from));
    const auto after = TRY(named_policy(desk, names.back()));
    const Comparison made = TRY(compare(desk, before, after));
    const Tally& tally = made.tally;
    if (desk.screen.form() == Form::json) {
        Json json = json_of(made);
        json["from"] = from;
        json["to"] = names.back();
        desk.screen.json(json);
        return tally.different == 0 ? exit_done : exit_failed;
    }
    show_rows(desk, tally.list);
    for (const auto& [change, count] : made.changes) {
        desk.screen.line(fmt::format("{:>6}  {}", count, change));
    }
    desk.screen.line(fmt::format(
        "From {} to {}: of {} decisions of the last {} days {} would "
        "change{}.",
        from, names.back(), tally.decisions, desk.options.policy.days, tally.different,
        tally.unreadable == 0 ? "" : fmt::format(", {} cannot be decided", tally.unreadable)));
    return tally.different == 0 ? exit_done : exit_failed;
}

}  // namespace hs::cli
