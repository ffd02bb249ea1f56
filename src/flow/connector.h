// Connector: how the tools of one service are to be understood: a manifest for each tool, and
// rules that give each part of a result its label.
//
// What it is for: the service itself authenticates some fields (who sent a mail, who owns a file)
// and passes on what strangers wrote in others. The rules say which is which. The first rule whose
// `tools` holds the tool's name or "*" applies; a tool that no rule names, or a result that a rule
// does not fit, is untrusted and private. docs/formats/connectors.md has the format; that of
// labelled traces (labels.json) is the same.
// What it does not protect from: a service that lies about its own fields.
// Threads: immutable after parse.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "flow/manifest.h"
#include "flow/span.h"
#include "flow/world.h"
#include "wire/json.h"

namespace hs::flow {

// Of one field of an item: it is in a list, or it is an address of the organisation.
struct Condition {
    std::string field;
    std::vector<std::string> in;
    bool in_organisation = false;
    bool holds(const wire::Json& item, const std::string& domain) const;
};

struct SpanRule {
    std::vector<std::string> fields;  // keys, or JSON pointers where they begin with "/"
    Integrity integrity = Integrity::untrusted;
    std::optional<Condition> internal_if;
    std::optional<Condition> when;
};

struct ObjectRule {
    std::string kind;
    std::string id;
    std::string name;
    std::string participants;
    bool strip_extension = false;
    SpanRule trust;  // its integrity alone
};

struct Shape {
    std::string name;
    std::string has;
    std::vector<SpanRule> spans;
    std::optional<ObjectRule> object;
    std::vector<std::string> readers;
};

struct ResultRule {
    std::vector<std::string> tools;
    bool is_text = true;
    Integrity integrity = Integrity::untrusted;  // of a text
    DataClass confidentiality = DataClass::personal;
    std::optional<DataClass> confidentiality_if_empty;
    std::optional<Condition> raise_unless;
    DataClass raise_to = DataClass::personal;
    bool readers_intersect = false;
    std::vector<Shape> shapes;
    std::string at;  // JSON pointer to the items; empty: the whole result
};

class Connector {
  public:
    // A suite of labels.json, or a connector's own file. `object_kinds` may be null. invalid_input
    // names the tool or rule. The parts of `world` that it declares are filled in.
    static base::Result<Connector> parse(const wire::Json& json, const wire::Json* object_kinds,
                                         World& world);

    // Null for a tool that is not declared.
    const ToolManifest* find(std::string_view tool) const;
    const std::map<std::string, ToolManifest, std::less<>>& tools() const { return tools_; }

    // `text` is the result as a model sees it, `json` the same as the service gave it, or null.
    LabelledResult label(std::string_view tool, std::string_view text,
                         const wire::Json& json) const;

  private:
    std::map<std::string, ToolManifest, std::less<>> tools_;
    std::vector<ResultRule> results_;
    std::string domain_;  // "@example.com"
};

// public, internal, private and secret, as rules of connectors name classes; ours too.
std::optional<DataClass> confidentiality_from_name(std::string_view name);

}  // namespace hs::flow
