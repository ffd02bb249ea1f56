// SchemaCheck: holds an OCSF event against the resolved schema of the test data.
//
// Not for the product: it is included by *_test.cc files only.
// Threads: one test at a time.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <regex>

#include "wire/json.h"

namespace hs::ship::testing {

using wire::Json;

// Where the test data lies, or nothing.
inline std::string corpora(const std::string& name) {
    const char* set = std::getenv("HARDSHELL_CORPORA");
    const auto source =
        std::filesystem::path(HS_TESTDATA).parent_path().parent_path().parent_path();
    const std::string base = set != nullptr ? set : source.string() + "/../shared/corpora";
    return std::filesystem::exists(base + "/" + name) ? base + "/" + name : std::string();
}

class SchemaCheck {
  public:
    explicit SchemaCheck(const std::string& path) {
        std::ifstream stream(path);
        const std::string text{std::istreambuf_iterator<char>(stream), {}};
        auto parsed = wire::parse_json(text);
        CHECK(parsed.ok());
        schema_ = std::move(*parsed);
    }

    // Every violation, with the place of it.
    std::vector<std::string> problems(const Json& event) {
        found_.clear();
        const auto uid = wire::integer_at(event, "class_uid");
        const Json* which = uid ? schema_.find("classes")->find(std::to_string(*uid)) : nullptr;
        if (which == nullptr) return {"no such class"};
        profiles_.clear();
        for (const Json& one : *event.find("metadata")->find("profiles")->array()) {
            profiles_.insert(*one.text());
        }
        for (const std::string& profile : profiles_) {
            if (!lists(*which->find("profiles"), profile)) found_.push_back("profile " + profile);
        }
        check_object(*which, event, "");
        const std::int64_t activity = *event.find("activity_id")->integer();
        if (*event.find("type_uid")->integer() != *uid * 100 + activity) {
            found_.push_back("type_uid");
        }
        if (*event.find("category_uid")->integer() != *uid / 1000) found_.push_back("category");
        return found_;
    }

  private:
    static bool lists(const Json& list, const std::string& text) {
        return std::any_of(list.array()->begin(), list.array()->end(),
                           [&](const Json& item) { return *item.text() == text; });
    }
    bool exists(const Json& attribute) const {
        const Json* only_in = attribute.find("profiles");
        if (only_in == nullptr) return true;
        return std::any_of(only_in->array()->begin(), only_in->array()->end(),
                           [&](const Json& item) { return profiles_.contains(*item.text()); });
    }
    void check_object(const Json& kind, const Json& value, const std::string& at) {
        if (value.object() == nullptr) return found_.push_back(at + " is no object");
        const Json& attributes = *kind.find("attributes");
        // The object "object" has no attributes: any content.
        if (attributes.object()->empty()) return;
        for (const auto& [name, attribute] : *attributes.object()) {
            const bool required = *attribute.find("requirement")->text() == "required";
            if (required && exists(attribute) && value.find(name) == nullptr) {
                found_.push_back(at + "." + name + " is missing");
            }
        }
        for (const auto& [name, member] : *value.object()) {
            const Json* attribute = attributes.find(name);
            if (attribute == nullptr || !exists(*attribute)) {
                found_.push_back(at + "." + name + " is no attribute");
                continue;
            }
            check_attribute(*attribute, member, at + "." + name);
        }
        check_constraints(kind.find("constraints"), value, at);
    }
    void check_constraints(const Json* constraints, const Json& value, const std::string& at) {
        if (constraints == nullptr) return;
        for (const auto& [rule, names] : *constraints->object()) {
            std::size_t held = 0;
            for (const Json& name : *names.array()) held += value.find(*name.text()) != nullptr;
            const bool good = rule == "just_one" ? held == 1 : held >= 1;
            if (!good) found_.push_back(at + ": " + rule);
        }
    }
    void check_attribute(const Json& attribute, const Json& member, const std::string& at) {
        const Json* array = attribute.find("array");
        if (array == nullptr) return check_value(attribute, member, at);
        if (member.array() == nullptr) return found_.push_back(at + " is no list");
        for (const Json& item : *member.array()) check_value(attribute, item, at + "[]");
    }
    void check_value(const Json& attribute, const Json& value, const std::string& at) {
        const std::string type = *attribute.find("type")->text();
        if (type == "object_t") {
            const Json* kind = schema_.find("objects")->find(*attribute.find("object")->text());
            return check_object(*kind, value, at);
        }
        const Json& rules = *schema_.find("types")->find(type);
        const std::string wanted = *rules.find("json")->text();
        const bool fits = wanted == "any" || (wanted == "string" && value.text() != nullptr) ||
                          (wanted == "integer" && value.integer() != nullptr) ||
                          (wanted == "boolean" && value.boolean() != nullptr) ||
                          (wanted == "number" && (value.integer() || value.real()));
        if (!fits) return found_.push_back(at + " is no " + wanted);
        check_rules(attribute, rules, value, at);
    }
    void check_rules(const Json& attribute, const Json& rules, const Json& value,
                     const std::string& at) {
        if (const Json* choices = attribute.find("enum")) {
            const std::string key =
                value.integer() ? std::to_string(*value.integer()) : *value.text();
            if (choices->find(key) == nullptr) found_.push_back(at + " is not in its enum: " + key);
        }
        if (const Json* longest = rules.find("max_len")) {
            const auto limit = static_cast<std::size_t>(*longest->integer());
            if (value.text()->size() > limit) found_.push_back(at + " is too long");
        }
        if (const Json* range = rules.find("range")) {
            const auto& ends = *range->array();
            const bool inside =
                *value.integer() >= *ends[0].integer() && *value.integer() <= *ends[1].integer();
            if (!inside) found_.push_back(at + " is out of range");
        }
        if (const Json* pattern = rules.find("regex")) {
            const std::regex expression(*pattern->text());
            if (!std::regex_search(*value.text(), expression))
                found_.push_back(at + " does not fit");
        }
    }

    Json schema_;
    std::set<std::string> profiles_;
    std::vector<std::string> found_;
};

}  // namespace hs::ship::testing
