#include "gate/proven_walls.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

namespace hs::gate {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using wire::Json;
using wire::JsonArray;
using wire::JsonObject;

Json finding(const char* name, const char* state) {
    return JsonObject{{"name", name}, {"state", state}};
}

class Walls : public testing::Test {
  protected:
    void SetUp() override {
        folder_ = testing::TempDir() + "/walls.XXXXXX";
        ASSERT_NE(::mkdtemp(folder_.data()), nullptr);
    }
    void TearDown() override { std::filesystem::remove_all(folder_); }
    ProvenWalls open() const { return ProvenWalls::open(folder_ + "/walls"); }

    std::string folder_;
};

TEST_F(Walls, WhatTheLastProofFoundMissingIsRememberedUntilOneFindsIt) {
    ProvenWalls walls = open();
    EXPECT_THAT(walls.unproven(), IsEmpty()) << "no proof was made yet";
    ASSERT_TRUE(walls.take({finding("masked file is unreadable", "missing"),
                            finding("tokens", "missing"), finding("landlock", "weaker"),
                            finding("clock", "missing"), finding("no mounts", "held")}));
    EXPECT_THAT(walls.unproven(), ElementsAre("sandbox", "state"));
    EXPECT_THAT(open().unproven(), ElementsAre("sandbox", "state"));
    ASSERT_TRUE(walls.take({finding("metadata is unreachable", "missing")}));
    EXPECT_THAT(open().unproven(), ElementsAre("network"));
    ASSERT_TRUE(walls.take({finding("metadata is unreachable", "held")}));
    EXPECT_THAT(open().unproven(), IsEmpty());
}

TEST_F(Walls, WhatIsNoProofChangesNothing) {
    ProvenWalls walls = open();
    ASSERT_TRUE(walls.take({finding("sandbox", "missing")}));
    for (const Json& bad :
         {finding("sandbox", "fine"), Json(JsonObject{{"name", "sandbox"}}), Json("sandbox")}) {
        EXPECT_FALSE(walls.take({bad}));
        EXPECT_THAT(walls.unproven(), ElementsAre("sandbox"));
    }
}

TEST_F(Walls, AFileThatCannotBeReadClosesEverything) {
    for (const char* text : {"", "{}", R"({"missing":["roof"]})", R"({"missing":[1]})"}) {
        std::ofstream(folder_ + "/walls") << text;
        EXPECT_THAT(open().unproven(), ElementsAre("network", "sandbox", "state")) << text;
    }
}

}  // namespace
}  // namespace hs::gate
