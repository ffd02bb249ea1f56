// Reading a connector: manifests, rules for results, and what it declares about the world.
#include "flow/connector.h"

namespace hs::flow {
namespace {

using base::Code;
using base::fail;
using base::Result;
using wire::Json;

constexpr std::size_t tools_max = 2000;
constexpr std::size_t rules_max = 1000;

base::Failure refused(const std::string& where, std::string_view wanted) {
    return fail(Code::invalid_input, where + ": expected " + std::string(wanted));
}

Result<std::vector<std::string>> texts_at(const Json& json, std::string_view key,
                                          const std::string& where) {
    std::vector<std::string> texts;
    const Json* list = json.find(key);
    if (list == nullptr || list->is_null()) return texts;
    if (list->array() == nullptr) return refused(where + "." + std::string(key), "a list of texts");
    for (const Json& item : *list->array()) {
        if (item.text() == nullptr) return refused(where + "." + std::string(key), "texts");
        texts.push_back(*item.text());
    }
    return texts;
}

Result<std::string> optional_text(const Json& json, std::string_view key,
                                  const std::string& where) {
    const Json* value = json.find(key);
    if (value == nullptr || value->is_null()) return std::string();
    if (value->text() == nullptr) return refused(where + "." + std::string(key), "a text");
    return *value->text();
}

Result<DataClass> class_at(const Json& json, std::string_view key, const std::string& where) {
    const std::string name = TRY(optional_text(json, key, where));
    const auto found = confidentiality_from_name(name);
    if (!found) {
        return refused(where + "." + std::string(key), "public, internal, private or secret");
    }
    return *found;
}

Result<std::optional<Condition>> condition_at(const Json& json, std::string_view key,
                                              const std::string& where) {
    const Json* held = json.find(key);
    if (held == nullptr) return std::optional<Condition>();
    const std::string here = where + "." + std::string(key);
    if (held->object() == nullptr) return refused(here, "a condition");
    Condition condition;
    condition.field = TRY(optional_text(*held, "field", here));
    condition.in = TRY(texts_at(*held, "in", here));
    const std::string test = TRY(optional_text(*held, "test", here));
    condition.in_organisation = test == "in_organisation";
    const bool known = test.empty() ? held->find("in") != nullptr : condition.in_organisation;
    if (condition.field.empty() || !known) {
        return refused(here, "\"field\" with \"in\" or with \"test\": \"in_organisation\"");
    }
    return std::optional(std::move(condition));
}

Result<SpanRule> trust_of(const Json& json, const std::string& where) {
    SpanRule rule;
    const std::string name = TRY(optional_text(json, "integrity", where));
    if (!name.empty()) {
        const auto integrity = integrity_from_name(name);
        // A tool's result is never the person's own words.
        if (!integrity || *integrity == Integrity::person) {
            return refused(where + ".integrity", "untrusted or internal");
        }
        rule.integrity = *integrity;
    }
    rule.internal_if = TRY(condition_at(json, "internal_if", where));
    return rule;
}

Result<SpanRule> span_rule(const Json& json, const std::string& where) {
    if (json.object() == nullptr) return refused(where, "an object");
    SpanRule rule = TRY(trust_of(json, where));
    rule.fields = TRY(texts_at(json, "fields", where));
    rule.when = TRY(condition_at(json, "when", where));
    if (rule.fields.empty()) return refused(where + ".fields", "at least one field");
    return rule;
}

Result<ObjectRule> object_rule(const Json& json, const std::string& where) {
    if (json.object() == nullptr) return refused(where, "an object");
    ObjectRule rule;
    rule.trust = TRY(trust_of(json, where));
    rule.kind = TRY(optional_text(json, "kind", where));
    rule.id = TRY(optional_text(json, "id", where));
    rule.name = TRY(optional_text(json, "name", where));
    rule.participants = TRY(optional_text(json, "participants", where));
    rule.strip_extension = TRY(wire::boolean_at_or(json, "strip_extension", false));
    if (rule.kind.empty() || rule.id.empty() || rule.name.empty()) {
        return refused(where, "\"kind\", \"id\" and \"name\"");
    }
    return rule;
}

Result<Shape> shape_of(const Json& json, const std::string& where) {
    if (json.object() == nullptr) return refused(where, "an object");
    Shape shape;
    shape.name = TRY(optional_text(json, "name", where));
    shape.has = TRY(optional_text(json, "has", where));
    shape.readers = TRY(texts_at(json, "readers", where));
    if (const Json* spans = json.find("spans")) {
        if (spans->array() == nullptr) return refused(where + ".spans", "a list");
        for (const Json& span : *spans->array()) {
            shape.spans.push_back(TRY(span_rule(span, where + ".spans")));
        }
    }
    if (const Json* object = json.find("object")) {
        shape.object = TRY(object_rule(*object, where + ".object"));
    }
    return shape;
}

Result<> read_items(const Json& json, const std::string& where, ResultRule& rule) {
    if (json.find("confidentiality_if_empty") != nullptr) {
        rule.confidentiality_if_empty = TRY(class_at(json, "confidentiality_if_empty", where));
    }
    if (const Json* raise = json.find("raise")) {
        rule.raise_to = TRY(class_at(*raise, "to", where + ".raise"));
        rule.raise_unless = TRY(condition_at(*raise, "unless", where + ".raise"));
        if (!rule.raise_unless) return refused(where + ".raise.unless", "a condition");
    }
    const std::string readers = TRY(optional_text(json, "readers", where));
    if (!readers.empty() && readers != "intersection" && readers != "anyone") {
        return refused(where + ".readers", "intersection or anyone");
    }
    rule.readers_intersect = readers == "intersection";
    const Json* shapes = json.find("shapes");
    if (shapes == nullptr || shapes->array() == nullptr) {
        return refused(where + ".shapes", "a list");
    }
    for (const Json& shape : *shapes->array()) {
        rule.shapes.push_back(TRY(shape_of(shape, where + ".shapes")));
    }
    return {};
}

Result<ResultRule> result_rule(const Json& json, const std::string& where) {
    if (json.object() == nullptr) return refused(where, "an object");
    ResultRule rule;
    rule.tools = TRY(texts_at(json, "tools", where));
    if (rule.tools.empty()) return refused(where + ".tools", "names of tools, or \"*\"");
    rule.confidentiality = TRY(class_at(json, "confidentiality", where));
    rule.at = TRY(optional_text(json, "at", where));
    if (!rule.at.empty() && !rule.at.starts_with('/')) {
        return refused(where + ".at", "a JSON pointer, such as /results");
    }
    const std::string form = TRY(optional_text(json, "form", where));
    rule.is_text = form == "text";
    if (!rule.is_text && form != "items") return refused(where + ".form", "text or items");
    rule.integrity = TRY(trust_of(json, where)).integrity;
    if (!rule.is_text) TRY(read_items(json, where, rule));
    return rule;
}

Result<> read_world(const Json& json, World& world, std::string& domain) {
    const std::string owner = TRY(optional_text(json, "owner", "connector"));
    if (!owner.empty()) world.own.push_back(owner);
    const std::string own_domain = TRY(optional_text(json, "organisation_domain", "connector"));
    if (!own_domain.empty()) {
        domain = "@" + own_domain;
        world.domains.push_back(own_domain);
    }
    for (std::string& place : TRY(texts_at(json, "pinned_channels", "connector"))) {
        world.fixed_places.push_back(std::move(place));
    }
    return {};
}

}  // namespace

std::optional<DataClass> confidentiality_from_name(std::string_view name) {
    if (name == "private") return DataClass::personal;
    return data_class_from_name(name);
}

Result<Connector> Connector::parse(const Json& json, const Json* object_kinds, World& world) {
    if (json.object() == nullptr) return refused("connector", "an object");
    Connector connector;
    TRY(read_world(json, world, connector.domain_));
    const Json* tools = json.find("tools");
    if (tools == nullptr || tools->object() == nullptr || tools->object()->size() > tools_max) {
        return refused("connector.tools", "an object of tools");
    }
    for (const auto& [name, tool] : *tools->object()) {
        connector.tools_.emplace(name, TRY(manifest_from_json(name, tool, object_kinds)));
    }
    const Json* results = json.find("results");
    if (results == nullptr || results->array() == nullptr || results->array()->size() > rules_max) {
        return refused("connector.results", "a list of rules");
    }
    for (std::size_t i = 0; i < results->array()->size(); ++i) {
        connector.results_.push_back(TRY(
            result_rule((*results->array())[i], "connector.results[" + std::to_string(i) + "]")));
    }
    return connector;
}

}  // namespace hs::flow
