#include "gate/judge.h"

#include <fmt/format.h>

#include "os/file.h"
#include "os/system.h"
#include "policy/explain.h"

namespace hs::gate {
namespace {

using base::Code;
using base::fail;
using base::Result;
using wire::Json;

constexpr std::string_view rules_file = "person.cedar";
constexpr std::string_view exceptions_file = "exceptions.toml";

Json names_json(const std::vector<std::string>& names) {
    Json list{wire::JsonArray{}};
    for (const auto& name : names) list.push(name);
    return list;
}

Judgement::Outcome outcome_of(policy::Outcome outcome) {
    switch (outcome) {
        case policy::Outcome::allow:
            return Judgement::Outcome::allow;
        case policy::Outcome::ask:
            return Judgement::Outcome::ask;
        case policy::Outcome::deny:
            return Judgement::Outcome::deny;
    }
    return Judgement::Outcome::deny;
}

void add_rules(std::vector<std::string>& names, const std::vector<const policy::Rule*>& rules) {
    for (const auto* rule : rules) {
        names.push_back(fmt::format("{} ({})", rule->id, policy::layer_name(rule->layer)));
    }
}

// The text of one rule with its annotations: from its first annotation to the end of its body.
std::optional<std::pair<std::size_t, std::size_t>> span_of_rule(const std::string& text,
                                                                const std::string& id) {
    const std::size_t begin = text.find(fmt::format("@id(\"{}\")\n", id));
    if (begin == std::string::npos) return std::nullopt;
    const std::size_t end = text.find("\n};\n", begin);
    if (end == std::string::npos) return std::nullopt;
    return std::pair(begin, end + 4);
}

}  // namespace

struct Judge::State {
    State(const Settings& held, PolicyPlaces held_places)
        : preset(held.text("policy.preset")),
          places(std::move(held_places)),
          archive(places.archive),
          active(policy_load_options()) {}

    Result<policy::PolicySources> sources() const { return collect_sources(preset, places); }
    Result<> load(const policy::PolicySources& sources) {
        const auto loaded = TRY(active.replace(sources, os::SystemClock().wall_ms()));
        tables = loaded->facts;
        problem.clear();
        return archive.keep(sources, loaded->digest);
    }
    Result<> load() { return load(TRY(sources())); }
    // A name of the set is changed by its whole path.
    std::string path_of(std::string_view name) const {
        return fmt::format("{}/{}", places.person, name);
    }

