// Requests and entities that do not fit the schema: the corpus has none, so they are here.
#include <gtest/gtest.h>

#include "cedar/case_file_test_support.h"
#include "cedar/extension.h"
#include "cedar/validate.h"

namespace hs::cedar {
namespace {

class ValidateRequest : public testing::Test {
  protected:
    void SetUp() override {
        auto parsed =
            Schema::parse(read_test_file("policy-cases.cedarschema"), SchemaSyntax::human);
        ASSERT_TRUE(parsed) << parsed.error().what;
        schema_ = std::move(parsed).value();
    }

    const EntityKey* key(std::string_view type, std::string_view id = "x") {
        return build().key(type, id);
    }
    ValueBuilder build() { return ValueBuilder(arena_); }
    Value text(std::string_view value) { return build().string(value); }
    Value entity(std::string_view type, std::string_view id = "x") {
        return build().entity(type, id);
    }
    Value record(std::initializer_list<Field> fields) { return build().record(fields); }
    Value now() { return Value::datetime(0); }

    std::string request(const EntityKey* principal, const EntityKey* action,
                        const EntityKey* resource, Value context) {
        const auto checked = validate_request({principal, action, resource, context}, schema_);
        return checked ? "" : checked.error().what;
    }
    std::string view(Value context) {
        return request(key("User"), key("Action", "view"), key("Doc"), context);
    }
    Value view_context() { return record({{"level", Value::integer(1)}, {"now", now()}}); }

    std::string check(const EntityKey* key, std::initializer_list<const EntityKey*> parents,
                      Value attributes, Value tags) {
        Entity made;
        made.key = key;
        made.attributes = attributes;
        made.tags = tags;
        made.parents = {parents.begin(), parents.size()};
        const auto checked = validate_entity(made, schema_);
        return checked ? "" : checked.error().what;
    }
    std::string check(const EntityKey* key, std::initializer_list<const EntityKey*> parents = {}) {
        return check(key, parents, record({}), record({}));
    }
    Value doc() { return record({{"owner", entity("User")}, {"public", Value::boolean(true)}}); }

