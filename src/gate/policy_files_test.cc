// Policy files, kept sets, what people have said, and requests for exceptions: on disk.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <filesystem>

#include "gate/exception_book.h"
#include "gate/governance.h"
#include "gate/judge.h"
#include "os/file.h"
#include "os/system.h"

namespace hs::gate {
namespace {

using testing::HasSubstr;

class OnDisk : public testing::Test {
  protected:
    void SetUp() override {
        std::string pattern = testing::TempDir() + "/policy.XXXXXX";
        ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
        folder = pattern;
        places = {folder + "/person", "", folder + "/sets"};
        std::filesystem::create_directories(places.person);
    }
    void TearDown() override { std::filesystem::remove_all(folder); }
    void write(const std::string& name, const std::string& text) {
        const std::string path = folder + "/" + name;
        std::filesystem::create_directories(std::filesystem::path(path).parent_path());
        ASSERT_TRUE(os::write_file_atomic(path, base::bytes_of(text)));
    }
    std::unique_ptr<Judge> judge() {
        auto opened = Judge::open(Settings::defaults(), places);
        EXPECT_TRUE(opened) << opened.error().what;
        return std::move(*opened);
    }
    std::string folder;
    PolicyPlaces places;
};

constexpr auto own_rule = "@id(\"own\") permit (principal, action, resource);\n";

using PolicyFiles = OnDisk;

TEST_F(PolicyFiles, NotesAreReadPastAndAnythingElseIsRefused) {
    write("person/own.cedar", own_rule);
    write("person/README.md", "words");
    write("person/own.cedar~", "old");
    EXPECT_TRUE(collect_sources("personal", places));
    write("person/own.ceder", own_rule);
    const auto refused = collect_sources("personal", places);
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().what, HasSubstr(folder + "/person/own.ceder"));
}

TEST_F(PolicyFiles, SizesAreBounded) {
    write("person/own.cedar", std::string(policy_file_bytes_max + 1, ' '));
    const auto one = collect_sources("personal", places);
    ASSERT_FALSE(one);
    EXPECT_EQ(one.error().code, base::Code::exhausted);
    EXPECT_THAT(one.error().what, HasSubstr("own.cedar:1:1"));
    std::filesystem::remove(folder + "/person/own.cedar");
    for (int i = 0; i < 6; ++i) {
        write("person/" + std::to_string(i) + ".cedar", std::string(policy_file_bytes_max, ' '));
    }
    EXPECT_FALSE(collect_sources("personal", places));
}

TEST_F(PolicyFiles, LayersComeFromTheirFolders) {
    places.organisation = folder + "/org";
    write("org/policy/a.cedar",
          "@id(\"a\") @reason(\"r\") forbid (principal, action, resource);\n");
    write("org/policy/team/b.cedar", "@id(\"b\") permit (principal, action, resource);\n");
    write("org/policy/project/c.cedar", "@id(\"c\") permit (principal, action, resource);\n");
    write("person/d.cedar", "@id(\"d\") permit (principal, action, resource);\n");
    const auto sources = collect_sources("personal", places);
    ASSERT_TRUE(sources) << sources.error().what;
    std::vector<policy::Layer> layers;
    for (const auto& file : sources->files) layers.push_back(file.layer);
    using enum policy::Layer;
    EXPECT_THAT(layers, testing::IsSupersetOf({builtin, organisation, team, project, person}));
}

TEST_F(PolicyFiles, AFolderOfPresetsIsEachOfThem) {
    std::filesystem::path source = HS_TESTDATA;
    source = source.parent_path().parent_path().parent_path() / "policies";
    const auto sets = sources_in(source.string(), "personal");
    ASSERT_TRUE(sets) << sets.error().what;
    EXPECT_EQ(sets->size(), 4U);
    for (const auto& set : *sets) {
        EXPECT_EQ(set.sources.tests.size(), 1U) << set.name;
        EXPECT_TRUE(policy::load(set.sources, policy_load_options())) << set.name;
    }
    EXPECT_FALSE(sources_in(folder + "/nowhere", "personal"));
}

using KeptSets = OnDisk;

TEST_F(KeptSets, EverySetThatWasInForceIsFoundByItsDigest) {
    const auto held = judge();
    const std::string first = held->current()->digest;
    write("person/own.cedar", own_rule);
    ASSERT_TRUE(held->reload());
    const std::string second = held->current()->digest;
    EXPECT_NE(first, second);
    const PolicyArchive archive(places.archive);
    for (const auto& digest : {first, second}) {
        const auto sources = archive.find(digest);
        ASSERT_TRUE(sources) << sources.error().what;
        EXPECT_EQ(policy::load(*sources, policy_load_options()).value()->digest, digest);
    }
    EXPECT_EQ(archive.find(std::string(64, '0')).error().code, base::Code::not_found);
    EXPECT_EQ(archive.find("../../etc/passwd").error().code, base::Code::invalid_input);
}

using Judging = OnDisk;

TEST_F(Judging, AHalfWrittenFileChangesNothing) {
    const auto held = judge();
    const auto before = held->current();
    const std::string whole = own_rule;
    for (std::size_t size = 1; size + 1 < whole.size(); size += 3) {
        write("person/own.cedar", whole.substr(0, size));
        EXPECT_FALSE(held->reload()) << size;
        EXPECT_EQ(held->current(), before);
    }
    write("person/own.cedar", whole);
    EXPECT_TRUE(held->reload());
    EXPECT_NE(held->current(), before);
}

TEST_F(Judging, AFailingTableOfTestsKeepsTheSetOut) {
    const auto held = judge();
    const auto before = held->current();
    write("person/own.cedar", own_rule);
    write("person/tests/own.toml",
          "[given]\nproject = \"/p\"\n[[case]]\ndo = \"read /p/a\"\nexpect = \"deny\"\n");
    const auto refused = held->reload();
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().what, HasSubstr("expected deny"));
    EXPECT_EQ(held->current(), before);
}

