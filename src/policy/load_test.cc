#include "policy/load.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "policy/explain.h"
#include "policy/narrow.h"
#include "policy/replay.h"
#include "policy/testing/load.h"
#include "policy/tiers.h"
#include "policy/trial.h"

namespace hs::policy {
namespace {

using testing::HasSubstr;

base::Result<SnapshotPointer> load_text(std::string text) {
    PolicySources sources;
    sources.files = {{Layer::person, RuleKind::rules, {"own.cedar", std::move(text)}}};
    return load(sources, test_options());
}
std::string mistake(std::string text) {
    const auto loaded = load_text(std::move(text));
    return loaded ? "" : loaded.error().what;
}

TEST(Load, RefusesAnnotationsThatCouldBeATypo) {
    const std::string scope = " permit (principal, action, resource);";
    const std::string no_id = mistake(scope);
    EXPECT_THAT(no_id, HasSubstr("no @id"));
    EXPECT_THAT(mistake("@id(\"a\") @sandbx(\"read\")" + scope), HasSubstr("no such annotation"));
    EXPECT_THAT(mistake("@id(\"a\") @requireApproval(\"x\")" + scope),
                HasSubstr("no such annotation"));
    EXPECT_THAT(mistake("@id(\"a\") @sandbox(\"nothing\")" + scope), HasSubstr("no profile"));
    for (const auto annotation :
         {"@sandbox", "@redact(\"all\")", "@redact(\"secrets,\")", "@egress(\"a b\")",
          "@ttl(\"soon\")", "@ttl(\"-1h\")", "@log(\"loud\")", "@reason(\"\")",
          "@reason(\"a\\u{202e}b\")", "@expires(\"tomorrow\")", "@owner(\" \")",
          // These do nothing without a condition on consent.
          "@ask(\"?\")", "@approvers(\"x\")", "@quorum(\"2\")"}) {
        EXPECT_NE(mistake("@id(\"a\") " + std::string(annotation) + scope), "") << annotation;
    }
    for (const auto quorum : {"0", "17", "two", "1.5", ""}) {
        EXPECT_NE(
            mistake("@id(\"a\") @quorum(\"" + std::string(quorum) +
                    "\") permit (principal, action, resource) when { context.base.approved };"),
            "")
            << quorum;
    }
    EXPECT_THAT(
        mistake(
            "@id(\"a\") @sandbox(\"read\") @reason(\"x\") forbid (principal, action, resource);"),
        HasSubstr("does nothing on a forbid"));
    for (const auto id : {"", "A", "a b", "-a", "a/b", "\\u{430}"}) {
        EXPECT_NE(mistake("@id(\"" + std::string(id) + "\")" + scope), "") << id;
    }
    EXPECT_THAT(mistake("@id(\"a\")" + scope + "@id(\"a\")" + scope), HasSubstr("already used"));
    EXPECT_THAT(mistake("@id(\"a\") permit (principal == ?principal, action, resource);"),
                HasSubstr("does nothing here"));
}

TEST(Load, RefusesWhatTheSchemaDoesNotKnow) {
    EXPECT_THAT(
        mistake(
            "@id(\"a\") permit (principal, action == Hardshell::Action::\"file.raed\", resource);"),
        HasSubstr("own.cedar:1"));
    EXPECT_NE(
        mistake("@id(\"a\") permit (principal, action, resource in Hardshell::Zone::\"prod\");"),
        "");
    EXPECT_NE(
        mistake("@id(\"a\") permit (principal, action, resource) when { context.base.aproved };"),
        "");
    EXPECT_NE(mistake("@id(\"a\") permit (principal, action, resource) when { resource.granted };"),
              "");
    EXPECT_NE(mistake("@id(\"a\") permit (principal, action, resource"), "");
    EXPECT_NE(mistake("\xff\xfe"), "");
    EXPECT_NE(mistake(std::string(100'000, '(')), "");
    EXPECT_NE(
        mistake(
            "@id(\"a\") permit (principal, action, resource) when { context.base.session.calls < "
            "99999999999999999999 };"),
        "");
}

TEST(Load, HugeInputIsRefusedQuickly) {
    PolicySources sources;
    sources.files = {
        {Layer::person, RuleKind::rules, {"huge.cedar", std::string(100'000'000, ' ')}}};
    const auto loaded = load(sources, test_options());
    ASSERT_FALSE(loaded.ok());
    EXPECT_EQ(loaded.error().code, base::Code::exhausted);
}

TEST(Lint, ConsentNeverRemovesAPermission) {
    for (const auto conditions :
         {"permit (principal, action, resource) unless { context.base.approved };",
          "permit (principal, action, resource) when { !context.base.approved };",
          "permit (principal, action, resource) when { context.base.approved == false };",
          "permit (principal, action, resource) when { if context.base.approved then false else "
          "true };",
          "forbid (principal, action, resource) when { context.base.approved };",
          "forbid (principal, action, resource) unless { !context.base.approved };",
          "forbid (principal, action, resource) when { [context.base.approved].contains(true) };",
          "permit (principal, action, resource) when { context.base.label.level > 1 || "
          "!(context.base has approval) };"}) {
        EXPECT_THAT(mistake("@id(\"a\") @reason(\"r\") " + std::string(conditions)),
                    HasSubstr("consent could remove"))
            << conditions;
    }
    for (const auto conditions :
         {"permit (principal, action, resource) when { context.base.approved };",
          "permit (principal, action, resource) when { !(!context.base.approved) };",
          "forbid (principal, action, resource) unless { context.base.approved };",
          "forbid (principal, action, resource) when { context.base.lockdown && "
          "!context.base.approved };"}) {
        EXPECT_EQ(mistake("@id(\"a\") @reason(\"r\") " + std::string(conditions)), "")
            << conditions;
    }
}

TEST(Lint, ExceptionsEnd) {
    const std::string head = "@id(\"a\") @owner(\"alice\") @justification(\"INC-1\") ";
    const std::string scope = "permit (principal, action, resource) ";
    EXPECT_THAT(mistake(head + scope + ";"), HasSubstr("needs an end"));
    EXPECT_THAT(mistake(head + scope + "when { context.base.now > datetime(\"2027-01-01\") };"),
                HasSubstr("needs an end"));
    EXPECT_THAT(mistake(head + scope + "unless { context.base.now < datetime(\"2027-01-01\") };"),
                HasSubstr("needs an end"));
    EXPECT_EQ(mistake(head + scope + "when { context.base.now < datetime(\"2027-01-01\") };"), "");
    EXPECT_THAT(mistake(head + "@expires(\"2027-06-01\") " + scope +
                        "when { context.base.now < datetime(\"2027-01-01\") };"),
                HasSubstr("do not agree"));
    EXPECT_EQ(mistake(head + "@expires(\"2027-01-01\") " + scope +
                      "when { context.base.lockdown == false && context.base.now < "
                      "datetime(\"2027-01-01\") };"),
              "");
    EXPECT_THAT(mistake("@id(\"a\") @expires(\"2027-01-01\") " + scope + ";"),
                HasSubstr("do not agree"));
}

std::vector<std::string> warnings(std::string text) {
    std::vector<std::string> result;
    const auto loaded = load_text(std::move(text));
    if (!loaded) return {loaded.error().what};
    for (const LintFinding& finding : (*loaded)->warnings) result.push_back(finding.message);
    return result;
}

TEST(Lint, TellsOfRulesThatNeverDecide) {
    EXPECT_THAT(
        warnings("@id(\"a\") permit (principal, action, resource);"
                 "@id(\"b\") permit (principal, action == Hardshell::Action::\"run\", resource);"),
        testing::ElementsAre(HasSubstr("b: decides nothing beyond a")));
    EXPECT_THAT(warnings("@id(\"a\") @reason(\"r\") forbid (principal, action in "
                         "Hardshell::Action::\"work\", resource);"
                         "@id(\"b\") permit (principal, action in Hardshell::Action::\"work\", "
                         "resource is Hardshell::Path);"),
                testing::ElementsAre(HasSubstr("b: never grants, because a forbids it")));
    EXPECT_THAT(warnings("@id(\"a\") permit (principal, action, resource) when { "
                         "context.base.lockdown && false };"),
                testing::ElementsAre(HasSubstr("a")));
    EXPECT_THAT(warnings("@id(\"a\") permit (principal, action, resource) when { context.base.now "
                         "< datetime(\"2026-01-01\") };"),
                testing::ElementsAre(HasSubstr("has expired")));
    EXPECT_THAT(warnings("@id(\"a\") forbid (principal, action, resource);"),
                testing::ElementsAre(HasSubstr("tells nobody why")));
}

TEST(ActivePolicy, StartsLockedAndKeepsWhatHolds) {
    ActivePolicy active(test_options());
    EXPECT_EQ(active.current()->generation, 1U);
    EXPECT_NE(active.current()->digest, "");
    const SnapshotPointer locked = active.current();
    PolicySources sources = preset_sources("personal").value();
    ASSERT_TRUE(active.replace(sources, test_now_ms).ok());
    const SnapshotPointer personal = active.current();
    EXPECT_EQ(personal->generation, 2U);
    EXPECT_NE(personal->digest, locked->digest);
    // Cut anywhere, the file is refused and nothing changes.
    const std::string whole = sources.files[1].text.text;
    for (std::size_t cut = 1; cut < 8; ++cut) {
        sources.files[1].text.text = whole.substr(0, whole.size() * cut / 8 - 1);
        const auto replaced = active.replace(sources, test_now_ms);
        if (replaced) continue;  // cut between two rules
        EXPECT_EQ(active.current(), active.current());
    }
    sources.files[1].text.text = whole + "\npermit (principal, action";
    EXPECT_FALSE(active.replace(sources, test_now_ms).ok());
    sources.files[1].text.text = whole;
    const SnapshotPointer before = active.current();
    sources.tests = {{"t.toml", "[[case]]\ndo = \"run ls\"\nexpect = \"deny\"\n"}};
    const auto failed = active.replace(sources, test_now_ms);
    ASSERT_FALSE(failed.ok());
    EXPECT_THAT(failed.error().what, HasSubstr("expected deny, got allow"));
    EXPECT_EQ(active.current(), before);
    EXPECT_THAT(preset_sources("lax").error().what, HasSubstr("expected personal"));
}

TEST(Load, SortsFilesByNameAndLayer) {
    PolicySources sources;
    EXPECT_TRUE(add_file(sources, Layer::person, {"person/mine.cedar", ""}).ok());
    EXPECT_TRUE(add_file(sources, Layer::team, {"team/x.ceiling.cedar", ""}).ok());
    EXPECT_TRUE(add_file(sources, Layer::organisation, {"org/zones.toml", ""}).ok());
    EXPECT_TRUE(add_file(sources, Layer::organisation, {"org/profiles/x.toml", ""}).ok());
    EXPECT_FALSE(add_file(sources, Layer::project, {"project/zones.toml", ""}).ok());
    EXPECT_FALSE(add_file(sources, Layer::person, {"person/mine.cedar~", ""}).ok());
    EXPECT_EQ(sources.files[1].kind, RuleKind::ceiling);
}

constexpr auto exception_toml = R"([[exception]]
id = "exc-1"
lifts = "blocked-zones"
effects = ["http.get"]
target = "wiki.corp:443"
person = "alice"
owner = "alice"
reason = "migration of the wiki"
approver = "bob"
from = "2026-11-01"
until = "2026-12-31"
)";

Given given_for_enterprise() {
    Given given;
    given.around.granted_roots = {CanonicalPath::from_text("/p").value()};
    given.around.project = given.around.granted_roots.front();
    given.working_directory = given.around.granted_roots.front();
    given.tracking = Tracking::tracked;
    given.like.person = "alice";
    given.like.origin.name = "cli";
    given.like.project = {"/p", UseCase::internal_tools};
    given.like.label = flow::Label::of_person("alice");
    given.like.now_ms = test_now_ms;
    return given;
}

TEST(Exceptions, LiftOneProhibitionForOneTargetUntilADay) {
    PolicySources sources = preset_sources("enterprise").value();
    sources.exceptions = {{"exceptions.toml", exception_toml}};
    const auto loaded = load(sources, test_options());
    ASSERT_TRUE(loaded.ok()) << loaded.error().what;
    QuestionScratch scratch;
    Given given = given_for_enterprise();
    const auto outcome = [&](std::string_view words) {
        const Question asked =
            question_of(words, given, (*loaded)->facts, (*loaded)->exceptions).value();
        return summary(decide(*loaded, asked, scratch));
    };
    // What an exception lifts is still asked; it grants nothing else.
    EXPECT_EQ(outcome("get https://wiki.corp/"), "ask (needs consent by enterprise-excepted)");
    EXPECT_EQ(outcome("get https://other.corp/"), "deny (forbidden by enterprise-blocked-zones)");
    EXPECT_EQ(outcome("send POST https://wiki.corp/"),
              "deny (forbidden by enterprise-blocked-zones)");
    given.like.now_ms = test_now_ms + std::int64_t{60} * 86'400'000;
    EXPECT_EQ(outcome("get https://wiki.corp/"), "deny (forbidden by enterprise-blocked-zones)");
    given.like.now_ms = test_now_ms;
    given.like.person = "mallory";
    EXPECT_EQ(outcome("get https://wiki.corp/"), "deny (forbidden by enterprise-blocked-zones)");
}

TEST(Exceptions, GrantedAloneHoldOnlyWherePolicyWantsNobodyElse) {
    std::string text = exception_toml;
    text.replace(text.find("approver = \"bob\""), 16, "approver = \"alice\"\nalone = true");
    for (const auto& [preset, holds] : {std::pair("work", true), std::pair("enterprise", false)}) {
        PolicySources sources = preset_sources(preset).value();
        sources.exceptions = {{"exceptions.toml", text}};
        const auto loaded = load(sources, test_options());
        ASSERT_TRUE(loaded.ok()) << loaded.error().what;
        EXPECT_EQ(!(*loaded)->exceptions.all().empty(), holds) << preset;
        EXPECT_EQ((*loaded)->warnings.empty(), holds) << preset;
    }
}

TEST(Exceptions, OfTwoFilesHaveDifferentIds) {
    PolicySources sources = preset_sources("enterprise").value();
    sources.exceptions = {{"a.toml", exception_toml}, {"b.toml", exception_toml}};
    EXPECT_THAT(load(sources, test_options()).error().what, HasSubstr("two files"));
}

TEST(Remedy, NamesTheCommandToType) {
    const SnapshotPointer snapshot = load_preset("enterprise");
    QuestionScratch scratch;
    Given given = given_for_enterprise();
    const auto remedy_of = [&](std::string_view words) {
        const Question asked =
            question_of(words, given, snapshot->facts, snapshot->exceptions).value();
        return remedy(decide(snapshot, asked, scratch), asked, "ID");
    };
    EXPECT_EQ(remedy_of("read a.txt"), "");
    EXPECT_THAT(remedy_of("get https://wiki.corp/"), HasSubstr("policy exception request ID"));
    EXPECT_THAT(remedy_of("read .env"), HasSubstr("policy why ID"));
    EXPECT_THAT(remedy_of("read /elsewhere"), HasSubstr("policy allow ID"));
    given.like.project.use = UseCase::unclassified;
    EXPECT_THAT(remedy_of("read a.txt"), HasSubstr("project classify /p"));
}

TEST(Exceptions, AreWholeOrRefused) {
    const auto refused = [](std::string_view from, std::string_view to) {
        std::string text = exception_toml;
        text.replace(text.find(from), from.size(), to);
        PolicySources sources = preset_sources("enterprise").value();
        sources.exceptions = {{"exceptions.toml", text}};
        const auto loaded = load(sources, test_options());
        return loaded ? std::string() : loaded.error().what;
    };
    EXPECT_EQ(refused("exc-1", "exc-2"), "");
    EXPECT_THAT(refused("lifts = \"blocked-zones\"", "lifts = \"everything\""),
                HasSubstr("no forbid names"));
    EXPECT_THAT(refused("until = \"2026-12-31\"", ""), HasSubstr("until"));
    EXPECT_THAT(refused("2026-12-31", "2028-12-31"), HasSubstr("within a year"));
    EXPECT_THAT(refused("2026-12-31", "2026-10-31"), HasSubstr("within a year"));
    EXPECT_THAT(refused("approver = \"bob\"", "approver = \"alice\""), HasSubstr("somebody else"));
    EXPECT_THAT(refused("reason = \"migration of the wiki\"", "reason = \"\""), HasSubstr("empty"));
    EXPECT_THAT(refused("wiki.corp:443", "*"), HasSubstr("target"));
    EXPECT_THAT(refused("[\"http.get\"]", "[]"), HasSubstr("effects"));
    EXPECT_THAT(refused("person =", "persn ="), HasSubstr("no such key"));
    const auto document = wire::parse_toml(exception_toml).value();
    const auto table = ExceptionTable::parse(document, "x").value();
    const auto again = ExceptionTable::parse(wire::parse_toml(to_toml(table.all())).value(), "y");
    ASSERT_TRUE(again.ok()) << again.error().what;
    EXPECT_EQ(to_toml(again->all()), to_toml(table.all()));
}

TEST(Narrow, AllowsTheQuestionAndNothingElse) {
    const PolicySources sources = preset_sources("personal").value();
    const FactTables facts = FactTables::builtin();
    const Given given = given_for_enterprise();
    QuestionScratch scratch;
    for (const auto words :
         {"write src/a.cc", "run make test", "send POST https://example.com/form", "message team",
          "set ui.colour", "run bash -c 'echo \"x\"'"}) {
        NarrowWish wish;
        Given circumstances = given;
        circumstances.weakens = false;
        circumstances.like.project.use = UseCase::unclassified;
        wish.question = question_of(words, circumstances, facts, ExceptionTable()).value();
        wish.owner = "alice";
        const auto rule = narrowest_rule(sources, test_options(), wish);
        ASSERT_TRUE(rule.ok()) << words << rule.error().what;
        PolicySources with_rule = sources;
        with_rule.files.push_back({Layer::person, RuleKind::rules, {"mine.cedar", rule->text}});
        const SnapshotPointer snapshot = load(with_rule, test_options()).value();
        EXPECT_EQ(decide(snapshot, wish.question, scratch).outcome, Outcome::allow) << words;
        // Another target, less trusted text, another project: still asked.
        Question other = wish.question;
        other.label.integrity = flow::Integrity::untrusted;
        EXPECT_NE(decide(snapshot, other, scratch).outcome, Outcome::allow) << words;
        other = wish.question;
        other.project.name = "/q";
        EXPECT_NE(decide(snapshot, other, scratch).outcome, Outcome::allow) << words;
        const auto another =
            question_of(std::string(words) + "x", circumstances, facts, ExceptionTable());
        if (another) other = *another;
        EXPECT_NE(decide(snapshot, other, scratch).outcome, Outcome::allow) << words;
    }
}

TEST(Narrow, SaysWhatNoRuleCanDo) {
    NarrowWish wish;
    Given given = given_for_enterprise();
    const FactTables facts = FactTables::builtin();
    const auto error = [&](std::string_view preset, std::string_view words) {
        wish.question = question_of(words, given, facts, ExceptionTable()).value();
        const auto rule = narrowest_rule(preset_sources(preset).value(), test_options(), wish);
        return rule ? "allowed: " + rule->text : rule.error().what;
    };
    EXPECT_THAT(error("personal", "read .env"), HasSubstr("personal-credential-files"));
    EXPECT_THAT(error("personal", "read a"), HasSubstr("no rule is needed"));
    EXPECT_THAT(error("personal", "write .git/hooks/x"), HasSubstr("personal-later-code"));
    given.like.project.use = UseCase::internal_repository;
    EXPECT_THAT(error("enterprise", "read a"), HasSubstr("approval by 1 of repository-owner"));
}

// Else whoever sits at the approver's screen writes a rule where a code is missing.
TEST(Narrow, NeverStandsForACodeOrForSeveralPeople) {
    const FactTables facts = FactTables::builtin();
    for (const std::string_view wanted : {"@factor(\"totp\")", "@quorum(\"2\")"}) {
        PolicySources sources = preset_sources("personal").value();
        sources.files.push_back(
            {Layer::organisation,
             RuleKind::rules,
             {"ours.cedar", "@id(\"ours\") @ask(\"Posts\") " + std::string(wanted) +
                                " permit (principal is Hardshell::Agent, action, resource) "
                                "when { context.base.approved };"}});
        NarrowWish wish;
        wish.owner = "alice";
        wish.question =
            question_of("message team", given_for_enterprise(), facts, ExceptionTable()).value();
        const auto rule = narrowest_rule(sources, test_options(), wish);
        ASSERT_FALSE(rule.ok()) << wanted;
        EXPECT_THAT(rule.error().what, HasSubstr("a rule cannot stand for")) << wanted;
    }
}

TEST(Narrow, HasAnEndWhenWanted) {
    NarrowWish wish;
    Given given = given_for_enterprise();
    given.like.project.use = UseCase::unclassified;
    wish.question = question_of("write a", given, FactTables::builtin(), ExceptionTable()).value();
    wish.owner = "alice";
    wish.until_ms = test_now_ms + 86'400'000;
    wish.justification = "INC-1: \"quoted\"";
    const auto rule = narrowest_rule(preset_sources("personal").value(), test_options(), wish);
    ASSERT_TRUE(rule.ok()) << rule.error().what;
    EXPECT_THAT(rule->text, HasSubstr("context.base.now < datetime("));
    EXPECT_THAT(rule->text, HasSubstr("@expires("));
}

TEST(Tiers, EnterpriseIsTheListThatReviewersAskFor) {
    const auto tables = tiers(load_preset("enterprise"), test_now_ms);
    std::map<std::string, std::string> verdicts;
    for (const TierTable& table : tables) {
        for (const TierRow& row : table.rows) verdicts[table.title + "/" + row.name] = row.verdict;
    }
    const std::string use = "What projects are used for/";
    for (const auto name :
         {"personal_productivity", "documentation", "open_source", "internal_tools"}) {
        EXPECT_THAT(verdicts[use + name], HasSubstr("permitted")) << name;
    }
    for (const auto name : {"internal_repository", "cicd_integration"}) {
        EXPECT_EQ(verdicts[use + name], "needs approval") << name;
    }
    for (const auto name : {"production", "customer_data", "security_infrastructure",
                            "credential_storage", "unclassified"}) {
        EXPECT_EQ(verdicts[use + name], "prohibited") << name;
    }
    for (const auto name :
         {"production", "kubernetes", "database", "internal_api", "cicd", "private", "metadata"}) {
        EXPECT_EQ(verdicts["Where hosts are/" + std::string(name)], "prohibited") << name;
    }
    EXPECT_THAT(to_text(tables), HasSubstr("internal repositories"));
    const Overview list = overview(tables);
    EXPECT_THAT(list.permitted,
                testing::ElementsAre("personal productivity", "documentation", "open-source work",
                                     "internal tools (non-production)"));
    EXPECT_THAT(list.needs_approval,
                testing::ElementsAre("internal repositories", "CI/CD integration"));
    EXPECT_THAT(list.prohibited,
                testing::ElementsAre("production systems", "customer data",
                                     "security infrastructure", "credential storage"));
    EXPECT_THAT(
        list.blocked_zones,
        testing::IsSupersetOf({"production Kubernetes", "databases (read replicas too)",
                               "internal APIs with authentication", "CI/CD control planes"}));
    EXPECT_GT(rule_rows(load_preset("enterprise")).size(), 30U);
}

TEST(Replay, ComesToTheSameOutcome) {
    const SnapshotPointer personal = load_preset("personal");
    const SnapshotPointer locked = load_preset("locked");
    QuestionScratch scratch;
    const Question asked =
        question_of("run ls", given_for_enterprise(), personal->facts, personal->exceptions)
            .value();
    const wire::Json question = wire::parse_json(wire::canonical_json(to_json(asked))).value();
    const wire::Json decision =
        wire::parse_json(wire::canonical_json(to_json(decide(personal, asked, scratch)))).value();
    const auto same = replay(question, decision, personal, Comparison::outcome_and_rules, scratch);
    ASSERT_TRUE(same.ok()) << same.error().what;
    EXPECT_EQ(same->difference, "");
    const auto other = replay(question, decision, locked, Comparison::outcome, scratch);
    EXPECT_EQ(other->difference, "was allow (permitted), is deny (no permit)");
    EXPECT_FALSE(replay(wire::Json(), decision, personal, Comparison::outcome, scratch).ok());
    EXPECT_FALSE(replay(question, wire::Json(), personal, Comparison::outcome, scratch).ok());
}

}  // namespace
}  // namespace hs::policy
