// Batch calls, in the form of the call of npm's @cedar-policy/cedar-wasm with several requests:
//
//   {"policies": {"staticPolicies": text or {id: text}, "templates": {id: text},
//                 "templateLinks": [{"templateId", "newId", "values": {"?principal": {type,
//                 id}}}]},
//    "schema": text or absent, "entities": [...],
//    "requests": [{"principal", "action", "resource", "context"}]}
//
// answered by {"results": [{"decision", "reason": [ids], "errors": [ids]} or {"error": text}]}, or
// by
// {"error": text} when the policies, the schema or the entities are refused. {"validate": true}
// adds
// {"valid": bool} for the policies against the schema.
#include <fmt/format.h>

#include <iostream>

#include "cedar/authorizer.h"
#include "cedar/json.h"
#include "cedar/validate.h"
#include "hardshell-cedar/commands.h"
#include "hardshell-cedar/files.h"

namespace hs::cedar_tool {

using base::Code;
using base::fail;
using base::Result;
using wire::Json;
using wire::JsonArray;
using wire::JsonObject;

namespace {

Result<cedar::Policy> parse_one(const std::string& id, const Json& text) {
    if (text.text() == nullptr) return fail(Code::invalid_input, "a policy must be a string");
    std::vector<cedar::Policy> policies = TRY(cedar::parse_policies(*text.text(), id));
    if (policies.size() != 1) {
        return fail(Code::invalid_input,
                    fmt::format("{}: expected one policy, found {}", id, policies.size()));
    }
    policies[0].id = id;
    return std::move(policies[0]);
}

enum class Kind : std::uint8_t { policy, policy_template };

Result<> add_all(cedar::PolicySet& set, const Json* json, Kind kind) {
    if (json == nullptr) return {};
    std::vector<cedar::Policy> policies;
    if (json->text() != nullptr) {
        policies = TRY(cedar::parse_policies(*json->text()));
    } else {
        if (json->object() == nullptr) return fail(Code::invalid_input, "expected an object");
        for (const auto& [id, text] : *json->object()) {
            policies.push_back(TRY(parse_one(id, text)));
        }
    }
    for (cedar::Policy& policy : policies) {
        if (policy.is_template() != (kind == Kind::policy_template)) {
            return fail(Code::invalid_input, "a template and a static policy are mixed up");
        }
        TRY(set.add(std::move(policy)));
    }
    return {};
}

Result<> add_links(cedar::PolicySet& set, const Json* links) {
    if (links == nullptr) return {};
    if (links->array() == nullptr)
        return fail(Code::invalid_input, "templateLinks: expected an array");
    for (const Json& link : *links->array()) {
        cedar::SlotValues values;
        for (const auto& [slot, uid] : *TRY(wire::object_at(link, "values"))) {
            if (slot == "?principal") {
                values.principal = TRY(cedar::read_uid(uid));
            } else if (slot == "?resource") {
                values.resource = TRY(cedar::read_uid(uid));
            } else {
                return fail(Code::invalid_input, "there is no such slot: " + slot);
            }
        }
        TRY(set.link(TRY(wire::text_at(link, "templateId")), TRY(wire::text_at(link, "newId")),
                     std::move(values)));
    }
    return {};
}

Result<cedar::PolicySet> read_set(const Json& call) {
    const Json* policies = call.find("policies");
    if (policies == nullptr) return fail(Code::invalid_input, "the call has no \"policies\"");
    cedar::PolicySet set;
    TRY(add_all(set, policies->find("staticPolicies"), Kind::policy));
    TRY(add_all(set, policies->find("templates"), Kind::policy_template));
    TRY(add_links(set, policies->find("templateLinks")));
    return set;
}

Result<const cedar::EntityKey*> key_at(const Json& json, std::string_view member,
                                       const cedar::ValueBuilder& build) {
    const Json* found = json.find(member);
    if (found == nullptr) {
        return fail(Code::invalid_input, fmt::format("the request has no {}", member));
    }
    return build.key(TRY(cedar::read_uid(*found)));
}

class Session {
  public:
    Result<> load(const Json& call) {
        policies_ = TRY(read_set(call));
        const Json* schema = call.find("schema");
        if (schema != nullptr && schema->text() != nullptr) {
            schema_.emplace(TRY(cedar::Schema::parse(*schema->text(), cedar::SchemaSyntax::human)));
        }
        const Json* entities = call.find("entities");
        if (entities == nullptr) return fail(Code::invalid_input, "the call has no \"entities\"");
        TRY(cedar::read_entities(*entities, entities_, schema_or_null()));
        TRY(entities_.close());
        if (schema_) {
            const auto findings = cedar::validate_entities(entities_, *schema_, 1);
            if (!findings.empty()) return fail(Code::invalid_input, findings[0].message);
        }
        return {};
    }