TEST_F(Judging, ABrokenSetAtTheStartIsTheLockedOne) {
    write("person/own.cedar", "permit (");
    const auto held = judge();
    EXPECT_THAT(held->problem(), HasSubstr("own.cedar:1"));
    EXPECT_EQ(wire::text_at(held->describe(), "preset").value(), "locked");
    EXPECT_TRUE(PolicyArchive(places.archive).find(held->current()->digest));
    std::filesystem::remove(folder + "/person/own.cedar");
    EXPECT_TRUE(held->reload());
    EXPECT_EQ(held->problem(), "");
}

TEST_F(Judging, RulesAreAddedWholeAndTakenBack) {
    const auto held = judge();
    policy::NarrowRule rule;
    rule.id = "allow-one";
    rule.text =
        "@id(\"allow-one\")\npermit (principal, action, resource)\nwhen {\n  "
        "context.base.lockdown\n};\n";
    ASSERT_TRUE(held->add_rule(rule)) << held->add_rule(rule).error().what;
    EXPECT_FALSE(held->add_rule(rule));  // the id is taken: nothing is written
    policy::NarrowRule other = rule;
    other.id = "allow-two";
    other.text.replace(other.text.find("one"), 3, "two");
    ASSERT_TRUE(held->add_rule(other));
    ASSERT_TRUE(held->remove_rule("allow-one"));
    EXPECT_FALSE(held->remove_rule("allow-one"));
    const std::string text = os::read_text(folder + "/person/person.cedar", 10'000).value();
    EXPECT_THAT(text, testing::Not(HasSubstr("allow-one")));
    EXPECT_THAT(text, HasSubstr("allow-two"));
}

class Governed : public OnDisk {
  protected:
    Governance open() {
        Governance governance({folder + "/own", folder + "/org"});
        last = governance.reload();
        return governance;
    }
    base::Result<> last;
    static policy::CanonicalPath path(std::string_view text) {
        return policy::CanonicalPath::from_text(text).value();
    }
};

TEST_F(Governed, WithoutFilesNobodyHasSaidAnything) {
    const Governance governance = open();
    ASSERT_TRUE(last);
    EXPECT_EQ(governance.project_class(path("/w")), nullptr);
    EXPECT_THAT(governance.roles_of("uid 1"), testing::IsEmpty());
    EXPECT_FALSE(governance.standing(policy::Item::parse("mcp/x").value(), "", 0));
    EXPECT_TRUE(governance.check_use("uid 1"));
}

TEST_F(Governed, TheOrganisationsWordHoldsOverThePersons) {
    write("org/projects.toml", "[[project]]\nfolder = \"/w\"\nclass = \"production\"\n");
    Governance governance = open();
    ASSERT_TRUE(
        governance.classify({path("/w/sub"), policy::UseCase::open_source, "uid 1", 1'000}));
    EXPECT_EQ(governance.project_class(path("/w/sub"))->use, policy::UseCase::production);
    ASSERT_TRUE(governance.classify({path("/v"), policy::UseCase::open_source, "uid 1", 1'000}));
    const Governance again = open();
    EXPECT_EQ(again.project_class(path("/v/x"))->use, policy::UseCase::open_source);
}

TEST_F(Governed, AMistakeChangesNothingAndNothingIsWrittenOverIt) {
    Governance governance = open();
    ASSERT_TRUE(governance.classify({path("/v"), policy::UseCase::open_source, "uid 1", 1'000}));
    write("own/projects.toml", "[[project]]\nfolder = 7\n");
    const auto refused = governance.reload();
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().what, HasSubstr("projects.toml:2"));
    EXPECT_EQ(governance.project_class(path("/v"))->use, policy::UseCase::open_source);
    EXPECT_FALSE(governance.classify({path("/x"), policy::UseCase::open_source, "uid 1", 1'000}));
    EXPECT_THAT(os::read_text(folder + "/own/projects.toml", 1000).value(), HasSubstr("= 7"));
    const Governance fresh = open();
    EXPECT_EQ(fresh.project_class(path("/v")), nullptr);
    EXPECT_THAT(fresh.problem(), HasSubstr("projects.toml:2"));
}

TEST_F(Governed, AUseTextIsAcknowledgedByVersionAndAnUnreadableOneStopsEverything) {
    write("org/acceptable-use.md", "Do no harm.\n");
    Governance governance = open();
    const auto refused = governance.check_use("uid 1");
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().what, HasSubstr("hardshell acceptable-use"));
    EXPECT_FALSE(governance.acknowledge("uid 1", "000000000000", 1'000));
    ASSERT_TRUE(governance.acknowledge("uid 1", governance.use_text()->version, 1'000));
    EXPECT_TRUE(governance.check_use("uid 1"));
    EXPECT_FALSE(governance.check_use("uid 2"));
    EXPECT_TRUE(open().check_use("uid 1"));
    write("org/acceptable-use.md", "Do no harm!\n");
    EXPECT_FALSE(open().check_use("uid 1"));
    write("org/acceptable-use.md", "\xff\xfe");
    const Governance broken = open();
    EXPECT_FALSE(last);
    EXPECT_FALSE(broken.check_use("uid 1"));
}

TEST_F(Governed, AnAssessmentHoldsForAQuarter) {
    Governance governance = open();
    policy::Assessment assessment;
    assessment.item = policy::Item::parse("provider/p").value();
    assessment.by = "uid 1";
    assessment.begun_ms = 1'000;
    for (const auto& question : governance.questionnaire().questions()) {
        assessment.answers[question.id] = question.is_yes_no ? "yes" : "text";
    }
    const auto item = assessment.item;
    ASSERT_TRUE(governance.keep(assessment));
    EXPECT_FALSE(governance.standing(item, "", 2'000)) << "not finished";
    assessment.until_ms = 1'000 + policy::assessment_life_ms;
    ASSERT_TRUE(governance.keep(assessment));
    ASSERT_TRUE(governance.standing(item, "m", 2'000));
    EXPECT_FALSE(governance.standing(item, "m", 2'000)->assurance.reviewed);
    ASSERT_TRUE(governance.keep(policy::Review{item, "m", "uid 2", 1'000}));
    EXPECT_TRUE(governance.standing(item, "m", 2'000)->assurance.reviewed);
    EXPECT_FALSE(governance.standing(item, "n", 2'000)->assurance.reviewed);
    EXPECT_FALSE(governance.standing(item, "m", assessment.until_ms));
}

using Exceptions = OnDisk;

ExceptionRequest request(const std::string& id) {
    ExceptionRequest one;
    one.exception.id = id;
    one.exception.lifts = "blocked-zones";
    one.exception.effects = {policy::Effect::http_get};
    one.exception.target = "wiki.corp:443";
    one.exception.owner = "uid 1";
    one.exception.reason = "migration";
    one.exception.until_ms = 99;
    one.requester = "uid 1";
    one.wanted = "get it";
    one.consents = {{"token bob", {"security"}, 1, 2, ""}};
    return one;
}

TEST_F(Exceptions, TheBookIsReadBack) {
    auto book = ExceptionBook::open(folder + "/book.json").value();
    ASSERT_TRUE(book.put(request("exc-1")));
    ExceptionRequest changed = request("exc-1");
    changed.status = RequestStatus::granted;
    ASSERT_TRUE(book.put(changed));
    const auto again = ExceptionBook::open(folder + "/book.json").value();
    ASSERT_EQ(again.all().size(), 1U);
    EXPECT_EQ(again.find("exc-1")->status, RequestStatus::granted);
    EXPECT_EQ(again.find("exc-1")->consents.front().roles.front(), "security");
    EXPECT_EQ(again.find("exc-2"), nullptr);
    write("book.json", "{\"requests\": 7}");
    EXPECT_EQ(ExceptionBook::open(folder + "/book.json").error().code, base::Code::corrupt);
}

TEST_F(Exceptions, TooManyOpenOnesAreRefused) {
    auto book = ExceptionBook::open(folder + "/book.json").value();
    for (std::size_t i = 0; i < ExceptionBook::open_max; ++i) {
        ASSERT_TRUE(book.put(request("exc-" + std::to_string(i))));
    }
    EXPECT_EQ(book.put(request("exc-more")).error().code, base::Code::exhausted);
    EXPECT_TRUE(book.put(request("exc-0")));
}

}  // namespace
}  // namespace hs::gate
