#include "policy/tiers.h"

#include <fmt/format.h>

#include "policy/projects.h"
#include "policy/trial.h"

namespace hs::policy {
namespace {

constexpr std::string_view probe_project = "/people/person/project";

CanonicalPath path(std::string_view text) {
    return CanonicalPath::from_text(text).value();
}

// The typical circumstances: a project of internal tools, the person's own words.
Given typical(base::WallTime_ms now_ms) {
    Given given;
    given.around.granted_roots = {path(probe_project)};
    given.around.project = path(probe_project);
    given.around.home = path("/people/person");
    given.working_directory = path(probe_project);
    given.tracking = Tracking::tracked;
    Question& like = given.like;
    like.person = "person";
    like.space = "work";
    like.origin.name = "terminal";
    like.project = {std::string(probe_project), UseCase::internal_tools};
    like.label.integrity = flow::Integrity::person;
    like.label.classes = {flow::DataClass::internal};
    like.label.readers.reset();
    like.flow = {true, true, true, false, false, false};
    like.now_ms = now_ms;
    given.provider.is_configured = true;
    given.provider.retains = false;
    for (std::size_t i = 0; i < flow::data_class_count; ++i) {
        given.provider.accepts.add(static_cast<flow::DataClass>(i));
    }
    given.compartment_classes = given.provider.accepts;
    given.tier = TrustTier::builtin;
    given.assurance = Assurance{false, true, now_ms + 1, true};
    return given;
}

std::string_view zone_title(Zone zone) {
    switch (zone) {
        case Zone::loopback:
            return "this machine";
        case Zone::internet:
            return "the internet";
        case Zone::private_:
            return "private networks";
        case Zone::metadata:
            return "cloud metadata services";
        case Zone::unusable:
            return "addresses that are no destination";
        case Zone::saas:
            return "hosted services";
        case Zone::production:
            return "production systems";
        case Zone::kubernetes:
            return "production Kubernetes";
        case Zone::database:
            return "databases (read replicas too)";
        case Zone::internal_api:
            return "internal APIs with authentication";
        case Zone::cicd:
            return "CI/CD control planes";
    }
    return "";
}

std::string verdict_of(const std::vector<Outcome>& outcomes) {
    const auto has = [&](Outcome wanted) {
        return std::find(outcomes.begin(), outcomes.end(), wanted) != outcomes.end();
    };
    if (has(Outcome::allow)) return has(Outcome::deny) ? "partly permitted" : "permitted";
    return has(Outcome::ask) ? "needs approval" : "prohibited";
}

class Probing {
  public:
    Probing(const SnapshotPointer& snapshot, base::WallTime_ms now_ms)
        : snapshot_(snapshot), typical_(typical(now_ms)) {}

    std::vector<TierTable> run() {
        return {use_cases(), zones(), data_classes(), trust_tiers(), commands()};
    }

  private:
    Question ask(std::string_view words, const Given& given) const {
        return question_of(words, given, snapshot_->facts, snapshot_->exceptions).value();
    }

    void probe(TierRow& row, const Question& question) {
        const Decision decision = decide(snapshot_, question, scratch_);
        row.outcomes.push_back(decision.outcome);
        const bool is_better =
            row.rule.empty() || (decision.outcome != Outcome::allow && !is_refused_);
        if (is_better) {
            const auto& rules =
                decision.forbidden_by.empty() ? decision.granted_by : decision.forbidden_by;
            row.rule = rules.empty() ? "no rule permits it" : rules.front()->id;
        }
        is_refused_ = is_refused_ || decision.outcome != Outcome::allow;
    }

    TierRow row(std::string_view name, const std::vector<Question>& questions,
                std::string_view title = "") {
        TierRow result;
        result.name = name;
        result.title = title.empty() ? name : title;
        is_refused_ = false;
        for (const Question& question : questions) probe(result, question);
        result.verdict = verdict_of(result.outcomes);
        return result;
    }

    TierTable use_cases() {
        TierTable table{
            "What projects are used for", {"read", "edit", "look", "build", "page", "send"}, {}};
        for (const std::string_view name : word_names<UseCase>()) {
            Given given = typical_;
            given.like.project.use = *word_from_name<UseCase>(name);
            table.rows.push_back(
                row(name,
                    {ask("read a.txt", given), ask("write a.txt", given), ask("run ls", given),
                     ask("run make", given), ask("get https://www.example.com/", given),
                     ask("send POST https://www.example.com/", given)},
                    use_case_title(given.like.project.use)));
        }
        return table;
    }

