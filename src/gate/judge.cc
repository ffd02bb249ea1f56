#include "gate/judge.h"

#include <fmt/format.h>

#include "crypto/hash.h"
#include "os/file.h"
#include "os/system.h"
#include "policy/decide.h"
#include "policy/explain.h"
#include "policy/load.h"
#include "policy/narrow.h"

namespace hs::gate {
namespace {

using base::Code;
using base::fail;
using base::Result;
using wire::Json;

constexpr std::size_t files_max = 1000;
constexpr std::string_view person_rules = "person.cedar";

std::array<std::uint8_t, 32> sha256(base::ByteView bytes) {
    return crypto::sha256(bytes);
}

policy::LoadOptions load_options() {
    return {&sha256, os::SystemClock().wall_ms(), 1};
}

Result<> add_folder(policy::PolicySources& sources, const std::string& folder) {
    const auto names = os::list_folder(folder, files_max);
    if (!names && names.error().code == Code::not_found) return {};
    for (const auto& name : TRY(names)) {
        const std::string path = folder + "/" + name;
        if (name.starts_with('.') ||
            TRY(os::facts_of_path(path)).kind != os::FileFacts::Kind::regular) {
            continue;
        }
        const std::string text = TRY(os::read_text(path, policy::policy_bytes_max));
        TRY(policy::add_file(sources, policy::Layer::person, {name, text}));
    }
    return {};
}

Json names_json(const std::vector<std::string>& names) {
    Json list{wire::JsonArray{}};
    for (const auto& name : names) list.push(name);
    return list;
}

}  // namespace

struct Judge::State {
    State(const Settings& held, std::string folder)
        : preset(held.text("policy.preset")),
          policy_folder(std::move(folder)),
          active(load_options()) {}

    Result<policy::PolicySources> sources() const {
        policy::PolicySources found = TRY(policy::preset_sources(preset));
        TRY(add_folder(found, policy_folder));
        return found;
    }
    Result<> load() {
        TRY(active.replace(TRY(sources()), os::SystemClock().wall_ms()));
        return {};
    }

    std::string preset;
    std::string policy_folder;
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

Result<std::unique_ptr<Judge>> Judge::open(const Settings& settings,
                                           const std::string& policy_folder) {
    auto judge =
        std::unique_ptr<Judge>(new Judge(std::make_unique<State>(settings, policy_folder)));
    const auto loaded = judge->state_->load();
    if (!loaded) {
        judge->state_->problem =
            fmt::format("the policy does not hold, so the built-in locked set is in force: {}",
                        loaded.error().what);
    }
    judge->state_->tables = judge->state_->active.current()->facts;
    return judge;
}

Result<> Judge::reload() {
    auto loaded = state_->load();
    if (loaded) state_->problem.clear();
    return loaded;
}

Judgement Judge::decide(const policy::Question& asked) {
    const policy::SnapshotPointer snapshot = state_->active.current();
    policy::Question question = asked;
    question.exceptions = snapshot->exceptions.in_force(question);
    const policy::Decision decision = policy::decide(snapshot, question, state_->scratch);
    Judgement judgement;
    judgement.outcome = decision.outcome == policy::Outcome::allow ? Judgement::Outcome::allow
                        : decision.outcome == policy::Outcome::ask ? Judgement::Outcome::ask
                                                                   : Judgement::Outcome::deny;
    judgement.sandbox = decision.obligations.sandbox;
    for (const auto& name : decision.obligations.redact.names())
        judgement.redact.emplace_back(name);
    judgement.log = policy::log_level_name(decision.obligations.log);
    judgement.ttl_ms = decision.obligations.ttl_ms;
    judgement.requirements = decision.requirements;
    judgement.explanation = policy::to_json(decision);
    for (const auto* rule : decision.granted_by) {
        judgement.policies.push_back(
            fmt::format("{} ({})", rule->id, policy::layer_name(rule->layer)));
    }
    for (const auto* rule : decision.forbidden_by) {
        judgement.policies.push_back(
            fmt::format("{} ({})", rule->id, policy::layer_name(rule->layer)));
    }
    if (judgement.outcome == Judgement::Outcome::allow) return judgement;
    judgement.reason = policy::reason(decision);
    judgement.explanation["change"] = policy::smallest_change(decision, question);
    if (judgement.outcome == Judgement::Outcome::deny) {
        const std::string change = policy::smallest_change(decision, question);
        judgement.reason =
            fmt::format("{} ({}). {}", judgement.reason, policy::summary(decision), change);
    }
    return judgement;
}

Result<std::string> Judge::allow_narrowly(const policy::Question& question,
                                          const std::string& owner) {
    policy::PolicySources sources = TRY(state_->sources());
    policy::NarrowWish wish;
    wish.question = question;
    wish.question.consents.clear();
    wish.owner = owner;
    const policy::NarrowRule rule = TRY(policy::narrowest_rule(sources, load_options(), wish));
    TRY(os::make_folders(state_->policy_folder, 0700));
    const std::string path = state_->policy_folder + "/" + std::string(person_rules);
    const auto before = os::read_text(path, policy::policy_bytes_max);
    if (!before && before.error().code != Code::not_found) return before.failure();
    std::string text = before ? *before : std::string();
    if (!text.empty() && !text.ends_with("\n\n")) text += "\n";
    text += rule.text;
    // The whole set is tried before the file is written: what is written takes effect.
    TRY(policy::add_file(sources, policy::Layer::person, {"new-rule.cedar", rule.text}));
    TRY(policy::load(sources, load_options()));
    TRY(os::write_file_atomic(path, base::bytes_of(text)));
    TRY(reload());
    return rule.text;
}

const policy::Profile* Judge::profile(std::string_view name) const {
    return state_->active.current()->profiles.find(name);
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
    json["folder"] = state_->policy_folder;
    if (!state_->problem.empty()) json["problem"] = state_->problem;
    return json;
}

}  // namespace hs::gate
