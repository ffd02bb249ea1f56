#include "policy/question.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "cedar/validate.h"
#include "policy/question_text.h"
#include "policy/request.h"
#include "policy/testing/load.h"

namespace hs::policy {
namespace {

// One question of every effect, with every field away from its default.
std::vector<Question> samples() {
    Question like;
    like.actor = {ActorKind::skill,      "s", "main", "pub", "d", TrustTier::tier2,
                  {false, true, 5, true}};
    like.person = "alice";
    like.teams = {"t1", "t2"};
    like.space = "work";
    like.project = {"/p", UseCase::open_source};
    like.origin = {"cli", "terminal", true, 2};
    like.label = flow::Label::of_person("alice");
    like.flow = {true, true, true, false, true, true};
    like.session = {1, 2, 3, 4};
    like.now_ms = test_now_ms;
    like.lockdown = true;
    like.unproven = {"network", "state"};
    like.reachable = false;
    like.exceptions = {"blocked-zones"};
    like.action_digest = "abc";
    like.consents = {{"bob", {"security"}, 1, 2, "because"}};
    HostTarget host{"x.example",
                    8443,
                    false,
                    true,
                    {Zone::internet, Zone::saas},
                    parse_address("2001:db8::1").value(),
                    "POST",
                    "/a",
                    true,
                    9,
                    "click"};
    const std::vector<Target> targets = {
        PathTarget{"/p/x", "folder", {flow::DataClass::customer}, true, true, true, true, true, 7},
        CommandTarget{"/usr/bin/ls",
                      "00",
                      {"ls", "a b"},
                      "ls",
                      {ToolGroup::inspect},
                      TrustTier::builtin,
                      true,
                      true,
                      true,
                      false,
                      {flow::DataClass::secret},
                      true},
        host,
        ChannelTarget{{"team", "chat", true, 1}, 3, 4},
        SecretTarget{"github", "work", {"x.example:8443"}, host},
        CompartmentTarget{"notes", "work", {flow::DataClass::internal}, 2, 8},
        ProviderTarget{"cloud",
                       true,
                       true,
                       false,
                       {flow::DataClass::public_},
                       "eu",
                       TrustTier::tier3,
                       {false, true, 6, true},
                       10},
        SkillTarget{"other", "pub", "d", TrustTier::tier1, {false, true, 6, true}},
        McpTarget{
            "server", "tool", TrustTier::tier3, {false, true, 6, true}, false, false, false, 11},
        SettingTarget{"a.b.c", false},
    };
    std::vector<Question> all;
    for (std::size_t i = 0; i < word_names<Effect>().size(); ++i) {
        like.effect = static_cast<Effect>(i);
        for (const Target& target : targets) {
            if (!fits(like.effect, target)) continue;
            like.target = target;
            all.push_back(like);
        }
    }
    return all;
}

TEST(Question, RecordIsLossless) {
    const auto questions = samples();
    EXPECT_EQ(questions.size(), word_names<Effect>().size());
    for (const Question& question : questions) {
        const std::string text = wire::canonical_json(to_json(question));
        std::string appended;
        append_json(appended, question);
        EXPECT_EQ(appended, text);
        const auto again = question_from_json(wire::parse_json(text).value());
        ASSERT_TRUE(again.ok()) << again.error().what;
        EXPECT_TRUE(*again == question) << text;
    }
}

// What the flow facts of older records do not have.
const std::set<std::string> newer_of_flow = {
    "declared",       "effect",      "destination",     "object",        "has_destination",
    "acts_on_object", "external",    "outsider",        "to_place",      "to_page",
    "to_self",        "amount",      "amount_endorsed", "made_endorsed", "foreign_link",
    "content_level",  "readers_hold"};

// Removing or changing any member of a record is found.
void damage(const std::string& name, wire::Json& part, const wire::Json& root) {
    wire::JsonObject* object = part.object();
    if (object == nullptr) return;
    const wire::JsonObject members = *object;
    for (const auto& [key, value] : members) {
        object->erase(key);
        // Readers of a label may be absent: everybody. Older records know no proofs.
        const bool may_lack = key == "readers" || key == "unproven" ||
                              (name == "flow" && newer_of_flow.contains(key));
        EXPECT_EQ(question_from_json(root).ok(), may_lack) << key;
        (*object)[key] = wire::Json(wire::JsonArray{wire::Json(wire::JsonArray{})});
        EXPECT_FALSE(question_from_json(root).ok()) << key;
        (*object)[key] = value;
        damage(key, (*object)[key], root);
    }
    (*object)["surplus"] = 1;
    EXPECT_FALSE(question_from_json(root).ok());
    object->erase("surplus");
}

TEST(Question, DamagedRecordsAreRefused) {
    for (const Question& question : samples()) {
        wire::Json json = to_json(question);
        damage("", json, json);
        ASSERT_TRUE(question_from_json(json).ok());
    }
    wire::Json json = to_json(samples().front());
    json["effect"] = "run";
    EXPECT_FALSE(question_from_json(json).ok());
}

TEST(Question, FitsTheSchema) {
    const SnapshotPointer snapshot = load_preset("locked");
    for (Question question : samples()) {
        for (const ActorKind kind : {ActorKind::agent, ActorKind::skill, ActorKind::person}) {
            question.actor.kind = kind;
            const bool is_admin = question.effect == Effect::skill_load ||
                                  question.effect == Effect::configure ||
                                  question.effect == Effect::policy_change;
            if (kind == ActorKind::person && !is_admin) continue;
            if (kind == ActorKind::skill && question.effect == Effect::skill_load) continue;
            QuestionScratch scratch;
            ASSERT_TRUE(scratch.build(question, snapshot->resident).ok());
            const auto request = cedar::validate_request(scratch.request(), *snapshot->schema);
            EXPECT_TRUE(request.ok()) << name_of(question.effect) << ": " << request.error().what;
            const Consent consent{"bob", {}, 1, 2, "r"};
            const auto approved =
                cedar::validate_request(scratch.approved_request(&consent), *snapshot->schema);
            EXPECT_TRUE(approved.ok()) << name_of(question.effect) << ": " << approved.error().what;
            for (const auto& finding :
                 cedar::validate_entities(scratch.entities(), *snapshot->schema)) {
                ADD_FAILURE() << cedar::to_text(finding.uid) << ": " << finding.message;
            }
        }
    }
}

TEST(Words, AreThoseOfTheSchema) {
    const SnapshotPointer snapshot = load_preset("locked");
    const auto check = [&](std::string_view type, std::span<const std::string_view> names) {
        const cedar::EntityTypeRule* rule = snapshot->schema->find_entity_type(type);
        ASSERT_NE(rule, nullptr) << type;
        EXPECT_EQ(rule->choices.size(), names.size()) << type;
        for (const auto name : names) EXPECT_TRUE(rule->has_choice(name)) << type << " " << name;
    };
    check("Hardshell::Zone", word_names<Zone>());
    check("Hardshell::UseCase", word_names<UseCase>());
    check("Hardshell::TrustTier", word_names<TrustTier>());
    check("Hardshell::ToolGroup", word_names<ToolGroup>());
    std::vector<std::string_view> classes;
    for (std::size_t i = 0; i < flow::data_class_count; ++i) {
        classes.push_back(flow::data_class_name(static_cast<flow::DataClass>(i)));
    }
    check("Hardshell::DataClass", classes);
    for (const auto name : word_names<Effect>()) {
        EXPECT_NE(snapshot->schema->find_action("Hardshell::Action", name), nullptr) << name;
    }
}

}  // namespace
}  // namespace hs::policy
