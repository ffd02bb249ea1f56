#include "audit/event.h"

#include <gtest/gtest.h>

#include "audit/blob.h"
#include "audit/fixture.h"
#include "audit/tiles.h"

namespace hs::audit {
namespace {

using base::Code;

TEST(Event, IsCanonicalAndGoesRound) {
    Event event(EventKind::effect_ended);
    event.set(Field::person, "anna")
        .set(Field::tool, "shell")
        .detail("argv", wire::JsonArray{"ls"});
    const auto leaf = event.encode(1795338000000);
    ASSERT_TRUE(leaf);
    EXPECT_EQ(base::text_of(*leaf),
              R"({"detail":{"argv":["ls"]},"kind":"effect.ended","person":"anna",)"
              R"("time":1795338000000,"tool":"shell","v":1})");
    const auto parsed = parse_event(*leaf);
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->kind, EventKind::effect_ended);
    EXPECT_EQ(parsed->text(Field::person), "anna");
    EXPECT_EQ(parsed->text(Field::host), "");
}

TEST(Event, EveryKindHasOneName) {
    for (int i = 0; i <= static_cast<int>(EventKind::leaver); ++i) {
        const auto kind = static_cast<EventKind>(i);
        EXPECT_EQ(*parse_kind(kind_name(kind)), kind);
    }
    EXPECT_FALSE(parse_kind("effect"));
}

TEST(Event, WhatIsNoEventIsCorrupt) {
    for (const char* bad :
         {"", "{}", "[]", R"({"kind":"doctor","time":1,"v":2})", R"({"kind":"x","time":1,"v":1})",
          R"({"kind":"doctor","time":1,"v":1,"zz":1})", R"({"kind":"doctor","time": 1,"v":1})",
          R"({"time":1,"kind":"doctor","v":1})", R"({"kind":"doctor","v":1})", "\xff"}) {
        EXPECT_EQ(parse_event(base::bytes_of(bad)).error().code, Code::corrupt) << bad;
    }
}

TEST(Event, TooLargeNamesTheWayOut) {
    Event event(EventKind::message_in);
    event.set(Field::reason, std::string(leaf_bytes_max, 'x'));
    const auto leaf = event.encode(1);
    EXPECT_EQ(leaf.error().code, Code::exhausted);
    EXPECT_NE(leaf.error().what.find("blob"), std::string::npos);
}

TEST(Pseudonyms, AreEqualForEqualTextsUnderOneKeyOnly) {
    base::ScriptedRandom random(2);
    const Pseudonyms names(crypto::SecretBytes::random(32, random));
    const Pseudonyms others(crypto::SecretBytes::random(32, random));
    EXPECT_EQ(names.of("token"), names.of("token"));
    EXPECT_NE(names.of("token"), names.of("tokem"));
    EXPECT_NE(names.of("token"), others.of("token"));
    EXPECT_EQ(names.of("token").size(), 12U + 64U);
    EXPECT_TRUE(names.of("token").starts_with("hmac-sha256:"));
}

TEST(Blobs, AreSealedNamedByHashAndCheckedWhenRead) {
    const fixture::Folder folder;
    base::ScriptedRandom random(3);
    const auto key = crypto::SecretBytes::random(32, random);
    const auto open = [&] {
        return *BlobStore::open(folder.path + "/blobs", crypto::SecretBytes::copy_of(key.view()));
    };
    const BlobStore blobs = open();
    const std::string secret = "the prompt that nobody may read";
    const std::string name = *blobs.put(base::bytes_of(secret), random);
    EXPECT_EQ(base::text_of(*blobs.get(name)), secret);
    EXPECT_NE(*blobs.put(base::bytes_of(secret), random), name);  // equal contents do not show
    const std::string path = folder.path + "/blobs/" + name.substr(0, 2) + "/" + name;
    std::string bytes = fixture::read_text(path);
    EXPECT_EQ(bytes.find("prompt"), std::string::npos);
    bytes.back() = static_cast<char>(bytes.back() ^ 1);
    fixture::write_text(path, bytes);
    EXPECT_EQ(blobs.get(name).error().code, Code::corrupt);
    EXPECT_TRUE(blobs.remove(name));
    EXPECT_TRUE(blobs.remove(name));
    EXPECT_EQ(blobs.get(name).error().code, Code::not_found);
    for (const std::string& bad : {std::string("../../etc/passwd"), std::string(64, 'A'),
                                   std::string(63, 'a'), std::string()}) {
        EXPECT_EQ(blobs.get(bad).error().code, Code::invalid_input);
    }
}

}  // namespace
}  // namespace hs::audit
