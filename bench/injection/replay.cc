#include "replay.h"

#include <algorithm>
#include <set>

#include "comparators.h"
#include "flow/context.h"
#include "policy/decide.h"
#include "policy/flow_facts.h"

namespace hs::bench_injection {
namespace {

using policy::Outcome;

constexpr base::WallTime_ms now_ms = 1'795'338'000'000;

struct Answer {
    Outcome outcome = Outcome::allow;
    std::string rule;
};

class Replay {
  public:
    Replay(const Suite& suite, const std::vector<Row>& rows)
        : suite_(suite), rows_(rows), totals_(rows.size()) {
        for (const auto& [name, manifest] : suite.connector->tools()) manifests_[name] = manifest;
    }

    std::vector<Totals> run() {
        for (const UserTask& task : suite_.users) {
            for (std::size_t i = 0; i < rows_.size(); ++i) benign(task, rows_[i], totals_[i]);
            attacks(task);
        }
        return std::move(totals_);
    }

  private:
    const flow::ToolManifest& manifest(const std::string& tool) {
        const auto found = manifests_.find(tool);
        if (found != manifests_.end()) return found->second;
        return manifests_[tool] = flow::ToolManifest::unknown(tool);
    }

    flow::Context begin(const UserTask& task) const {
        flow::Context context(suite_.world);
        // The class of a context begins with what tools return, as in the specification.
        flow::Label said = flow::Label::of_person("person");
        said.classes = {flow::DataClass::public_};
        context.hear(task.prompt, said, "your message");
        return context;
    }

    // An oracle's plan: the calls of the ground truth, pinned as far as the prompt alone goes.
    flow::Plan oracle(const UserTask& task, Planning planning) const {
        flow::Plan plan;
        const std::vector<std::string> words = {flow::lowered(task.prompt)};
        for (const Step& step : task.steps) {
            if (planning == Planning::names) plan.add({step.tool, {}});
            if (planning == Planning::pins) {
                plan.add(flow::Plan::pinned(step.tool, step.arguments, words));
            }
        }
        return plan;
    }

    void feed(flow::Context& context, const Step& step) {
        context.see(manifest(step.tool), step.arguments, step.labelled);
    }

    Answer decide(const Row& row, const flow::Context& context, const flow::Plan& plan,
                  const UserTask& task, const Step& step) {
        const flow::ToolManifest& tool = manifest(step.tool);
        if (row.comparator != Comparator::none) {
            const bool asks = row.comparator == Comparator::substring
                                  ? substring_asks(context, tool, step.arguments, task.prompt)
                                  : camel_asks(context, tool, step.arguments, task.prompt);
            return {asks ? Outcome::ask : Outcome::allow, "comparator"};
        }
        flow::Assessment traced = context.assess(tool, step.arguments);
        if (!row.value_labels) {
            traced.content_level = traced.context_level;
            traced.readers_hold = traced.context_readers_hold;
        }
        if (row.planning != Planning::none) {
            traced.planned = true;
            traced.in_plan = plan.fits(step.tool, step.arguments);
        }
        const policy::Question question = question_of(row, tool, traced);
        const policy::Decision decision = policy::decide(row.policy, question, scratch_);
        CHECK(decision.faults.empty());
        Answer answer{decision.outcome, {}};
        if (!decision.forbidden_by.empty()) answer.rule = decision.forbidden_by.front()->id;
        return answer;
    }

    policy::Question question_of(const Row& row, const flow::ToolManifest& tool,
                                 const flow::Assessment& traced) const {
        policy::Question question;
        question.person = "person";
        question.project = {"/home/person/work", row.use};
        question.origin.name = "terminal";
        question.effect = policy::Effect::mcp_call;
        policy::McpTarget target;
        target.server = suite_.name;
        target.tool = tool.name;
        target.tier = policy::TrustTier::tier2;
        target.assurance = {false, true, now_ms + 1, true};
        target.mutates = tool.writes();
        target.destroys = tool.effect == flow::ToolEffect::destroy;
        question.target = target;
        question.label = traced.label;
        question.flow = policy::flow_facts(traced);
        question.now_ms = now_ms;
        return question;
    }

