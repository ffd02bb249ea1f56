#include "policy/decide.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "policy/explain.h"
#include "policy/testing/load.h"
#include "policy/trial.h"

namespace hs::policy {
namespace {

using testing::HasSubstr;

PolicyFile rules(Layer layer, std::string text, std::string name = "test.cedar") {
    return {layer, RuleKind::rules, {std::move(name), std::move(text)}};
}
PolicyFile ceiling(Layer layer, std::string text) {
    return {layer, RuleKind::ceiling, {"test.ceiling.cedar", std::move(text)}};
}

base::Result<SnapshotPointer> load_rules(std::vector<PolicyFile> files) {
    PolicySources sources;
    sources.files = std::move(files);
    return load(sources, test_options());
}

Question question(std::string_view words) {
    Given given;
    given.around.granted_roots = {CanonicalPath::from_text("/p").value()};
    given.around.project = given.around.granted_roots.front();
    given.working_directory = given.around.granted_roots.front();
    given.like.person = "alice";
    given.like.origin.name = "cli";
    given.like.project = {"/p", UseCase::internal_tools};
    given.like.label = flow::Label::of_person("alice");
    given.like.now_ms = test_now_ms;
    return question_of(words, given, FactTables::builtin(), ExceptionTable()).value();
}

Decision run(const base::Result<SnapshotPointer>& snapshot, const Question& asked) {
    QuestionScratch scratch;
    return decide(snapshot.value(), asked, scratch);
}
std::string outcome(const base::Result<SnapshotPointer>& snapshot, const Question& asked) {
    if (!snapshot) return snapshot.error().what;
    return summary(run(snapshot, asked));
}

constexpr auto permit_read =
    R"(@id("r") permit (principal, action == Hardshell::Action::"file.read", resource);)";

Consent consent(std::string person, std::vector<std::string> roles = {}) {
    return {std::move(person), std::move(roles), test_now_ms - 1, test_now_ms + 1000, ""};
}

TEST(Decide, DefaultIsDeny) {
    EXPECT_EQ(outcome(load_rules({}), question("read x")), "deny (no permit)");
}

TEST(Decide, MalformedQuestionsAreDenied) {
    Question asked = question("read x");
    asked.effect = Effect::run;
    EXPECT_EQ(outcome(load_rules({rules(Layer::person, permit_read)}), asked), "deny (failed)");
    asked = question("read x");
    std::get<PathTarget>(asked.target).path = "/p/../etc/shadow";
    EXPECT_EQ(outcome(load_rules({rules(Layer::person, permit_read)}), asked), "deny (failed)");
}

TEST(Decide, ThreeOutcomes) {
    const auto snapshot = load_rules({rules(Layer::person, R"(
        @id("look") permit (principal, action == Hardshell::Action::"file.read", resource);
        @id("change") @ask("Changes") permit (principal, action == Hardshell::Action::"file.write", resource)
        when { context.base.approved };
        @id("never") @reason("never") forbid (principal, action, resource)
        when { resource is Hardshell::Path && resource.name == "never" };
        @id("asked") @ask("Look?") forbid (principal, action, resource)
        when { resource is Hardshell::Path && resource.name == "asked" } unless { context.base.approved };)")});
    EXPECT_EQ(outcome(snapshot, question("read x")), "allow (permitted by look)");
    EXPECT_EQ(outcome(snapshot, question("write x")), "ask (needs consent by change)");
    EXPECT_EQ(outcome(snapshot, question("write never")), "deny (forbidden by never)");
    EXPECT_EQ(outcome(snapshot, question("read asked")), "ask (needs consent by asked)");
    Question asked = question("write x");
    asked.consents = {consent("alice")};
    EXPECT_EQ(outcome(snapshot, asked), "allow (consented by change)");
    asked.consents[0].until_ms = test_now_ms;
    EXPECT_EQ(outcome(snapshot, asked), "ask (needs consent by change)");
    asked.consents.clear();
    asked.reachable = false;
    EXPECT_EQ(outcome(snapshot, asked), "deny (nobody reachable by change)");
    asked = question("write never");
    asked.consents = {consent("alice")};
    EXPECT_EQ(outcome(snapshot, asked), "deny (forbidden by never)");
}

TEST(Decide, AnErrorInAForbidDenies) {
    const auto snapshot = load_rules({rules(Layer::person, permit_read), rules(Layer::person, R"(
        @id("overflows") @reason("r") forbid (principal, action, resource)
        when { context.base.session.calls + 9223372036854775807 < 0 };)",
                                                                               "b.cedar")});
    EXPECT_EQ(outcome(snapshot, question("read x")), "allow (permitted by r)");
    Question asked = question("read x");
    asked.session.calls = 1;
    const Decision decision = run(snapshot, asked);
    EXPECT_EQ(decision.why, Why::failed);
    EXPECT_EQ(decision.outcome, Outcome::deny);
    ASSERT_FALSE(decision.faults.empty());
    EXPECT_THAT(decision.faults.front(), HasSubstr("overflows"));
}

TEST(Decide, LayersGrantOnlyUpToTheCeilings) {
    const auto grant = rules(Layer::person, permit_read);
    const auto below_p = ceiling(Layer::organisation, R"(
        @id("ceiling") permit (principal, action, resource)
        when { resource is Hardshell::Path && resource.name == "open" };)");
    const auto snapshot = load_rules({grant, below_p});
    EXPECT_EQ(outcome(snapshot, question("read open")), "allow (permitted by r)");
    EXPECT_EQ(outcome(snapshot, question("read other")), "deny (ceiling by r)");
    EXPECT_EQ(run(snapshot, question("read other")).ceiling, Layer::organisation);
    // The organisation's own grants are not under its own ceiling, but under the built-in one.
    EXPECT_EQ(outcome(load_rules({rules(Layer::organisation, permit_read), below_p}),
                      question("read other")),
              "allow (permitted by r)");
    EXPECT_EQ(
        outcome(
            load_rules(
                {rules(Layer::organisation, permit_read),
                 ceiling(
                     Layer::builtin,
                     R"(@id("none") permit (principal, action == Hardshell::Action::"run", resource);)")}),
            question("read other")),
        "deny (ceiling by r)");
    // Any layer forbids.
    EXPECT_EQ(
        outcome(load_rules({rules(Layer::builtin, permit_read),
                            rules(Layer::person,
                                  R"(@id("no") @reason("x") forbid (principal, action, resource);)",
                                  "b")}),
                question("read x")),
        "deny (forbidden by no)");
}

TEST(Decide, ObligationsAreTheStrictestOfAll) {
    const auto snapshot = load_rules({rules(Layer::person, R"(
        @id("a") @sandbox("build") @redact("secrets") @ttl("1h") @log("summary") @egress("a.example, inspect *.b.example:443")
        permit (principal, action == Hardshell::Action::"run", resource);
        @id("b") @sandbox("read") @redact("personal, customer") @ttl("15m") @log("full") @egress("x.b.example")
        permit (principal, action, resource);)")});
    const Decision decision = run(snapshot, question("run ls"));
    ASSERT_EQ(decision.outcome, Outcome::allow);
    EXPECT_EQ(decision.obligations.sandbox, "read");
    EXPECT_THAT(decision.obligations.redact.names(),
                testing::ElementsAre("secrets", "personal", "customer"));
    EXPECT_EQ(decision.obligations.ttl_ms, 900'000);
    EXPECT_EQ(decision.obligations.log, LogLevel::full);
    EXPECT_TRUE(egress_allows(decision.obligations.egress, "x.b.example", 443));
    EXPECT_TRUE(egress_names(decision.obligations.inspect, "x.b.example", 443));
    EXPECT_FALSE(egress_names(decision.obligations.inspect, "a.example", 443));
    EXPECT_FALSE(egress_allows(decision.obligations.egress, "x.b.example", 80));
    EXPECT_FALSE(egress_allows(decision.obligations.egress, "a.example", 443));
    EXPECT_TRUE(egress_allows({}, "any.example", 1));
}

TEST(Decide, FourEyesAndQuorum) {
    const auto snapshot = load_rules({rules(Layer::person, R"(
        @id("two") @approvers("security, dana") @quorum("2") permit (principal, action, resource)
        when { context.base.approved };
        @id("owner") @approvers("owner") forbid (principal, action, resource)
        unless { context.base.approved };)")});
    Question asked = question("write x");
    const auto with = [&](std::vector<Consent> consents) {
        asked.consents = std::move(consents);
        return run(snapshot, asked).outcome;
    };
    EXPECT_EQ(with({}), Outcome::ask);
    EXPECT_EQ(with({consent("alice", {"security", "owner"}), consent("bob", {"security"})}),
              Outcome::ask);
    EXPECT_EQ(with({consent("bob", {"security"}), consent("carol", {"security"})}), Outcome::ask);
    EXPECT_EQ(with({consent("bob", {"security"}), consent("bob", {"security", "owner"})}),
              Outcome::ask);
    EXPECT_EQ(with({consent("bob", {"security"}), consent("dana", {"owner"})}), Outcome::allow);
    EXPECT_EQ(with({consent("", {"security"}), consent("dana", {"owner"})}), Outcome::ask);
    const Decision decision = run(snapshot, question("write x"));
    ASSERT_EQ(decision.requirements.size(), 2U);
    EXPECT_TRUE(may_approve(decision.requirements, asked, "erin", {"owner"}));
    EXPECT_FALSE(may_approve(decision.requirements, asked, "erin", {"marketing"}));
    EXPECT_FALSE(may_approve(decision.requirements, asked, "alice", {"owner"}));
    EXPECT_THAT(smallest_change(decision, asked), HasSubstr("2 of security, dana; not alice"));
}

TEST(Decide, TheConsentIsAFactOfTheLastEvaluation) {
    const auto snapshot = load_rules({rules(Layer::person, R"(
        @id("not-eve") permit (principal, action, resource) when { context.base.approved };
        @id("eve") @reason("eve may not") forbid (principal, action, resource)
        unless { !(context.base has approval) || context.base.approval.by != Hardshell::User::"eve" };)")});
    // That forbid would grow with consent, so it must not load.
    ASSERT_FALSE(snapshot.ok());
    EXPECT_THAT(snapshot.error().what, HasSubstr("consent could remove a permission"));
    const auto positive = load_rules({rules(Layer::person, R"(
        @id("by-bob") permit (principal, action, resource)
        when {
          context.base.approved && context.base has approval &&
          context.base.approval.by == Hardshell::User::"bob"
        };)")});
    Question asked = question("write x");
    asked.consents = {consent("bob")};
    EXPECT_EQ(outcome(positive, asked), "allow (consented by by-bob)");
    asked.consents = {consent("carol")};
    EXPECT_EQ(outcome(positive, asked), "deny (no permit)");
}

// Policies out of parts, for the properties below.
std::string random_rule(base::ScriptedRandom& random, int number, std::string_view effect) {
    static constexpr std::string_view actions[] = {
        "action", "action in Hardshell::Action::\"egress\"",
        "action in Hardshell::Action::\"work\"", "action == Hardshell::Action::\"file.read\"",
        "action == Hardshell::Action::\"run\""};
    static constexpr std::string_view conditions[] = {
        "",
        "when { context.base.lockdown }",
        "when { context.base.label.integrity < 2 }",
        "when { context.base.label.level > 0 }",
        "when { context.base.session.calls > 2 }",
        "when { context.base.requester == Hardshell::User::\"alice\" }",
        "when { context.base.session.calls + 9223372036854775805 > 0 }"};
    const bool is_permit = effect == "permit";
    const std::string_view consent = random.next() % 3 != 0 ? ""
                                     : is_permit            ? "when { context.base.approved }"
                                                            : "unless { context.base.approved }";
    return "@id(\"" + std::string(effect) + std::to_string(number) + "\") @reason(\"r\") " +
           std::string(effect) + " (principal, " + std::string(actions[random.next() % 5]) +
           ", resource) " + std::string(conditions[random.next() % 7]) + " " +
           std::string(consent) + ";\n";
}

TEST(DecideProperty, ForbidsNeverAllowPermitsNeverDenyOrderNeverMatters) {
    base::ScriptedRandom random(11);
    const std::string_view words[] = {"read x",
                                      "write x",
                                      "run ls",
                                      "get https://example.com/",
                                      "send POST https://example.com/",
                                      "message cli"};
    for (int round = 0; round < 30; ++round) {
        std::vector<PolicyFile> files;
        for (int i = 0; i < 6; ++i) {
            const auto layer = static_cast<Layer>(random.next() % layer_count);
            const auto effect = random.next() % 3 == 0 ? "forbid" : "permit";
            files.push_back(rules(layer, random_rule(random, i, effect), "f" + std::to_string(i)));
        }
        const auto before = load_rules(files);
        ASSERT_TRUE(before.ok()) << before.error().what;
        auto more = files;
        more.push_back(rules(Layer::person, random_rule(random, 100, "forbid"), "g"));
        const auto with_forbid = load_rules(more);
        more.back() = rules(Layer::person, random_rule(random, 101, "permit"), "g");
        const auto with_permit = load_rules(more);
        std::reverse(files.begin(), files.end());
        const auto reversed = load_rules(files);
        for (const auto text : words) {
            Question asked = question(text);
            asked.session.calls = static_cast<std::int64_t>(random.next() % 5);
            asked.label.integrity = static_cast<flow::Integrity>(random.next() % 3);
            asked.lockdown = random.next() % 4 == 0;
            const Decision first = run(before, asked);
            EXPECT_GE(run(with_forbid, asked).outcome, first.outcome);
            EXPECT_LE(run(with_permit, asked).outcome, first.outcome);
            EXPECT_EQ(summary(run(reversed, asked)), summary(first));
        }
    }
}

TEST(Explain, NamesRuleLayerFactsAndRemedy) {
    const auto snapshot = load_preset("enterprise");
    QuestionScratch scratch;
    const Question asked = question("get https://api.prod/");
    const Decision decision = decide(snapshot, asked, scratch);
    const std::string text = explain(decision, asked);
    EXPECT_THAT(text,
                HasSubstr("enterprise-blocked-zones (built-in layer, policies/enterprise.cedar:"));
    EXPECT_THAT(text, HasSubstr("api.prod is in zone production"));
    EXPECT_THAT(text, HasSubstr("the exception blocked-zones: hardshell policy exception request"));
    EXPECT_THAT(reason(decision), HasSubstr("blocked zones"));
    EXPECT_EQ(*wire::text_at(to_json(decision), "outcome"), "deny");
}

}  // namespace
}  // namespace hs::policy
