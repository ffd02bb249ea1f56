// A model call before a real keeper with a real log and policy: no class of data goes to a provider
// that does not accept it, whatever hardshelld asks for and the person's rules say; and what goes
// is on record before the Permit is there.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "audit/fixture.h"
#include "audit/read.h"
#include "gate/keeper.h"
#include "os/socket.h"

namespace hs::gate {
namespace {

using base::Code;
using base::fail;
using base::Result;
using flow::DataClass;
using testing::HasSubstr;
using wire::Json;
using wire::JsonObject;

constexpr char config[] =
    "[provider.cloud]\nkind = \"openai\"\nurl = \"https://cloud.example\"\nplace = \"us-east\"\n"
    "retention = \"30 days\"\naccepts = [\"public\", \"internal\"]\n"
    "[provider.here]\nkind = \"openai\"\nurl = \"http://127.0.0.1:9\"\nplace = \"local\"\n"
    "[model]\ndefault = \"cloud\"\nfallbacks = [\"here\"]\n";
// A person who thinks that everything may go anywhere.
constexpr char everything[] =
    "@id(\"mine\")\npermit (principal, action in [Hardshell::Action::\"infer.remote\",\n"
    "Hardshell::Action::\"infer.local\"], resource);\n"
    "@id(\"read\")\npermit (principal, action == Hardshell::Action::\"file.read\", resource);\n";

class KeeperModels : public testing::Test {
  protected:
    KeeperModels() {
        std::filesystem::create_directories(at("policy"));
        audit::fixture::write_text(at("policy/test.cedar"), everything);
        audit::LogOptions options = audit::fixture::make_options();
        options.checkpoint_idle_ms = 10;
        log =
            *audit::Log::open(folder.log(), audit::fixture::make_keys(), options, {clock, random});
        blobs = std::make_unique<audit::BlobStore>(
            *audit::BlobStore::open(at("blobs"), crypto::SecretBytes::random(32, random)));
        judge = *Judge::open(settings, {at("policy"), "", at("sets")});
        EXPECT_EQ(judge->problem(), "");
        questions = std::make_unique<Questions>(judge->tables(), settings, governance, clock,
                                                MachinePlaces{folder.path, {}, {}, ""});
        keeper = std::make_unique<Keeper>(keeper_parts(),
                                          *ApprovalBook::open(at("approvals"), clock.wall_ms()));
    }

    std::string at(const std::string& name) const { return folder.path + "/" + name; }

    Keeper::Parts keeper_parts() {
        const auto none = [](const auto&...) { return fail(Code::denied, "not in this test"); };
        Keeper::Parts parts{
            clock,      random,
            *log,       *blobs,
            *judge,     *questions,
            governance, settings,
            {},         ticket_key,
            none,       none,
            1,          "keeper",
            none,       [](const SecretAsk&) { return std::optional<BoundSecret>(); },
            none,       [] { return std::vector<std::string>(); },
            none};
        parts.envelope_for = [this](const Action&, const std::string&, base::WallTime_ms) {
            ++envelopes;
            return Result<base::Bytes>(base::Bytes(8, 1));
        };
        parts.names = &names;
        return parts;
    }

    Result<Json> exchange(FrameKind kind, const Json& payload) {
        auto pair = *os::stream_pair();
        const Sender sender{Sender::Kind::daemon, "hardshelld",
                            std::make_shared<os::Channel>(std::move(pair.first))};
        os::Channel mine(std::move(pair.second));
        os::Frame frame;
        frame.id = 7;
        frame.kind = static_cast<std::uint16_t>(kind);
        frame.payload = base::copy_bytes(base::bytes_of(wire::canonical_json(payload)));
        keeper->handle(sender, frame);
        const auto answer = mine.receive(os::Deadline::after_ms(5000));
        CHECK(answer.ok());
        Json json = *wire::parse_json(base::text_of(answer->payload));
        if (answer->kind == static_cast<std::uint16_t>(FrameKind::answer)) return json;
        return fail(Code::denied, *wire::text_at(json, "what"));
    }

