#include "policy/decide.h"

#include <fmt/format.h>

namespace hs::policy {
namespace {

struct Pass {
    bool allowed = false;
    bool failed = false;
    std::vector<const Rule*> permits;  // admitted
    std::vector<const Rule*> held_back;
    std::vector<const Rule*> forbids;
    std::vector<const Rule*> ceiling_permits;
    std::optional<Layer> ceiling;
};

class Deciding {
  public:
    Deciding(const SnapshotPointer& snapshot, const Question& question, QuestionScratch& scratch)
        : snapshot_(*snapshot), question_(question), scratch_(scratch) {
        decision_.snapshot = snapshot;
    }

    Decision run() {
        const base::Result<> built = scratch_.build(question_, snapshot_.resident);
        if (!built) {
            decision_.faults.push_back(built.error().what);
            return finish(Outcome::deny, Why::failed);
        }
        const Pass plain = evaluate(scratch_.request());
        if (plain.failed) return finish(Outcome::deny, Why::failed);
        if (plain.allowed) {
            take(plain);
            return finish(Outcome::allow, Why::permitted);
        }
        const Pass consented = evaluate(scratch_.approved_request(consent()));
        if (consented.failed) return finish(Outcome::deny, Why::failed);
        return consented.allowed ? ask(plain, consented) : deny(plain, consented);
    }

  private:
    // The latest consent in force: the one that a rule about the approval itself sees.
    const Consent* consent() const {
        const Consent* latest = nullptr;
        for (const Consent& candidate : question_.consents) {
            const bool is_in_force =
                candidate.at_ms <= question_.now_ms && question_.now_ms < candidate.until_ms;
            if (!is_in_force) continue;
            if (latest == nullptr || candidate.at_ms >= latest->at_ms) latest = &candidate;
        }
        return latest;
    }

    // A fault in a forbid fails the pass; one in a permit only goes on record.
    bool note_faults(const RuleSet& set, const cedar::Answer& answer) {
        bool failed = false;
        for (const cedar::PolicyFault& fault : answer.faults) {
            decision_.faults.push_back(set.authorizer.describe(fault));
            failed = failed || set.rules[fault.policy].effect == cedar::Effect::forbid;
        }
        return failed;
    }

    Pass evaluate(const cedar::Request& request) {
        Pass pass;
        const RuleSet& set = *snapshot_.rules;
        const cedar::Answer& answer = set.authorizer.authorize(
            request, snapshot_.resident, &scratch_.entities(), scratch_.evaluation());
        pass.failed = note_faults(set, answer);
        if (pass.failed) return pass;
        if (answer.decision == cedar::Decision::deny) {
            for (const auto index : answer.reasons) pass.forbids.push_back(&set.rules[index]);
            return pass;
        }
        for (const auto index : answer.reasons) pass.permits.push_back(&set.rules[index]);
        admit(request, pass);
        pass.allowed = !pass.permits.empty();
        return pass;
    }

    // Keeps the permits that every higher layer's ceiling admits.
    void admit(const cedar::Request& request, Pass& pass) {
        for (std::size_t i = 0; i < layer_count; ++i) {
            const auto layer = static_cast<Layer>(i);
            const auto is_below = [layer](const Rule* rule) { return rule->layer > layer; };
            if (!snapshot_.ceilings[i]) continue;
            if (std::none_of(pass.permits.begin(), pass.permits.end(), is_below)) continue;
            if (ceiling_admits(*snapshot_.ceilings[i], request, pass)) continue;
            pass.ceiling = layer;
            std::copy_if(pass.permits.begin(), pass.permits.end(),
                         std::back_inserter(pass.held_back), is_below);
            std::erase_if(pass.permits, is_below);
        }
    }

    bool ceiling_admits(const RuleSet& set, const cedar::Request& request, Pass& pass) {
        const cedar::Answer& answer = set.authorizer.authorize(
            request, snapshot_.resident, &scratch_.entities(), scratch_.evaluation());
        if (note_faults(set, answer) || answer.decision == cedar::Decision::deny) return false;
        for (const auto index : answer.reasons) pass.ceiling_permits.push_back(&set.rules[index]);
        return true;
    }

