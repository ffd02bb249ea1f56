#include "models/carried.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "models/compact.h"

namespace hs::models {
namespace {

using flow::LineRange;
using flow::Source;
using flow::SourceKind;
using testing::ElementsAre;

std::vector<std::string> told(const gate::Carried& carried) {
    std::vector<std::string> lines;
    for (const auto& item : carried.items) {
        lines.push_back(std::string(flow::source_kind_name(item.source.kind)) + " " +
                        item.source.name + " " + std::to_string(item.source.bytes));
    }
    return lines;
}

Message result_message(const std::string& id, const std::string& text,
                       std::vector<Source> sources) {
    ToolResultPart part{id, text, false};
    part.origin = make_origin(std::move(sources), {flow::DataClass::source_code}, text);
    return {Role::user, {part}, 3};
}

Message call_message(const std::string& id) {
    return {Role::assistant, {ToolCallPart{id, "files_read", wire::JsonObject{}, "", ""}}, 2};
}

struct Scene {
    base::ScriptedClock clock{0};
    base::ScriptedRandom random{1};
    SentBook book{clock, random};
    ChatRequest request;

    Scene() {
        Message said = user_text("What is in it?");
        said.sequence = 1;
        auto& part = std::get<TextPart>(said.parts.front());
        part.origin = make_origin({{SourceKind::message, "1"}}, {}, part.text);
        request.system = "You help.";
        request.messages = {said, call_message("c1"),
                            result_message("c1", "one\ntwo\n[more]\n",
                                           {{SourceKind::file, "/p/a", {{1, 2}}, 8, ""}})};
    }
    gate::Carried take(const Redacted& redacted = {}, const std::string& session = "s") {
        return book.take(session, parts_of(request), redacted);
    }
};

TEST(Carried, EachPieceHasItsSourceItsBytesAndItsNumber) {
    Scene scene;
    const gate::Carried carried = scene.take();
    EXPECT_THAT(told(carried),
                ElementsAre("prompt system 9", "message 1 14", "answer 2 12", "file /p/a 8"));
    EXPECT_THAT(carried.numbers, ElementsAre(LineRange{0, 3}));
    EXPECT_EQ(carried.items[3].source.lines, (std::vector<LineRange>{{1, 2}}));
    EXPECT_TRUE(carried.items[3].classes.has(flow::DataClass::source_code));
    for (const auto& item : carried.items) EXPECT_EQ(item.source.digest.size(), 64U);
}

TEST(Carried, WhatIsSentAgainIsDescribedOnce) {
    Scene scene;
    const gate::Carried first = scene.take();
    scene.request.messages.push_back(call_message("c2"));
    scene.request.messages.push_back(
        result_message("c2", "three\n", {{SourceKind::file, "/p/a", {{3, 3}}, 6, ""}}));
    const gate::Carried second = scene.take();
    EXPECT_EQ(second.series, first.series);
    EXPECT_EQ(second.first, 4);
    EXPECT_THAT(told(second), ElementsAre("file /p/a 6"))
        << "an equal call of the model is the same piece";
    EXPECT_THAT(second.numbers, ElementsAre(LineRange{0, 3}, LineRange{2, 2}, LineRange{4, 4}));
    const gate::Carried other = scene.take({}, "other");
    EXPECT_NE(other.series, first.series);
    EXPECT_EQ(other.items.size(), 5U);
}

TEST(Carried, WhatHasNoRecordIsDescribedAnew) {
    Scene scene;
    const gate::Carried first = scene.take();
    scene.book.forget("s");
    const gate::Carried again = scene.take();
    EXPECT_NE(again.series, first.series);
    EXPECT_EQ(again.items, first.items);
}

TEST(Carried, WhatWasReplacedIsToldAtItsPiece) {
    Scene scene;
    Redacted redacted;
    redacted.places = {{2, 0, {{"github-pat", 2}}}, {1, 0, {{"iban", 1}}}, {-1, -1, {{"iban", 1}}}};
    const gate::Carried carried = scene.take(redacted);
    EXPECT_EQ(carried.kinds, (gate::ReplacedKinds{{"github-pat", 2}, {"iban", 2}}));
    EXPECT_THAT(carried.replaced, ElementsAre(gate::ReplacedIn{3, {{"github-pat", 2}}},
                                              gate::ReplacedIn{2, {{"iban", 1}}},
                                              gate::ReplacedIn{0, {{"iban", 1}}}));
}

TEST(Carried, WhatWasNotReplacedInAPieceIsLeft) {
    using flow::DataClass;
    const auto piece = [](DataClass of, int message, int part) {
        return CarriedPart{{}, {DataClass::internal, of}, message, part};
    };
    Redacted redacted;
    EXPECT_EQ(left_over({piece(DataClass::personal, 1, 0)}, redacted).personal_pieces, 1);
    redacted.places = {{1, 0, {}, 0, 2}, {3, 1, {}, 1, 0}};
    EXPECT_EQ(left_over({piece(DataClass::personal, 1, 0)}, redacted).personal_pieces, 0);
    // Of the other class, in another place, or more sources than values: left.
    EXPECT_EQ(left_over({piece(DataClass::credential, 1, 0)}, redacted).credential_pieces, 1);
    EXPECT_EQ(left_over({piece(DataClass::personal, 2, 0)}, redacted).personal_pieces, 1);
    const CarriedParts three(3, piece(DataClass::personal, 1, 0));
    EXPECT_EQ(left_over(three, redacted).personal_pieces, 1);
    // A piece that is all of a message.
    EXPECT_EQ(left_over({piece(DataClass::credential, 3, -1)}, redacted).credential_pieces, 0);
    EXPECT_EQ(left_over({piece(DataClass::internal, 2, 0)}, redacted).credential_pieces, 0);
}

TEST(Carried, ATextThatWasCutSinceIsAnotherOneOfTheSameSource) {
    Scene scene;
    const gate::Carried first = scene.take();
    std::vector<Message> messages = scene.request.messages.all();
    std::get<ToolResultPart>(messages[2].parts[0]).content = "one\n";
    scene.request.messages = messages;
    const gate::Carried cut = scene.take();
    ASSERT_THAT(told(cut), ElementsAre("file /p/a 4"));
    EXPECT_NE(cut.items[0].source.digest, first.items[3].source.digest);
}

TEST(Carried, ASummaryRequestCarriesWhatItIsMadeOf) {
    Scene scene;
    scene.request.messages.push_back(assistant_text("Two lines."));
    scene.request.messages.push_back(user_text("And now?"));
    scene.request = summary_request(scene.request, Fold{4}, WindowRules{});
    std::vector<std::string> kinds;
    for (const auto& item : scene.take().items) {
        kinds.emplace_back(flow::source_kind_name(item.source.kind));
    }
    EXPECT_THAT(kinds, ElementsAre("prompt", "message", "answer", "file", "answer"));
}

TEST(Carried, SeveralFilesOfOneAnswerAreToldEach) {
    Scene scene;
    scene.request.messages = {
        user_text("find"), call_message("c1"),
        result_message("c1", "a:1:x\nb:7:x\n",
                       {{SourceKind::file, "/p/a", {{1, 1}}, 6, std::string(64, 'a')},
                        {SourceKind::file, "/p/b", {{7, 7}}, 6, std::string(64, 'b')}})};
    Redacted redacted;
    redacted.places = {{2, 0, {{"iban", 1}}}};
    const gate::Carried carried = scene.take(redacted);
    EXPECT_THAT(told(carried), ElementsAre("prompt system 9", "earlier  4", "answer 2 12",
                                           "file /p/a 6", "file /p/b 6"));
    EXPECT_TRUE(carried.replaced.empty()) << "in which of the two is not known";
    EXPECT_EQ(carried.kinds, (gate::ReplacedKinds{{"iban", 1}}));
}

// Whatever the conversation, the keeper takes it.
TEST(Carried, AnyNumberOfPartsKeepsTheBounds) {
    Scene scene;
    std::vector<Message> messages;
    for (int i = 0; i < 6000; ++i) messages.push_back(user_text("said " + std::to_string(i)));
    scene.request.messages = messages;
    Redacted redacted;
    for (int i = 0; i < 6000; ++i)
        redacted.places.push_back({i, 0, {{"k" + std::to_string(i), 1}}});
    const gate::Carried carried = scene.take(redacted);
    EXPECT_EQ(carried.items.size(), gate::Carried::items_max);
    const auto back = gate::carried_from_json(gate::to_json(carried));
    ASSERT_TRUE(back) << back.error().what;
    std::uint64_t bytes = 0;
    for (const auto& item : carried.items) bytes += item.source.bytes;
    EXPECT_EQ(bytes, 9U + 6000 * 5 + 10 + 90 * 2 + 900 * 3 + 5000 * 4);
}

}  // namespace
}  // namespace hs::models