    Arena arena_;
    Schema schema_;
};

#define EXPECT_HAS(text, part) EXPECT_NE((text).find(part), std::string::npos) << (text)

TEST_F(ValidateRequest, AcceptsWhatFits) {
    EXPECT_EQ(view(view_context()), "");
    EXPECT_EQ(request(key("Color", "red"), key("Action", "ping"), key("Bare"), record({})), "");
    const IpAddress address = *parse_ip("::1");
    const Value extra = record({{"a", Value::integer(2)}});
    EXPECT_EQ(view(record({{"level", Value::integer(1)},
                           {"now", now()},
                           {"via", build().ip(address)},
                           {"extra", extra}})),
              "");
}

TEST_F(ValidateRequest, RefusesPartiesThatDoNotFit) {
    const Value context = view_context();
    const EntityKey* user = key("User");
    const EntityKey* doc_key = key("Doc");
    const EntityKey* view_key = key("Action", "view");
    EXPECT_HAS(request(user, key("Action", "nope"), doc_key, context), "not declared");
    EXPECT_HAS(request(user, key("Nope", "view"), doc_key, context), "not declared");
    EXPECT_HAS(request(user, key("Action", "all"), doc_key, context), "principal");
    EXPECT_HAS(request(key("Nope"), view_key, doc_key, context), "`Nope` is not declared");
    EXPECT_HAS(request(key("Bare"), view_key, doc_key, context), "principal");
    EXPECT_HAS(request(user, view_key, key("Nope"), context), "`Nope` is not declared");
    EXPECT_HAS(request(user, view_key, key("User"), context), "resource");
    EXPECT_HAS(request(view_key, view_key, doc_key, context), "not declared");
    EXPECT_HAS(request(key("Color", "blue"), key("Action", "ping"), key("Bare"), record({})),
               "enumeration");
}

TEST_F(ValidateRequest, RefusesContextsThatDoNotFit) {
    EXPECT_HAS(view(Value::integer(1)), "must be of type");
    EXPECT_HAS(view(record({{"level", Value::integer(1)}})),
               "lacks the required attribute \"now\"");
    EXPECT_HAS(view(record({{"level", Value::integer(1)}, {"now", Value::integer(1)}})),
               "[\"now\"] must be of type datetime, but it is long");
    EXPECT_HAS(view(record({{"level", text("1")}, {"now", now()}})), "must be of type Long");
    EXPECT_HAS(view(record({{"level", Value::integer(1)}, {"now", now()}, {"more", now()}})),
               "\"more\"");
    const Value extra = record({{"a", Value::integer(2)}, {"b", Value::integer(2)}});
    EXPECT_HAS(view(record({{"level", Value::integer(1)}, {"now", now()}, {"extra", extra}})),
               "the context[\"extra\"][\"b\"] must be of type String");
    EXPECT_HAS(request(key("User"), key("Action", "edit"), key("Doc"),
                       record({{"set", build().set({text("a"), Value::integer(1)})}})),
               "a member of the context[\"set\"] must be of type String");
    EXPECT_EQ(
        request(key("User"), key("Action", "edit"), key("Doc"), record({{"set", build().set({})}})),
        "");
}

TEST_F(ValidateRequest, EntitiesAreChecked) {
    EXPECT_EQ(check(key("Doc"), {}, doc(), record({})), "");
    EXPECT_EQ(check(key("Bare")), "");
    EXPECT_EQ(check(key("Team"), {key("Group")}), "");
    EXPECT_HAS(check(key("Nope")), "not declared");
    EXPECT_HAS(check(key("Bare"), {}, record({{"a", now()}}), record({})), "\"a\"");
    EXPECT_HAS(check(key("Doc"), {}, record({{"owner", entity("User")}}), record({})),
               "\"public\"");
    EXPECT_HAS(
        check(key("Doc"), {},
              record({{"owner", entity("Robot")}, {"public", Value::boolean(true)}}), record({})),
        "must be of type User, but it is Robot::\"x\"");
    EXPECT_HAS(check(key("Team"), {key("Team")}), "does not let `Team` be in `Team`");
    EXPECT_HAS(check(key("Team"), {key("Nope")}), "be in `Nope`");
    EXPECT_HAS(check(key("Bare"), {key("Action", "view")}), "be in `Action`");
}

TEST_F(ValidateRequest, EnumerationsAreChecked) {
    EXPECT_EQ(check(key("Color", "red")), "");
    EXPECT_HAS(check(key("Color", "blue")), "enumeration");
    EXPECT_HAS(check(key("Color", "red"), {key("Group")}), "be in `Group`");
    EXPECT_HAS(check(key("Color", "red"), {}, record({{"a", now()}}), record({})), "\"a\"");
    EXPECT_HAS(check(key("Color", "red"), {}, record({}), record({{"a", now()}})), "tags");
    const IpAddress address = *parse_ip("1.2.3.4");
    const Value home = record({{"city", text("a")}});
    const auto user = [&](std::string_view color) {
        return record({{"name", text("a")},
                       {"age", Value::integer(1)},
                       {"home", home},
                       {"friends", build().set({})},
                       {"numbers", build().set({})},
                       {"ip", build().ip(address)},
                       {"price", Value::decimal(1)},
                       {"at", now()},
                       {"span", Value::duration(1)},
                       {"flag", Value::boolean(true)},
                       {"color", entity("Color", color)},
                       {"any", record({{"x", Value::integer(1)}})}});
    };
    EXPECT_EQ(check(key("User"), {key("Color", "red"), key("Group")}, user("green"), record({})),
              "");
    EXPECT_HAS(check(key("User"), {}, user("blue"), record({})), "[\"color\"]: Color::\"blue\"");
    EXPECT_HAS(check(key("User"), {key("Color", "blue")}, user("red"), record({})), "enumeration");
}

TEST_F(ValidateRequest, TagsAreChecked) {
    const Value folder = record({{"owner", entity("Robot")}});
    EXPECT_EQ(check(key("Folder"), {}, folder, record({{"a", Value::integer(1)}})), "");
    EXPECT_HAS(check(key("Folder"), {}, folder, record({{"a", text("1")}})),
               "the tags of Folder::\"x\"[\"a\"] must be of type Long");
    EXPECT_HAS(check(key("Bare"), {}, record({}), record({{"a", text("1")}})), "gives `Bare` none");
}

TEST_F(ValidateRequest, ActionsAreThoseOfTheSchema) {
    EXPECT_EQ(check(key("Action", "all")), "");
    EXPECT_EQ(check(key("Action", "view"), {key("Action", "read")}), "");
    EXPECT_EQ(check(key("Action", "view"), {key("Action", "read"), key("Action", "all")}), "");
    EXPECT_HAS(check(key("Action", "view")), "other parents");
    EXPECT_HAS(check(key("Action", "view"), {key("Action", "all")}), "other parents");
    EXPECT_HAS(check(key("Action", "view"), {key("Action", "read"), key("Action", "write")}),
               "other parents");
    EXPECT_HAS(check(key("Action", "all"), {key("Group")}), "other parents");
    EXPECT_HAS(check(key("Action", "all"), {}, record({{"a", now()}}), record({})),
               "other attributes");
    EXPECT_HAS(check(key("Action", "nope")), "not declared");
    EXPECT_HAS(check(key("Ns::Action", "all")), "not declared");
}

TEST_F(ValidateRequest, AStoreIsCheckedAsAWhole) {
    EntityStore store;
    ASSERT_TRUE(store.add(store.values().key("Bare", "a")));
    ASSERT_TRUE(store.add(store.values().key("Nope", "b")));
    ASSERT_TRUE(store.add(store.values().key("Color", "blue")));
    ASSERT_TRUE(store.close());
    EXPECT_EQ(validate_entities(store, schema_).size(), 2U);
    EXPECT_EQ(validate_entities(store, schema_, 1).size(), 1U);
    EXPECT_EQ(validate_entities(store, schema_)[0].uid, (EntityUid{"Nope", "b"}));
}

}  // namespace
}  // namespace hs::cedar