    void take(const Pass& pass) {
        decision_.granted_by = pass.permits;
        for (const Rule* rule : pass.permits) oblige(*rule);
        for (const Rule* rule : pass.ceiling_permits) oblige(*rule);
    }

    void oblige(const Rule& rule) {
        Obligations& all = decision_.obligations;
        if (!rule.sandbox.empty()) all.sandbox = stricter(all.sandbox, rule.sandbox);
        all.redact.add_all(rule.redact);
        if (!rule.egress.empty()) all.egress.push_back(rule.egress);
        all.inspect.insert(all.inspect.end(), rule.inspect.begin(), rule.inspect.end());
        if (rule.ttl_ms) all.ttl_ms = std::min(*rule.ttl_ms, all.ttl_ms.value_or(*rule.ttl_ms));
        if (rule.log) all.log = std::max(all.log, *rule.log);
    }

    const std::string& stricter(const std::string& a, const std::string& b) const {
        const Profile* first = snapshot_.profiles.find(a);
        const Profile* second = snapshot_.profiles.find(b);
        if (first == nullptr || second == nullptr) return first == nullptr ? b : a;
        return first->rank <= second->rank ? a : b;
    }

    Decision ask(const Pass& plain, const Pass& consented) {
        take(consented);
        for (const Rule* rule : plain.forbids) decision_.forbidden_by.push_back(rule);
        for (const auto* rules : {&consented.permits, &consented.ceiling_permits, &plain.forbids}) {
            for (const Rule* rule : *rules) {
                if (rule->reads_approved) decision_.requirements.push_back(requirement_of(*rule));
            }
        }
        if (is_approved(decision_.requirements, question_)) {
            return finish(Outcome::allow, Why::consented);
        }
        if (!question_.reachable) return finish(Outcome::deny, Why::nobody_reachable);
        return finish(Outcome::ask, Why::needs_consent);
    }

    Decision deny(const Pass& plain, const Pass& consented) {
        const Pass& last =
            consented.forbids.empty() && !plain.held_back.empty() ? plain : consented;
        decision_.forbidden_by = last.forbids;
        decision_.held_back = last.held_back;
        decision_.ceiling = last.ceiling;
        if (!last.forbids.empty()) return finish(Outcome::deny, Why::forbidden);
        return finish(Outcome::deny, last.held_back.empty() ? Why::no_permit : Why::ceiling);
    }

    Decision finish(Outcome outcome, Why why) {
        decision_.outcome = outcome;
        decision_.why = why;
        return std::move(decision_);
    }

    const PolicySnapshot& snapshot_;
    const Question& question_;
    QuestionScratch& scratch_;
    Decision decision_;
};

bool is_in_list(const std::vector<std::string>& hosts, std::string_view text) {
    return std::any_of(hosts.begin(), hosts.end(), [text](const std::string& host) {
        if (!host.starts_with("*.")) return host == text;
        const std::string_view suffix = std::string_view(host).substr(1);
        return text.size() > suffix.size() && text.ends_with(suffix);
    });
}

}  // namespace

std::string_view outcome_name(Outcome outcome) {
    constexpr std::array<std::string_view, 3> names = {"allow", "ask", "deny"};
    return names[static_cast<std::size_t>(outcome)];
}

std::string_view why_name(Why why) {
    constexpr std::array<std::string_view, 8> names = {
        "permitted", "consented", "needs consent", "nobody reachable",
        "forbidden", "no permit", "ceiling",       "failed"};
    return names[static_cast<std::size_t>(why)];
}

bool egress_names(const std::vector<std::string>& list, std::string_view host, std::uint16_t port) {
    const bool is_v6 = host.find(':') != std::string_view::npos;
    return is_in_list(
        list, is_v6 ? fmt::format("[{}]:{}", host, port) : fmt::format("{}:{}", host, port));
}

bool egress_allows(const std::vector<std::vector<std::string>>& lists, std::string_view host,
                   std::uint16_t port) {
    return std::all_of(lists.begin(), lists.end(), [&](const std::vector<std::string>& list) {
        return egress_names(list, host, port);
    });
}

Decision decide(const SnapshotPointer& snapshot, const Question& question,
                QuestionScratch& scratch) {
    CHECK(snapshot != nullptr);
    return Deciding(snapshot, question, scratch).run();
}

}  // namespace hs::policy
