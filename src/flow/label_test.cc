#include "flow/label.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/clock.h"

namespace hs::flow {
namespace {

Label parse(std::string_view text) {
    const auto json = wire::parse_json(text);
    return label_or_unknown(json ? &*json : nullptr);
}

TEST(Label, AnythingMalformedIsUntrustedAndPrivate) {
    EXPECT_EQ(label_or_unknown(nullptr), Label::unknown());
    for (const auto text : {
             "null",
             "[]",
             "{}",
             "\"person\"",
             "{\"integrity\":\"person\"}",
             R"({"integrity":"trusted","classes":[],"principals":[]})",
             R"({"integrity":"Person","classes":[],"principals":[]})",
             R"({"integrity":2,"classes":[],"principals":[]})",
             R"({"integrity":"person","classes":["none"],"principals":[]})",
             R"({"integrity":"person","classes":"public","principals":[]})",
             R"({"integrity":"person","classes":[],"principals":[""]})",
             R"({"integrity":"person","classes":[],"principals":[],"readers":null})",
             R"({"integrity":"person","classes":[],"principals":[],"more":1})",
         }) {
        EXPECT_EQ(parse(text), Label::unknown()) << text;
    }
    EXPECT_EQ(Label::unknown().integrity, Integrity::untrusted);
    EXPECT_EQ(Label::unknown().classes.level(), 2);
    EXPECT_TRUE(Label::unknown().readers->empty());
}

TEST(Label, JoinOnlyEverLosesTrustAndReaders) {
    Label mail = Label::untrusted_public();
    mail.principals = {"eve"};
    mail.readers = std::vector<std::string>{"alice", "bob"};
    Label note = Label::of_person("alice");
    note.readers = std::vector<std::string>{"alice", "carol"};
    const Label both = join(mail, note);
    EXPECT_EQ(both.integrity, Integrity::untrusted);
    EXPECT_TRUE(both.classes.has(DataClass::public_) && both.classes.has(DataClass::internal));
    EXPECT_THAT(both.principals, testing::ElementsAre("alice", "eve"));
    EXPECT_THAT(*both.readers, testing::ElementsAre("alice"));
}

Label random_label(base::ScriptedRandom& random) {
    Label label;
    label.integrity = static_cast<Integrity>(random.next() % 3);
    for (std::size_t i = 0; i < data_class_count; ++i) {
        if (random.next() % 3 == 0) label.classes.add(static_cast<DataClass>(i));
    }
    for (const char* name : {"a", "b", "c"}) {
        if (random.next() % 2 == 0) label.principals.emplace_back(name);
    }
    if (random.next() % 2 == 0) {
        label.readers.emplace();
        for (const char* name : {"p", "q", "r"}) {
            if (random.next() % 2 == 0) label.readers->emplace_back(name);
        }
    }
    return label;
}

TEST(Label, JoinIsALatticeAndJsonKeepsIt) {
    base::ScriptedRandom random(7);
    for (int i = 0; i < 2000; ++i) {
        const Label a = random_label(random);
        const Label b = random_label(random);
        const Label c = random_label(random);
        EXPECT_EQ(join(a, b), join(b, a));
        EXPECT_EQ(join(a, join(b, c)), join(join(a, b), c));
        EXPECT_EQ(join(a, a), a);
        EXPECT_EQ(join(a, Label::nothing()), a);
        EXPECT_LE(join(a, b).integrity, a.integrity);
        EXPECT_TRUE(join(a, b).classes.holds_all(a.classes));
        EXPECT_EQ(*label_from_json(to_json(a)), a);
    }
}

TEST(Label, TooManyAuthorsAreNobodys) {
    Label crowd = Label::of_person("p00");
    for (int i = 1; i < 40; ++i)
        crowd = join(crowd, Label::of_person("p" + std::to_string(10 + i)));
    EXPECT_EQ(crowd.principals.size(), label_principals_max);
    EXPECT_EQ(crowd.integrity, Integrity::untrusted);
}

}  // namespace
}  // namespace hs::flow
