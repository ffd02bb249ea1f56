// Projects, evidence, people, assessments and manifests: what they refuse, and what holds.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "policy/assessment.h"
#include "policy/evidence.h"
#include "policy/manifest.h"
#include "policy/people.h"
#include "policy/projects.h"
#include "policy/testing/load.h"

namespace hs::policy {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

template <class Table>
base::Result<Table> parse(std::string_view text) {
    return Table::parse(TRY(parse_named_toml("t.toml", text)), "t.toml");
}
template <class Table>
std::string mistake(std::string_view text) {
    const auto parsed = parse<Table>(text);
    return parsed ? "" : parsed.error().what;
}
CanonicalPath path(std::string_view text) {
    return CanonicalPath::from_text(text).value();
}

TEST(NamedToml, MistakesHaveFileLineAndColumn) {
    EXPECT_THAT(mistake<ProjectTable>("a = 1\nb = [1,\n"), testing::StartsWith("t.toml:"));
    EXPECT_THAT(mistake<ProjectTable>("a = 1\nb = {\n"), HasSubstr("t.toml:2:"));
    EXPECT_THAT(mistake<ProjectTable>(std::string(100'000, '[')), HasSubstr("t.toml:1:"));
    EXPECT_THAT(mistake<ProjectTable>("a = '\xff\xfe'"), HasSubstr("t.toml:1:"));
}

TEST(Projects, NearestFolderDecidesAndMistakesAreNamed) {
    const auto table = parse<ProjectTable>(
        "[[project]]\nfolder = \"/w/a\"\nclass = \"open_source\"\n"
        "[[project]]\nfolder = \"/w/a/prod\"\nclass = \"production\"\nby = \"uid 7\"\n");
    ASSERT_TRUE(table) << table.error().what;
    EXPECT_EQ(table->find(path("/w/a/src"))->use, UseCase::open_source);
    EXPECT_EQ(table->find(path("/w/a/prod/x"))->use, UseCase::production);
    EXPECT_EQ(table->find(path("/w/ab")), nullptr);
    EXPECT_EQ(table->find(path("/w")), nullptr);
    EXPECT_EQ(parse<ProjectTable>(to_toml(*table))->all().size(), 2U);
    EXPECT_THAT(mistake<ProjectTable>("[[project]]\nfolder = \"w\"\nclass = \"production\"\n"),
                HasSubstr("t.toml:2"));
    EXPECT_THAT(mistake<ProjectTable>("[[project]]\nfolder = \"/w\"\nclass = \"prod\"\n"),
                HasSubstr("credential_storage"));
    EXPECT_THAT(mistake<ProjectTable>("[[project]]\nfolder = \"/w\"\nclas = \"production\"\n"),
                HasSubstr("clas"));
    EXPECT_THAT(mistake<ProjectTable>("[[project]]\nfolder = \"/w\"\nclass = \"production\"\n"
                                      "[[project]]\nfolder = \"/w/\"\nclass = \"open_source\"\n"),
                HasSubstr("twice"));
}

TEST(Projects, EveryClassHasATitleAndARisk) {
    for (const std::string_view name : word_names<UseCase>()) {
        const auto use = *word_from_name<UseCase>(name);
        EXPECT_NE(use_case_title(use), "") << name;
        EXPECT_EQ(risk_of(use) == Risk::unknown, use == UseCase::unclassified) << name;
    }
}

TEST(Evidence, TheRiskiestFindingComesFirst) {
    const auto table = EvidenceTable::builtin();
    const auto first = [&](std::vector<std::string> paths) {
        const auto found = table.look(paths);
        return found.empty() ? UseCase::unclassified : found.front().suggests;
    };
    EXPECT_EQ(first({"src/main.cc", "README.md"}), UseCase::unclassified);
    EXPECT_EQ(first({"LICENSE", "src/main.cc"}), UseCase::open_source);
    EXPECT_EQ(first({"LICENSE", "infra/prod.tfstate"}), UseCase::production);
    EXPECT_EQ(first({"deploy/KUBECONFIG"}), UseCase::production);
    EXPECT_EQ(first({"a/.kube/config"}), UseCase::production);
    EXPECT_EQ(first({"a/kube/config"}), UseCase::unclassified);
    EXPECT_EQ(first({"data/Customers-2026.csv"}), UseCase::customer_data);
    EXPECT_EQ(first({".env"}), UseCase::internal_tools);
    EXPECT_EQ(first({"keys/id_ed25519"}), UseCase::security_infrastructure);
    const auto found = table.look({"a.tfstate", "b.tfstate"});
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].seen.size(), 2U);
    EXPECT_EQ(table.look(std::vector<std::string>(100, "a.tfstate"))[0].seen.size(),
              EvidenceTable::seen_max);
}

TEST(Evidence, RemotesTellInternalFromPublic) {
    const auto host = [](std::string_view url) {
        const auto found = look_at_remotes("[remote \"origin\"]\n\turl = " + std::string(url));
        return found.empty() ? UseCase::unclassified : found.front().suggests;
    };
    EXPECT_EQ(host("https://github.com/a/b"), UseCase::open_source);
    EXPECT_EQ(host("git@github.com:a/b.git"), UseCase::open_source);
    EXPECT_EQ(host("ssh://git@git.corp.example:22/a"), UseCase::internal_repository);
    EXPECT_EQ(host("https://github.com.evil.example/a"), UseCase::internal_repository);
    EXPECT_EQ(host("/srv/git/a.git"), UseCase::unclassified);
    EXPECT_THAT(look_at_remotes(std::string(100'000, '\n')), IsEmpty());
}

TEST(People, RolesAreNames) {
    const auto people =
        parse<PeopleTable>("[[person]]\nname = \"token bob\"\nroles = [\"security\"]\n");
    ASSERT_TRUE(people);
    EXPECT_THAT(people->roles_of("token bob"), testing::ElementsAre("security"));
    EXPECT_THAT(people->roles_of("uid 0"), IsEmpty());
    const auto listed = parse<PeopleTable>(
        "[[person]]\nname = \"ann\"\nroles = []\naccounts = [\"slack/T1/U1\", "
        "\"whatsapp//1631\"]\n");
    ASSERT_TRUE(listed);
    EXPECT_EQ(listed->person_of("slack/T1/U1"), "ann");
    EXPECT_EQ(listed->person_of("slack/T2/U1"), "");
    EXPECT_EQ(listed->person_of(""), "");
    for (const char* bad : {"U1", "slack/T1/", "/T1/U1", "slack/T1/U1/x", "slack/T1/U 1"}) {
        EXPECT_THAT(mistake<PeopleTable>("[[person]]\nname = \"b\"\nroles = []\naccounts = [\"" +
                                         std::string(bad) + "\"]\n"),
                    HasSubstr("is not KIND/TENANT/USER"))
            << bad;
    }
    EXPECT_THAT(
        mistake<PeopleTable>("[[person]]\nname = \"a\"\nroles = []\naccounts = [\"x//1\"]\n"
                             "[[person]]\nname = \"b\"\nroles = []\naccounts = [\"x//1\"]\n"),
        HasSubstr("somebody else's already"));
    EXPECT_THAT(mistake<PeopleTable>("[[person]]\nname = \"b\"\nroles = [\"Big Boss\"]\n"),
                HasSubstr("t.toml:3"));
}

TEST(Items, AreOfAKnownKind) {
    EXPECT_EQ(Item::parse("provider/claude")->text(), "provider/claude");
    EXPECT_EQ(Item::parse("tool//usr/bin/x")->name, "/usr/bin/x");
    for (const auto text : {"", "provider", "provider/", "thing/x", "mcp/a b", "mcp/a\nb"}) {
        EXPECT_FALSE(Item::parse(text)) << text;
    }
}

Assessment answered(std::map<std::string, std::string> changes = {}) {
    Assessment assessment;
    assessment.item = Item::parse("provider/claude").value();
    assessment.by = "uid 1";
    assessment.until_ms = test_now_ms + assessment_life_ms;
    for (const auto& question : Questionnaire::builtin().questions()) {
        assessment.answers[question.id] = question.is_yes_no ? "no" : "text";
    }
    assessment.answers["known"] = "yes";
    assessment.answers["pinned"] = "yes";
    for (auto& [id, answer] : changes) assessment.answers[id] = answer;
    return assessment;
}

TEST(Assessments, TheHighestAnswerSetsTheTier) {
    const auto questionnaire = Questionnaire::builtin();
    const auto standing = [&](std::map<std::string, std::string> changes) {
        return standing_of(questionnaire, answered(std::move(changes)));
    };
    EXPECT_EQ(standing({}).tier, TrustTier::tier1);
    EXPECT_FALSE(standing({}).assurance.persists);
    EXPECT_TRUE(standing({}).assurance.known_provider);
    EXPECT_FALSE(standing({}).assurance.reviewed);
    EXPECT_EQ(standing({{"internal", "yes"}}).tier, TrustTier::tier2);
    EXPECT_EQ(standing({{"keeps", "yes"}}).tier, TrustTier::tier3);
    EXPECT_TRUE(standing({{"keeps", "yes"}}).assurance.persists);
    EXPECT_EQ(standing({{"pinned", "no"}}).tier, TrustTier::tier3);
    EXPECT_EQ(standing({{"sensitive", "yes"}, {"internal", "yes"}}).tier, TrustTier::tier4);
    EXPECT_FALSE(standing({{"known", "no"}}).assurance.known_provider);
}

TEST(Assessments, AreReadBackAndOpenUntilEveryQuestionIsAnswered) {
    const auto questionnaire = Questionnaire::builtin();
    AssessmentTable table;
    table.set(answered({{"purpose", "a \"quoted\" = text"}}));
    table.set(Review{Item::parse("mcp/x").value(), "d1", "uid 2", test_now_ms});
    const auto again = parse<AssessmentTable>(to_toml(table));
    ASSERT_TRUE(again) << again.error().what;
    const Assessment* found = again->find(Item::parse("provider/claude").value());
    ASSERT_NE(found, nullptr);
    EXPECT_EQ(found->answers.at("purpose"), "a \"quoted\" = text");
    EXPECT_THAT(open_questions(questionnaire, *found), IsEmpty());
    EXPECT_EQ(again->review_of(Item::parse("mcp/x").value())->digest, "d1");
    Assessment half = answered();
    half.answers.erase("keeps");
    half.answers["known"] = "perhaps";
    EXPECT_EQ(open_questions(questionnaire, half).size(), 2U);
}

TEST(Assessments, AnswersAreChecked) {
    const auto questionnaire = Questionnaire::builtin();
    const auto* keeps = questionnaire.find("keeps");
    EXPECT_EQ(Questionnaire::checked(*keeps, " Y ").value(), "yes");
    EXPECT_FALSE(Questionnaire::checked(*keeps, "maybe"));
    const auto* owner = questionnaire.find("owner");
    EXPECT_FALSE(Questionnaire::checked(*owner, "  "));
    EXPECT_FALSE(Questionnaire::checked(*owner, "a\nb"));
    EXPECT_FALSE(Questionnaire::checked(*owner, std::string(5000, 'a')));
}

TEST(Assessments, AQuestionnaireMustAskForTheConditions) {
    EXPECT_THAT(mistake<Questionnaire>("[[question]]\nid = \"a\"\nask = \"?\"\nkind = \"text\"\n"),
                HasSubstr("persists"));
    EXPECT_THAT(
        mistake<Questionnaire>("[[question]]\nid = \"a\"\nask = \"?\"\nkind = \"number\"\n"),
        HasSubstr("yes-no or text"));
}

TEST(Assurances, TheOrganisationsWordIsOfOneVersion) {
    const auto table = parse<AssuranceTable>(
        "[[item]]\nitem = \"mcp/x\"\ntier = \"tier4\"\nknown_provider = true\npersists = false\n"
        "assessed_until = \"2027-01-01\"\nreviewed_digest = \"d1\"\n");
    ASSERT_TRUE(table) << table.error().what;
    const Item item = Item::parse("mcp/x").value();
    EXPECT_TRUE(table->find(item, "d1")->assurance.reviewed);
    EXPECT_FALSE(table->find(item, "d2")->assurance.reviewed);
    EXPECT_FALSE(table->find(item, "")->assurance.reviewed);
    EXPECT_FALSE(table->find(Item::parse("skill/x").value(), "d1"));
    EXPECT_THAT(mistake<AssuranceTable>("[[item]]\nitem = \"mcp/x\"\n"), HasSubstr("tier"));
}

class Manifest : public testing::Test {
  protected:
    base::Result<wire::Json> write(const PolicySources& sources) {
        return manifest_of(sources, test_digest,
                           [this](const std::string& sha256, const std::string& text) {
                               kept[sha256] = text;
                               return base::Result<>();
                           });
    }
    base::Result<PolicySources> read(const wire::Json& manifest) {
        return sources_from(manifest, test_digest,
                            [this](const std::string& sha256) -> base::Result<std::string> {
                                return kept[sha256];
                            });
    }
    std::map<std::string, std::string> kept;
};

TEST_F(Manifest, ASetIsReadBackWithTheSameDigest) {
    PolicySources sources = preset_sources("enterprise").value();
    ASSERT_TRUE(add_file(sources, Layer::organisation,
                         {"zones.toml", "[[zone]]\nname = \"cicd\"\nhosts = [\"ci.example\"]\n"}));
    ASSERT_TRUE(add_file(sources, Layer::person,
                         {"own.cedar", "@id(\"own\") permit (principal, action, resource);"}));
    const auto manifest = write(sources);
    ASSERT_TRUE(manifest);
    const auto again = read(*manifest);
    ASSERT_TRUE(again) << again.error().what;
    const auto before = load(sources, test_options());
    const auto after = load(*again, test_options());
    ASSERT_TRUE(before) << before.error().what;
    ASSERT_TRUE(after) << after.error().what;
    EXPECT_EQ((*before)->digest, (*after)->digest);
}

TEST_F(Manifest, AChangedFileIsCorrupt) {
    const auto manifest = write(preset_sources("work").value());
    ASSERT_TRUE(manifest);
    kept.begin()->second += " ";
    const auto again = read(*manifest);
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().code, base::Code::corrupt);
    EXPECT_FALSE(read(wire::Json(wire::JsonObject{})));
}

}  // namespace
}  // namespace hs::policy