    Result<Json> ask(const std::string& provider, flow::DataClasses held,
                     std::int64_t secrets_replaced = 0) {
        Infer call;
        call.provider = provider;
        call.model = "m";
        call.target = "/v1/chat/completions";
        call.body_sha256 = std::string(64, 'd');
        call.body_bytes = 1000;
        call.secrets_replaced = secrets_replaced;
        Circumstances who;
        who.person = "anna";
        who.space = "personal";
        who.agent = "main";
        who.session = "S";
        who.project = "/p";
        who.origin = "cli";
        who.label = flow::Label::of_person("anna");
        who.label.classes = held;
        return exchange(FrameKind::decide, JsonObject{{"action", to_json(Action(call))},
                                                      {"circumstances", to_json(who)},
                                                      {"carried", to_json(carried)}});
    }

    Result<Json> read(const std::string& path) {
        Circumstances who;
        who.person = "anna";
        who.space = "personal";
        who.agent = "main";
        who.session = "S";
        who.project = folder.path;
        who.origin = "cli";
        who.label = flow::Label::of_person("anna");
        return exchange(FrameKind::decide, JsonObject{{"action", to_json(Action(ReadFile{path}))},
                                                      {"circumstances", to_json(who)}});
    }

    std::vector<Json> records(audit::EventKind kind) {
        CHECK(log->checkpoint_and_wait().ok());
        std::vector<Json> list;
        auto reader = *audit::Reader::open(folder.log());
        CHECK(reader
                  .for_each(0, reader.size(),
                            [&](const audit::Record& record) {
                                auto event = *audit::parse_event(record.leaf);
                                if (event.kind == kind) list.push_back(std::move(event.json));
                                return true;
                            })
                  .ok());
        return list;
    }