    bool is_valid() const { return schema_ && cedar::validate(policies_, *schema_).passed(); }

    Result<JsonArray> answers(const Json& call) {
        const cedar::Authorizer authorizer(std::move(policies_));
        JsonArray out;
        for (const Json& request : *TRY(wire::array_at(call, "requests"))) {
            const auto answer = decide(authorizer, request);
            out.push_back(answer ? *answer : Json(JsonObject{{"error", answer.error().what}}));
        }
        return out;
    }

  private:
    const cedar::Schema* schema_or_null() const { return schema_ ? &*schema_ : nullptr; }

    Result<Json> decide(const cedar::Authorizer& authorizer, const Json& json) {
        arena_.reset();
        const cedar::ValueBuilder build(arena_);
        cedar::Request request;
        request.principal = TRY(key_at(json, "principal", build));
        request.action = TRY(key_at(json, "action", build));
        request.resource = TRY(key_at(json, "resource", build));
        const Json* context = json.find("context");
        if (context == nullptr) return fail(Code::invalid_input, "the request has no context");
        request.context =
            TRY(cedar::read_context(*context, build, schema_or_null(), request.action));
        if (schema_) TRY(cedar::validate_request(request, *schema_));
        const cedar::Answer& answer = authorizer.authorize(request, entities_, nullptr, scratch_);
        JsonArray reasons;
        JsonArray errors;
        for (const auto index : answer.reasons) reasons.push_back(authorizer.id(index));
        for (const auto& fault : answer.faults) errors.push_back(authorizer.id(fault.policy));
        const bool allowed = answer.decision == cedar::Decision::allow;
        return Json(JsonObject{{"decision", allowed ? "allow" : "deny"},
                               {"reason", std::move(reasons)},
                               {"errors", std::move(errors)}});
    }

    cedar::PolicySet policies_;
    std::optional<cedar::Schema> schema_;
    cedar::EntityStore entities_;
    cedar::Arena arena_;
    cedar::Scratch scratch_;
};

Result<Json> answer_call(const std::string& line) {
    const Json call = TRY(wire::parse_json(line));
    Session session;
    TRY(session.load(call));
    JsonObject out;
    const Json* validates = call.find("validate");
    if (validates != nullptr && validates->boolean() != nullptr && *validates->boolean()) {
        out.emplace("valid", session.is_valid());
    }
    out.emplace("results", TRY(session.answers(call)));
    return Json(std::move(out));
}

}  // namespace

ExitStatus batch() {
    std::ios::sync_with_stdio(false);
    std::string line;
    while (std::getline(std::cin, line)) {
        if (line.size() > file_bytes_max) {
            std::cerr << "error: a line is longer than " << file_bytes_max << " bytes\n";
            return ExitStatus::failure;
        }
        const auto answer = answer_call(line);
        std::cout << wire::canonical_json(answer ? *answer
                                                 : Json(JsonObject{{"error", answer.error().what}}))
                  << std::endl;
    }
    return ExitStatus::success;
}

}  // namespace hs::cedar_tool