    std::string preset;
    PolicyPlaces places;
    PolicyArchive archive;
    policy::ActivePolicy active;
    policy::QuestionScratch scratch;
    std::string problem;
    policy::FactTables tables = policy::FactTables::builtin();
};

Judge::Judge(std::unique_ptr<State> state) : state_(std::move(state)) {}
Judge::~Judge() = default;

std::string_view name_of(Judgement::Outcome outcome) {
    switch (outcome) {
        case Judgement::Outcome::allow:
            return "allow";
        case Judgement::Outcome::ask:
            return "ask";
        case Judgement::Outcome::deny:
            return "deny";
    }
    return "deny";
}

Result<std::unique_ptr<Judge>> Judge::open(const Settings& settings, PolicyPlaces places) {
    auto judge =
        std::unique_ptr<Judge>(new Judge(std::make_unique<State>(settings, std::move(places))));
    State& state = *judge->state_;
    const auto loaded = state.load();
    if (loaded) return judge;
    state.problem =
        fmt::format("the policy does not hold, so the built-in locked set is in force: {}",
                    loaded.error().what);
    state.tables = state.active.current()->facts;
    TRY(state.archive.keep(TRY(policy::preset_sources("locked")), state.active.current()->digest));
    return judge;
}

Result<> Judge::reload() {
    return state_->load();
}

policy::Decision Judge::decide_now(policy::Question& question) {
    const policy::SnapshotPointer snapshot = state_->active.current();
    question.exceptions = snapshot->exceptions.in_force(question);
    return policy::decide(snapshot, question, state_->scratch);
}

Result<policy::Decision> Judge::decide_under(const std::string& preset,
                                             policy::Question& question) {
    const auto sources = TRY(collect_sources(preset, state_->places));
    const auto snapshot = TRY(policy::load(sources, policy_load_options()));
    question.exceptions = snapshot->exceptions.in_force(question);
    policy::QuestionScratch scratch;
    return policy::decide(snapshot, question, scratch);
}

Judgement Judge::decide(policy::Question& question, std::string_view name) {
    const policy::Decision decision = decide_now(question);
    Judgement judgement;
    judgement.outcome = outcome_of(decision.outcome);
    judgement.sandbox = decision.obligations.sandbox;
    for (const auto& item : decision.obligations.redact.names())
        judgement.redact.emplace_back(item);
    judgement.egress = decision.obligations.egress;
    judgement.inspect = decision.obligations.inspect;
    judgement.log = policy::log_level_name(decision.obligations.log);
    judgement.ttl_ms = decision.obligations.ttl_ms;
    judgement.requirements = decision.requirements;
    judgement.explanation = policy::to_json(decision);
    add_rules(judgement.policies, decision.granted_by);
    add_rules(judgement.policies, decision.forbidden_by);
    if (judgement.outcome == Judgement::Outcome::allow) return judgement;
    judgement.reason = policy::reason(decision);
    judgement.explanation["change"] = policy::smallest_change(decision, question);
    if (judgement.outcome == Judgement::Outcome::deny) {
        judgement.remedy = policy::remedy(decision, question, name);
        judgement.reason = fmt::format("{} ({})", judgement.reason, policy::summary(decision));
    }
    return judgement;
}

Result<policy::NarrowRule> Judge::narrowest(const policy::NarrowWish& wish) {
    return policy::narrowest_rule(TRY(state_->sources()), policy_load_options(), wish);
}

// What is tried is what is written, and what is written is what takes effect.
Result<> Judge::replace_file(std::string_view name, const std::string& text) {
    TRY(os::make_folders(state_->places.person, 0700));
    const std::string path = state_->path_of(name);
    policy::PolicySources sources = TRY(state_->sources());
    std::erase_if(sources.files,
                  [&](const policy::PolicyFile& file) { return file.text.name == path; });
    std::erase_if(sources.exceptions,
                  [&](const policy::NamedText& file) { return file.name == path; });
    TRY(policy::add_file(sources, policy::Layer::person, {path, text}));
    TRY(policy::load(sources, policy_load_options()));
    TRY(os::write_file_atomic(path, base::bytes_of(text)));
    return state_->load(sources);
}

Result<> Judge::add_rule(const policy::NarrowRule& rule) {
    const auto before = os::read_text(state_->path_of(rules_file), policy_file_bytes_max);
    if (!before && before.error().code != Code::not_found) return before.failure();
    std::string text = before ? *before : std::string();
    if (!text.empty() && !text.ends_with("\n\n")) text += "\n";
    return replace_file(rules_file, text + rule.text);
}

Result<> Judge::remove_rule(const std::string& id) {
    const auto before = os::read_text(state_->path_of(rules_file), policy_file_bytes_max);
    const auto span = before ? span_of_rule(*before, id) : std::nullopt;
    if (!span) {
        return fail(Code::not_found,
                    fmt::format("there is no rule {} in {}; see: hardshell policy rules", id,
                                state_->path_of(rules_file)));
    }
    return replace_file(rules_file, before->substr(0, span->first) + before->substr(span->second));
}

Result<std::vector<policy::Exception>> Judge::own_exceptions() const {
    const std::string path = state_->path_of(exceptions_file);
    const auto text = os::read_text(path, policy_file_bytes_max);
    if (!text && text.error().code == Code::not_found) return std::vector<policy::Exception>();
    const auto document = TRY(policy::parse_named_toml(path, TRY(text)));
    return TRY(policy::ExceptionTable::parse(document, path)).all();
}

Result<> Judge::set_exceptions(const std::vector<policy::Exception>& exceptions) {
    return replace_file(exceptions_file,
                        "# Written by `hardshell policy exception grant` and `revoke`.\n\n" +
                            policy::to_toml(exceptions));
}

policy::SnapshotPointer Judge::current() const {
    return state_->active.current();
}
const policy::Profile* Judge::profile(std::string_view name) const {
    const auto snapshot = state_->active.current();
    const policy::Profile* found = snapshot->profiles.find(name);
    if (found == nullptr && name.starts_with("skill:")) found = snapshot->profiles.find("skill");
    return found;
}

std::vector<policy::Profile> Judge::profiles() const {
    std::vector<policy::Profile> all = state_->active.current()->profiles.all();
    std::ranges::sort(all, {}, &policy::Profile::rank);
    return all;
}
const policy::FactTables& Judge::tables() const {
    return state_->tables;
}
const std::string& Judge::problem() const {
    return state_->problem;
}

Json Judge::describe() const {
    const auto snapshot = state_->active.current();
    Json json;
    json["preset"] = state_->problem.empty() ? state_->preset : "locked";
    json["digest"] = snapshot->digest;
    json["generation"] = static_cast<std::int64_t>(snapshot->generation);
    json["rules"] = static_cast<std::int64_t>(snapshot->rules ? snapshot->rules->rules.size() : 0);
    json["profiles"] = names_json(snapshot->profiles.names());
    json["folder"] = state_->places.person;
    if (!state_->places.organisation.empty()) json["organisation"] = state_->places.organisation;
    if (!state_->problem.empty()) json["problem"] = state_->problem;
    return json;
}

}  // namespace hs::gate