    TierTable zones() {
        TierTable table{"Where hosts are", {"page", "send", "connect"}, {}};
        for (const std::string_view name : word_names<Zone>()) {
            std::vector<Question> questions = {ask("get https://www.example.com/", typical_),
                                               ask("send POST https://www.example.com/", typical_),
                                               ask("connect www.example.com:22", typical_)};
            for (Question& question : questions) {
                std::get<HostTarget>(question.target).zones = {*word_from_name<Zone>(name)};
            }
            table.rows.push_back(row(name, questions, zone_title(*word_from_name<Zone>(name))));
        }
        return table;
    }

    TierTable data_classes() {
        TierTable table{
            "What data is", {"read file", "cloud model", "local model", "send", "remember"}, {}};
        for (const flow::DataClass data_class : typical_.provider.accepts.list()) {
            Given given = typical_;
            given.like.label.classes = {data_class};
            Given local = given;
            local.provider.is_local = true;
            Question file = ask("read a.txt", typical_);
            std::get<PathTarget>(file.target).classes = {data_class};
            table.rows.push_back(row(
                flow::data_class_name(data_class),
                {file, ask("infer model", given), ask("infer model", local),
                 ask("send POST https://www.example.com/", given), ask("remember notes", given)}));
        }
        return table;
    }

    TierTable trust_tiers() {
        TierTable table{"Skills and tool servers, by tier and what is vouched for",
                        {"nothing", "keeps nothing", "known", "assessed", "reviewed"},
                        {}};
        const base::WallTime_ms later = typical_.like.now_ms + 1;
        const Assurance steps[] = {{true, false, 0, false},
                                   {false, false, 0, false},
                                   {false, true, 0, false},
                                   {false, true, later, false},
                                   {false, true, later, true}};
        for (const std::string_view name : word_names<TrustTier>()) {
            std::vector<Question> questions;
            for (const Assurance& assurance : steps) {
                Given given = typical_;
                given.tier = *word_from_name<TrustTier>(name);
                given.assurance = assurance;
                questions.push_back(ask("skill example", given));
            }
            table.rows.push_back(row(name, questions));
        }
        return table;
    }

    TierTable commands() {
        TierTable table{"What commands do", {"run"}, {}};
        for (const std::string_view name : word_names<ToolGroup>()) {
            Question question = ask("run example", typical_);
            auto& command = std::get<CommandTarget>(question.target);
            const ToolGroup group = *word_from_name<ToolGroup>(name);
            command.groups = {group};
            const ToolGroups networked = {ToolGroup::network, ToolGroup::package,
                                          ToolGroup::container, ToolGroup::vcs_publish,
                                          ToolGroup::production};
            command.wants_network = networked.has(group);
            command.has_script = group == ToolGroup::shell || group == ToolGroup::interpreter;
            table.rows.push_back(row(name, {question}));
        }
        return table;
    }

