#include "insight/drift.h"

#include <fmt/format.h>

#include <algorithm>

namespace hs::insight {

using audit::EventKind;
using audit::Field;
using base::Result;

namespace {

constexpr std::int64_t day_length_ms = 24 * 3'600'000;
constexpr std::int64_t hour_ms = 3'600'000;
constexpr std::uint64_t much_bytes = 1U << 20U;
constexpr std::string_view own_state_rule = "builtin-own-state";

std::string detail_text(const audit::RecordedEvent& event, std::string_view key) {
    const wire::Json* detail = event.json.find("detail");
    const wire::Json* member = detail != nullptr ? detail->find(key) : nullptr;
    return member != nullptr && member->text() != nullptr ? *member->text() : std::string();
}

struct DefinitionSeen {
    std::string subject;
    std::string digest;
    std::string person;  // who put it there; empty: nobody did
};

// What an event says of a definition that is approved by its name: of a skill, or of the tools of
// an MCP server, as a person accepted them or as the server came up with them.
std::optional<DefinitionSeen> definition_in(const audit::RecordedEvent& event) {
    DefinitionSeen seen{"", detail_text(event, "digest"), event.text(Field::person)};
    std::string name;
    if (event.kind == EventKind::skill_change) {
        name = detail_text(event, "skill");
        seen.subject = "skill " + name;
    } else if (event.kind == EventKind::config_change) {
        name = detail_text(event, "mcp");
        seen.subject = "MCP server " + name;
    } else if (event.kind == EventKind::effect_ended) {
        const wire::Json* detail = event.json.find("detail");
        const wire::Json* details = detail != nullptr ? detail->find("details") : nullptr;
        if (details == nullptr) return std::nullopt;
        const auto found = wire::text_at_or(*details, "definitions_found", "");
        const auto server = wire::text_at_or(*details, "mcp", "");
        if (!found || !server) return std::nullopt;
        name = *server;
        seen = {"MCP server " + name, *found, ""};
    }
    if (name.empty() || seen.digest.empty()) return std::nullopt;
    return seen;
}

bool is_below(std::string_view host, std::string_view suffix) {
    if (host == suffix) return true;
    return host.size() > suffix.size() && host.ends_with(suffix) &&
           host[host.size() - suffix.size() - 1] == '.';
}

// The rules that forbade it, as the decision's explanation has them.
bool was_forbidden_by(const audit::RecordedEvent& event, std::string_view rule) {
    const wire::Json* detail = event.json.find("detail");
    const wire::Json* explanation = detail != nullptr ? detail->find("explanation") : nullptr;
    const wire::Json* rules = explanation != nullptr ? explanation->find("forbidden_by") : nullptr;
    return rules != nullptr && wire::canonical_json(*rules).find(rule) != std::string::npos;
}

}  // namespace

void Drift::add(std::uint64_t index, const audit::RecordedEvent& event) {
    const audit::EventFacts facts = story_.take(event);
    const base::WallTime_ms local_ms = facts.time_ms + settings_.utc_offset_minutes * 60'000;
    const base::WallTime_ms day_ms = local_ms - local_ms % day_length_ms;
    // A clock that was set back does not open a day that is over.
    if (day_ms > day_ms_) {
        end_day();
        day_ms_ = day_ms;
        if (first_ms_ < 0) first_ms_ = day_ms;
    }
    look_at_once(index, event, facts);
    count(index, facts);
}

void Drift::count(std::uint64_t index, const audit::EventFacts& facts) {
    const base::WallTime_ms local_ms = facts.time_ms + settings_.utc_offset_minutes * 60'000;
    const int hour =
        static_cast<int>(std::max<std::int64_t>(0, local_ms) % day_length_ms / hour_ms);
    const auto take = [&](std::string_view kind, const std::string& name) {
        if (name.empty()) return;
        const std::string subject = fmt::format("{} {}", kind, name);
        if (subjects_.size() >= subjects_max && !subjects_.contains(subject)) return;
        subjects_[subject].today.take(index, facts, hour);
    };
    take("person", facts.person);
    take("agent", facts.agent);
    take("skill", facts.skill);
}

std::optional<std::int64_t> Drift::leaving(const std::string& person) const {
    const auto found = settings_.leaving.find(person);
    if (found == settings_.leaving.end()) return std::nullopt;
    const std::int64_t days = (found->second - day_ms_) / day_length_ms;
    if (days > settings_.leave_days) return std::nullopt;
    return days;
}

void Drift::end_day() {
    told_.clear();
    if (day_ms_ < 0) return;
    for (auto& [name, subject] : subjects_) {
        if (subject.today.empty()) continue;
        const bool is_person = name.starts_with("person ");
        const Baseline::Look look{settings_, name, day_ms_,
                                  is_person ? leaving(name.substr(7)) : std::nullopt};
        for (Finding& finding : subject.baseline.compare(subject.today, look)) {
            if (findings_.size() < findings_max) findings_.push_back(std::move(finding));
        }
        subject.baseline.learn(subject.today, day_ms_, settings_.window_days);
        subject.today = {};
    }
}

std::vector<Finding> Drift::finish() {
    end_day();
    day_ms_ = -1;
    std::stable_sort(
        findings_.begin(), findings_.end(),
        [](const Finding& left, const Finding& right) { return left.day_ms < right.day_ms; });
    return std::exchange(findings_, {});
}

// One of a kind a day; more evidence goes to the first.
void Drift::tell(Finding finding, std::uint64_t index) {
    finding.day_ms = day_ms_;
    const auto [at, fresh] = told_.try_emplace(finding.key(), findings_.size());
    if (!fresh) {
        auto& evidence = findings_[at->second].evidence;
        if (evidence.size() < Finding::evidence_max) evidence.push_back(index);
        findings_[at->second].weight = std::max(findings_[at->second].weight, finding.weight);
        return;
    }
    if (findings_.size() >= findings_max) {
        told_.erase(at);
        return;
    }
    finding.evidence = {index};
    findings_.push_back(std::move(finding));
}

void Drift::look_at_once(std::uint64_t index, const audit::RecordedEvent& event,
                         const audit::EventFacts& facts) {
    look_for_log_attempt(index, event, facts);
    look_for_personal(index, facts);
    look_for_account(index, event, facts);
    look_for_policy(index, event);
    look_for_definition(index, event);
    const auto left = leaving(facts.person);
    if (facts.kind == EventKind::decision && left && *left < 0) {
        tell({"after_leaving",
              Weight::high,
              "person " + facts.person,
              "acts",
              fmt::format("person {}: acts {} days after the leave date", facts.person, -*left),
              0,
              {}},
             index);
    }
}

void Drift::look_for_log_attempt(std::uint64_t index, const audit::RecordedEvent& event,
                                 const audit::EventFacts& facts) {
    if (facts.kind != EventKind::decision || facts.outcome != "deny") return;
    if (!was_forbidden_by(event, own_state_rule)) return;
    const std::string path = facts.files.empty() ? "its own state" : facts.files.front();
    const bool log = path.find("/hardshell/audit") != std::string::npos;
    tell({"log_attempt",
          Weight::high,
          "person " + facts.person,
          log ? "the log" : "own state",
          fmt::format("person {}: the assistant tried to reach {} ({})", facts.person,
                      log ? "the log" : "Hardshell's own state", path),
          0,
          {}},
         index);
}

void Drift::look_for_personal(std::uint64_t index, const audit::EventFacts& facts) {
    const bool reaches = facts.kind == EventKind::connection ||
                         (facts.kind == EventKind::decision && facts.outcome != "deny");
    if (!reaches || facts.project_use == "personal") return;
    for (const std::string& host : facts.hosts) {
        const bool personal =
            std::any_of(settings_.personal_hosts.begin(), settings_.personal_hosts.end(),
                        [&](const std::string& suffix) { return is_below(host, suffix); });
        if (!personal) continue;
        const bool near_leaving = leaving(facts.person).has_value();
        const Weight weight =
            facts.sent_bytes >= much_bytes || near_leaving ? Weight::high : Weight::medium;
        tell({"personal",
              weight,
              "person " + facts.person,
              host,
              fmt::format("person {}: {} is a personal destination{}", facts.person, host,
                          facts.sent_bytes >= much_bytes
                              ? fmt::format("; {} MiB went there", facts.sent_bytes >> 20U)
                              : ""),
              0,
              {}},
             index);
    }
}

// A credential for a host that had none, or a channel or provider that is set up.
void Drift::look_for_account(std::uint64_t index, const audit::RecordedEvent& event,
                             const audit::EventFacts& facts) {
    std::string account;
    if (facts.kind == EventKind::secret_use && facts.outcome == "set") {
        const std::string hosts = detail_text(event, "hosts");
        if (!hosts.empty()) account = hosts;
    }
    if (facts.kind == EventKind::config_change) {
        const std::string key = detail_text(event, "key");
        const bool external = key.starts_with("channel.") || key.starts_with("provider.");
        if (external) account = key.substr(0, key.rfind('.'));
    }
    if (account.empty() || !accounts_[facts.person].insert(account).second) return;
    // While somebody sets their machine up, every account is new.
    if (day_ms_ - first_ms_ < settings_.learn_days * day_length_ms) return;
    tell({"account",
          leaving(facts.person) ? Weight::high : Weight::medium,
          "person " + facts.person,
          account,
          fmt::format("person {}: a new external account, {}", facts.person, account),
          0,
          {}},
         index);
}

// A set that came into force without a record of its change was edited by hand.
void Drift::look_for_policy(std::uint64_t index, const audit::RecordedEvent& event) {
    std::string digest;
    if (event.kind == EventKind::policy_change) {
        digest = event.text(Field::policy);
        if (digest.empty()) policy_changed_ = true;
    }
    if (event.kind == EventKind::process_start) {
        const wire::Json* detail = event.json.find("detail");
        const wire::Json* policy = detail != nullptr ? detail->find("policy") : nullptr;
        const wire::Json* held = policy != nullptr ? policy->find("digest") : nullptr;
        if (held != nullptr && held->text() != nullptr) digest = *held->text();
    }
    if (digest.empty()) return;
    const bool unexplained =
        !policy_digest_.empty() && digest != policy_digest_ && !policy_changed_;
    policy_digest_ = digest;
    policy_changed_ = false;
    if (!unexplained) return;
    tell({"policy_by_hand",
          Weight::medium,
          "configuration",
          "policy",
          fmt::format("the policy in force is another ({}) and no change of it is on record: its "
                      "files were edited",
                      digest.substr(0, 16)),
          0,
          {}},
         index);
}

// A definition that is another under a name that is known: whoever approved the name approved
// something else.
void Drift::look_for_definition(std::uint64_t index, const audit::RecordedEvent& event) {
    const auto seen = definition_in(event);
    if (!seen) return;
    if (definitions_.size() >= subjects_max && !definitions_.contains(seen->subject)) return;
    std::string& known = definitions_[seen->subject];
    const std::string before = std::exchange(known, seen->digest);
    if (before.empty() || before == seen->digest) return;
    // A person who puts another in its place has been shown what changes; one that is another
    // without that has been changed under the consent that was given to what it was.
    const std::string by = seen->person.empty() ? ", and nobody is on record as having put it there"
                                                : "; " + seen->person + " put it there";
    tell({"definition",
          seen->person.empty() ? Weight::high : Weight::medium,
          seen->subject,
          seen->digest.substr(0, 16),
          fmt::format("{}: its definition is another than before ({} after {}){}", seen->subject,
                      seen->digest.substr(0, 16), before.substr(0, 16), by),
          0,
          {}},
         index);
}

Result<DriftReport> find_drift(audit::Reader& reader, const DriftSettings& settings,
                               base::WallTime_ms from_ms) {
    Drift drift(settings);
    DriftReport report;
    TRY(reader.for_each(0, reader.size(), [&](const audit::Record& record) {
        const auto event = audit::parse_event(record.leaf);
        if (!event) return true;
        drift.add(record.index, *event);
        if (event->kind == EventKind::finding) report.recorded.insert(event->text(Field::id));
        return true;
    }));
    report.found = drift.finish();
    std::erase_if(report.found, [&](const Finding& finding) {
        return finding.day_ms + day_length_ms <= from_ms;
    });
    return report;
}

}  // namespace hs::insight