    audit::fixture::Folder folder;
    base::ScriptedClock clock{1'795'338'000'000};
    os::SystemRandom random;
    Settings settings = *Settings::parse(config, "config.toml");
    Governance governance{{at("governance"), ""}};
    crypto::SecretBytes ticket_key = crypto::SecretBytes::random(32, random);
    audit::Pseudonyms names{crypto::SecretBytes::random(32, random)};
    std::unique_ptr<audit::Log> log;
    std::unique_ptr<audit::BlobStore> blobs;
    std::unique_ptr<Judge> judge;
    std::unique_ptr<Questions> questions;
    std::unique_ptr<Keeper> keeper;
    int envelopes = 0;
    Carried carried{"S1",
                    0,
                    {{{flow::SourceKind::file, "/p/a.cc", {{1, 9}}, 100, std::string(64, 'a')},
                      {DataClass::internal}}},
                    {{0, 0}},
                    {},
                    {}};
};

TEST_F(KeeperModels, NoRuleOfThePersonLetsAClassGoWhereItIsNotAccepted) {
    const auto answer = ask("cloud", {DataClass::internal, DataClass::customer});
    ASSERT_TRUE(answer) << answer.error().what;
    EXPECT_EQ(*wire::text_at(*answer, "outcome"), "deny");
    EXPECT_THAT(
        *wire::text_at(*answer, "reason"),
        testing::AllOf(HasSubstr("cloud (us-east) does not accept customer data"),
                       HasSubstr("builtin-provider-class"), HasSubstr("model.fallbacks here")));
    EXPECT_EQ(answer->find("envelope"), nullptr);
    EXPECT_EQ(envelopes, 0) << "egress gets nothing to connect with";
    EXPECT_TRUE(records(audit::EventKind::model_call).empty());
    EXPECT_EQ(records(audit::EventKind::decision).size(), 1U);
}

TEST_F(KeeperModels, WhatGoesIsOnRecordWithPlaceClassesAndWhoWasPassedOver) {
    const auto answer = ask("here", {DataClass::internal, DataClass::customer});
    ASSERT_TRUE(answer) << answer.error().what;
    ASSERT_EQ(*wire::text_at(*answer, "outcome"), "allow") << wire::canonical_json(*answer);
    EXPECT_EQ(envelopes, 1);
    const auto calls = records(audit::EventKind::model_call);
    ASSERT_EQ(calls.size(), 1U);
    EXPECT_EQ(*wire::text_at(calls[0], "provider"), "here");
    EXPECT_EQ(*wire::text_at(calls[0], "decision"), *wire::text_at(*answer, "decision"));
    const Json& detail = *calls[0].find("detail");
    EXPECT_EQ(*wire::text_at(detail, "place"), "local");
    EXPECT_EQ(*wire::integer_at(detail, "bytes"), 1000);
    EXPECT_EQ(wire::canonical_json(*detail.find("classes")), R"(["internal","customer"])");
    EXPECT_EQ(wire::canonical_json(*detail.find("passed_over")),
              R"([{"classes":["customer"],"provider":"cloud"}])");
    const Json& item = (*detail.find("items")->array())[0];
    EXPECT_EQ(*wire::text_at(item, "content"), names.of(std::string(64, 'a')));
    EXPECT_EQ(item.find("digest"), nullptr);
}

TEST_F(KeeperModels, ACredentialGoesOnlyWhereItWasReplaced) {
    const auto kept = ask("cloud", {DataClass::internal, DataClass::credential});
    ASSERT_TRUE(kept) << kept.error().what;
    EXPECT_EQ(*wire::text_at(*kept, "outcome"), "deny");
    carried.kinds = {{"github-pat", 1}};
    const auto replaced = ask("cloud", {DataClass::internal, DataClass::credential}, 1);
    ASSERT_TRUE(replaced) << replaced.error().what;
    ASSERT_EQ(*wire::text_at(*replaced, "outcome"), "allow") << wire::canonical_json(*replaced);
    const auto calls = records(audit::EventKind::model_call);
    ASSERT_EQ(calls.size(), 1U);
    const Json& detail = *calls[0].find("detail");
    EXPECT_EQ(wire::canonical_json(*detail.find("classes")), R"(["internal","credential"])");
    EXPECT_EQ(wire::canonical_json(*detail.find("classes_sent")), R"(["internal"])");
    EXPECT_EQ(wire::canonical_json(*detail.find("redacted")), R"({"github-pat":1})");
}

TEST_F(KeeperModels, WhatIsReadBringsTheClassOfItsNameAlong) {
    for (const auto& [name, classes] : {std::pair("customers.csv", R"(["customer"])"),
                                        {"main.tfstate", R"(["production"])"},
                                        {"notes.md", ""}}) {
        audit::fixture::write_text(at(name), "x");
        const auto answer = read(at(name));
        ASSERT_TRUE(answer) << answer.error().what;
        ASSERT_EQ(*wire::text_at(*answer, "outcome"), "allow") << wire::canonical_json(*answer);
        const Json* told = answer->find("classes");
        EXPECT_EQ(told != nullptr ? wire::canonical_json(*told) : "", classes) << name;
    }
}

TEST_F(KeeperModels, HardshelldCannotWriteSuchARecordItself) {
    const auto forged =
        exchange(FrameKind::record,
                 JsonObject{{"kind", "model.call"}, {"fields", JsonObject{{"provider", "here"}}}});
    ASSERT_FALSE(forged);
    EXPECT_THAT(forged.error().what, HasSubstr("may not write this kind"));
}

TEST_F(KeeperModels, WhatIsCarriedIsCheckedBeforeAnythingIsDecided) {
    carried.numbers = {{0, 7}};
    EXPECT_FALSE(ask("here", {DataClass::internal}));
    EXPECT_TRUE(records(audit::EventKind::model_call).empty());
    EXPECT_EQ(envelopes, 0);
}

}  // namespace
}  // namespace hs::gate