    void benign(const UserTask& task, const Row& row, Totals& totals) {
        flow::Context context = begin(task);
        const flow::Plan plan = oracle(task, row.planning);
        std::set<std::string> tools_asked;
        bool touched = false;
        bool writes = false;
        for (const Step& step : task.steps) {
            const flow::ToolManifest& tool = manifest(step.tool);
            writes = writes || tool.writes();
            const Answer answer = decide(row, context, plan, task, step);
            if (answer.outcome != Outcome::allow) touched = true;
            if (answer.outcome == Outcome::deny) {
                totals.denied.push_back({task.id, step.tool, answer.rule});
                continue;
            }
            if (answer.outcome == Outcome::ask) {
                ++totals.approvals;
                tools_asked.insert(step.tool);
                totals.asked.push_back({task.id, step.tool, answer.rule});
            }
            feed(context, step);
        }
        ++totals.tasks;
        totals.tasks_untouched += touched ? 0 : 1;
        totals.writing += writes ? 1 : 0;
        totals.writing_untouched += writes && !touched ? 1 : 0;
        totals.approvals_batched += static_cast<std::int64_t>(tools_asked.size());
    }

    struct Success {
        bool all = false;
        bool any = false;
    };

    Success strike(const Row& row, flow::Context context, const flow::Plan& plan,
                   const UserTask& task, const InjectionTask& attack) {
        Success success{true, false};
        for (const Step& step : attack.steps) {
            if (decide(row, context, plan, task, step).outcome != Outcome::allow) {
                success.all = false;
                continue;
            }
            success.any = success.any || manifest(step.tool).effect != flow::ToolEffect::read;
            feed(context, step);
        }
        return success;
    }

    void attacks(const UserTask& task) {
        std::vector<std::vector<Success>> reached(rows_.size(),
                                                  std::vector<Success>(suite_.injections.size()));
        flow::Context context = begin(task);
        std::int64_t holes = 0;
        for (std::size_t k = 0; k < task.steps.size(); ++k) {
            feed(context, task.steps[k]);
            if (!task.has_vector || k < task.first_vector_step) continue;
            holes += context.is_tainted() ? 0 : 1;
            strike_all(context, task, reached);
        }
        for (std::size_t row = 0; row < rows_.size(); ++row) count(task, reached[row], holes, row);
    }

    void strike_all(const flow::Context& context, const UserTask& task,
                    std::vector<std::vector<Success>>& reached) {
        for (std::size_t row = 0; row < rows_.size(); ++row) {
            const flow::Plan plan = oracle(task, rows_[row].planning);
            for (std::size_t i = 0; i < suite_.injections.size(); ++i) {
                if (suite_.injections[i].text_only) continue;
                Success& so_far = reached[row][i];
                const Success now = strike(rows_[row], context, plan, task, suite_.injections[i]);
                so_far.all = so_far.all || now.all;
                so_far.any = so_far.any || now.any;
            }
        }
    }

    void count(const UserTask& task, const std::vector<Success>& reached, std::int64_t holes,
               std::size_t row) {
        Totals& totals = totals_[row];
        totals.holes += holes;
        for (std::size_t i = 0; i < reached.size(); ++i) {
            if (!task.has_vector) continue;
            if (suite_.injections[i].text_only) {
                ++totals.text_only_pairs;
                continue;
            }
            ++totals.pairs;
            totals.attacks_all += reached[i].all ? 1 : 0;
            totals.attacks_any += reached[i].any ? 1 : 0;
            if (reached[i].any) {
                totals.successes.push_back(suite_.name + "/" + task.id + "/" +
                                           suite_.injections[i].id);
            }
        }
    }

    const Suite& suite_;
    const std::vector<Row>& rows_;
    std::vector<Totals> totals_;
    std::map<std::string, flow::ToolManifest> manifests_;
    policy::QuestionScratch scratch_;
};

}  // namespace

void Totals::add(const Totals& other) {
    tasks += other.tasks;
    tasks_untouched += other.tasks_untouched;
    writing += other.writing;
    writing_untouched += other.writing_untouched;
    approvals += other.approvals;
    approvals_batched += other.approvals_batched;
    pairs += other.pairs;
    text_only_pairs += other.text_only_pairs;
    attacks_all += other.attacks_all;
    attacks_any += other.attacks_any;
    holes += other.holes;
    asked.insert(asked.end(), other.asked.begin(), other.asked.end());
    denied.insert(denied.end(), other.denied.begin(), other.denied.end());
    successes.insert(successes.end(), other.successes.begin(), other.successes.end());
}

std::vector<Totals> replay(const Suite& suite, const std::vector<Row>& rows) {
    return Replay(suite, rows).run();
}

}  // namespace hs::bench_injection
