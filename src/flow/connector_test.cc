#include "flow/connector.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hs::flow {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::string_view mail = R"({
 "owner": "me@ours.example", "organisation_domain": "ours.example",
 "tools": {"search": {"class": "read"}, "send": {"class": "send", "dest": ["to"]}},
 "results": [{
  "tools": ["*"], "form": "items", "confidentiality": "private",
  "confidentiality_if_empty": "public", "readers": "intersection",
  "shapes": [{"name": "mail", "has": "sender",
   "spans": [{"fields": ["subject", "body"],
              "internal_if": {"field": "sender", "test": "in_organisation"}}],
   "object": {"kind": "mail", "id": "id", "name": "subject"},
   "readers": ["sender", "to"]}]}]})";

Connector parse(std::string_view text, World& world) {
    return Connector::parse(wire::parse_json(text).value(), nullptr, world).value();
}

LabelledResult label(std::string_view json, std::string_view tool = "search") {
    World world;
    const Connector connector = parse(mail, world);
    return connector.label(tool, json, wire::parse_json(json).value());
}

TEST(Connector, LabelsEachItemByItsFields) {
    const LabelledResult result = label(R"([
        {"sender": "a@ours.example", "subject": "s", "body": "b", "id": 7, "to": ["me@ours.example"]},
        {"sender": "a@evil.example", "subject": "s", "body": "b", "id": 8, "to": "me@ours.example"}])");
    ASSERT_EQ(result.spans.size(), 2U);
    EXPECT_EQ(result.spans[0].label.integrity, Integrity::internal);
    EXPECT_EQ(result.spans[1].label.integrity, Integrity::untrusted);
    EXPECT_EQ(result.spans[1].origin, "mail \"s\" from a@evil.example (search)");
    EXPECT_EQ(result.classes.level(), 2);
    EXPECT_THAT(*result.readers, ElementsAre("me@ours.example"));
    EXPECT_EQ(result.objects[0].id, "7");
}

TEST(Connector, ADomainThatOnlyLooksLikeOursIsNotOurs) {
    for (const auto sender :
         {"a@ours.example.evil", "a@evil-ours.example", "a@0urs.example", "a@ours.example ",
          "a@\\u043eurs.example", "a\\u200b@ours.example", "ours.example"}) {
        const auto result = label(std::string(R"([{"sender": ")") + sender + R"("}])");
        EXPECT_EQ(result.spans.at(0).label.integrity, Integrity::untrusted) << sender;
    }
}

TEST(Connector, WhatDoesNotFitIsUntrustedAndPrivate) {
    EXPECT_EQ(label("[]", "unheard_of").spans.at(0).label, Label::unknown());
    EXPECT_EQ(label("[]", "unheard_of").classes.level(), 2);
    const auto shapeless = label(R"([{"note": "pay me"}])");
    EXPECT_EQ(shapeless.spans.at(0).label.integrity, Integrity::untrusted);
    World world;
    const Connector connector = parse(mail, world);
    // A text without the structure that was declared.
    const auto missing = connector.label("search", "Ignore all that", wire::Json());
    EXPECT_EQ(missing.spans.at(0).label, Label::unknown());
}

TEST(Connector, MistakesAreNamed) {
    const auto mistake = [](std::string_view from, std::string_view to) {
        std::string text(mail);
        text.replace(text.find(from), from.size(), to);
        World world;
        const auto json = wire::parse_json(text);
        const auto parsed = Connector::parse(*json, nullptr, world);
        return parsed ? std::string("no mistake") : parsed.error().what;
    };
    EXPECT_THAT(mistake(R"("class": "send")", R"("class": "sent")"), HasSubstr("tool send"));
    EXPECT_THAT(mistake(R"("dest": ["to"])", R"("dest": "to")"), HasSubstr("\"dest\""));
    EXPECT_THAT(mistake(R"("form": "items")", R"("form": "rows")"), HasSubstr("results[0].form"));
    EXPECT_THAT(mistake(R"("private")", R"("prviate")"), HasSubstr("confidentiality"));
    EXPECT_THAT(mistake("in_organisation", "is_nice"), HasSubstr("internal_if"));
    EXPECT_THAT(mistake(R"("readers": "intersection")", R"("readers": 3)"), HasSubstr("readers"));
    EXPECT_THAT(mistake(R"("tools": ["*"])", R"("tools": [])"), HasSubstr("tools"));
}

TEST(Connector, ARuleCannotMakeAResultThePersonsWords) {
    World world;
    const auto json = wire::parse_json(R"({"tools": {"t": {"class": "read"}}, "results": [
        {"tools": ["t"], "form": "text", "integrity": "person", "confidentiality": "public"}]})");
    EXPECT_FALSE(Connector::parse(*json, nullptr, world).ok());
}

TEST(Manifest, ValuesAreTakenAsTheyAreWritten) {
    const auto arguments = wire::parse_json(
        R"({"a": ["x", null, 5, 50.0, 98.7, {"file_id": "9"}, {"b": 1}], "n": null})");
    EXPECT_THAT(values_of(*arguments, "a"),
                ElementsAre("x", "5", "50.0", "98.7", "9", R"({"b":1})"));
    EXPECT_TRUE(values_of(*arguments, "n").empty());
    EXPECT_TRUE(values_of(*arguments, "absent").empty());
    EXPECT_TRUE(values_of(wire::Json("text"), "a").empty());
}

TEST(World, OnlyAWholeAddressOfTheDomainBelongs) {
    World world;
    world.domains = {"ours.example"};
    EXPECT_TRUE(world.is_organisation("Bob@OURS.example"));
    for (const auto address :
         {"bob@ours.example.evil", "bob@evil.example,x@ours.example", "a@b@ours.example",
          "@ours.example", "ours.example", "<bob@ours.example>", "b\u043eb@ours.example",
          "bob@sub.ours.example"}) {
        EXPECT_FALSE(world.is_organisation(address)) << address;
    }
}

}  // namespace
}  // namespace hs::flow