    const SnapshotPointer& snapshot_;
    Given typical_;
    QuestionScratch scratch_;
    bool is_refused_ = false;
};

std::string padded(std::string_view text, std::size_t width) {
    std::string result(text);
    if (result.size() < width) result.append(width - result.size(), ' ');
    return result;
}

}  // namespace

std::vector<TierTable> tiers(const SnapshotPointer& snapshot, base::WallTime_ms now_ms) {
    return Probing(snapshot, now_ms).run();
}

std::vector<RuleRow> rule_rows(const SnapshotPointer& snapshot) {
    std::vector<RuleRow> rows;
    for (const Rule& rule : snapshot->rules->rules) {
        RuleRow row;
        row.id = rule.id;
        row.layer = layer_name(rule.layer);
        const bool is_permit = rule.effect == cedar::Effect::permit;
        row.effect = is_permit ? (rule.reads_approved ? "asks" : "permits")
                               : (rule.reads_approved ? "asks although permitted" : "forbids");
        row.words = rule.ask.empty() ? rule.reason : rule.ask;
        for (const std::string& name : rule.approvers) {
            row.approvers += (row.approvers.empty() ? "" : ", ") + name;
        }
        if (rule.quorum) row.approvers = fmt::format("{} of {}", *rule.quorum, row.approvers);
        if (rule.expires_ms) row.until = base::format_time(*rule.expires_ms).substr(0, 10);
        rows.push_back(std::move(row));
    }
    return rows;
}

std::string to_text(const std::vector<TierTable>& tables) {
    std::string text;
    constexpr std::size_t name_width = 35;
    for (const TierTable& table : tables) {
        text += table.title + "\n" + padded("", name_width) + padded("", 18);
        for (const std::string& column : table.columns) text += padded(column, column.size() + 2);
        text += '\n';
        for (const TierRow& row : table.rows) {
            std::string line = padded(row.title, name_width) + padded(row.verdict, 18);
            for (std::size_t i = 0; i < row.outcomes.size(); ++i) {
                const std::size_t width = std::max(table.columns[i].size(), std::size_t{5}) + 2;
                line += padded(outcome_name(row.outcomes[i]),
                               std::min(width, table.columns[i].size() + 2));
            }
            line.erase(line.find_last_not_of(' ') + 1);
            text += line + '\n';
        }
        text += '\n';
    }
    return text;
}

Overview overview(const std::vector<TierTable>& tables) {
    Overview result;
    CHECK(tables.size() >= 2);
    for (const TierRow& row : tables[0].rows) {
        if (row.name == name_of(UseCase::unclassified)) continue;
        if (row.verdict == "prohibited") {
            result.prohibited.push_back(row.title);
        } else if (row.verdict == "needs approval") {
            result.needs_approval.push_back(row.title);
        } else {
            result.permitted.push_back(row.title);
        }
    }
    for (const TierRow& row : tables[1].rows) {
        if (row.verdict == "prohibited") result.blocked_zones.push_back(row.title);
    }
    return result;
}

wire::Json to_json(const TierTable& table) {
    wire::JsonArray columns;
    for (const std::string& column : table.columns) columns.emplace_back(column);
    wire::JsonArray rows;
    for (const TierRow& row : table.rows) {
        wire::JsonArray outcomes;
        for (const Outcome outcome : row.outcomes) outcomes.emplace_back(outcome_name(outcome));
        rows.emplace_back(wire::JsonObject{{"name", row.name},
                                           {"title", row.title},
                                           {"verdict", row.verdict},
                                           {"outcomes", std::move(outcomes)},
                                           {"rule", row.rule}});
    }
    return wire::JsonObject{
        {"title", table.title}, {"columns", std::move(columns)}, {"rows", std::move(rows)}};
}

namespace {

wire::Json texts(const std::vector<std::string>& list) {
    wire::JsonArray array;
    for (const std::string& text : list) array.emplace_back(text);
    return wire::Json(std::move(array));
}

// A head and its items, broken before 100 columns.
std::string paragraph(std::string_view head, const std::vector<std::string>& items) {
    constexpr std::size_t indent = 17;
    constexpr std::size_t width = 96;
    std::string text = padded(head, indent);
    std::size_t column = indent;
    for (std::size_t i = 0; i < items.size(); ++i) {
        const std::string item = items[i] + (i + 1 < items.size() ? ", " : "");
        if (column > indent && column + item.size() > width) {
            text += "\n" + std::string(indent, ' ');
            column = indent;
        }
        text += item;
        column += item.size();
    }
    return text + (items.empty() ? "nothing\n" : "\n");
}

}  // namespace

wire::Json to_json(const Overview& overview) {
    return wire::JsonObject{{"permitted", texts(overview.permitted)},
                            {"needs_approval", texts(overview.needs_approval)},
                            {"prohibited", texts(overview.prohibited)},
                            {"blocked_zones", texts(overview.blocked_zones)},
                            {"default", "deny"}};
}

std::string to_text(const Overview& overview) {
    return paragraph("Permitted", overview.permitted) +
           paragraph("Needs approval", overview.needs_approval) +
           paragraph("Prohibited", overview.prohibited) +
           paragraph("Blocked zones", overview.blocked_zones) +
           paragraph("Everything else", {"denied, unless a rule permits it"});
}

}  // namespace hs::policy
