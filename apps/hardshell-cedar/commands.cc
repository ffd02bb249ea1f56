#include "hardshell-cedar/commands.h"

#include <fmt/format.h>

#include <iostream>

#include "cedar/authorizer.h"
#include "cedar/json.h"
#include "cedar/parser.h"
#include "cedar/printer.h"
#include "cedar/validate.h"
#include "hardshell-cedar/files.h"

namespace hs::cedar_tool {

using base::Code;
using base::fail;
using base::Result;
using cedar::EntityStore;
using cedar::Request;

namespace {

ExitStatus report(const base::Error& error) {
    std::cerr << "error: " << error.what << '\n';
    return ExitStatus::failure;
}

struct Loaded {
    std::optional<cedar::Authorizer> authorizer;
    std::optional<cedar::Schema> schema;
    EntityStore entities;

    const cedar::Schema* schema_or_null() const { return schema ? &*schema : nullptr; }
};

Result<EntityStore> load_entities(const std::string& path, const cedar::Schema* schema) {
    const std::string text = path.empty() ? std::string("[]") : TRY(read_text(path));
    wire::JsonLimits limits;
    limits.bytes_max = file_bytes_max;
    auto entities = cedar::parse_entities(text, schema, limits);
    if (entities) return entities;
    return fail(entities.error().code, fmt::format("{}: {}", path, entities.error().what));
}

Result<Loaded> load(const AuthorizeOptions& options) {
    Loaded loaded;
    loaded.authorizer.emplace(TRY(read_policies(options.policies)));
    if (!options.schema.empty()) {
        loaded.schema.emplace(TRY(read_schema(options.schema, options.schema_format)));
    }
    loaded.entities = TRY(load_entities(options.entities, loaded.schema_or_null()));
    return loaded;
}

// An entity of a request is `Type::"id"` as a string, or an object with type and id.
Result<const cedar::EntityKey*> entity_of(const wire::Json* json, std::string_view member,
                                          const cedar::ValueBuilder& build) {
    if (json == nullptr) {
        return fail(Code::invalid_input, fmt::format("the request has no {0}; give \"{0}\" in the "
                                                     "request or --{0}",
                                                     member));
    }
    auto uid =
        json->text() != nullptr ? cedar::parse_entity_uid(*json->text()) : cedar::read_uid(*json);
    if (!uid) {
        return fail(Code::invalid_input, fmt::format("{}: {}", member, uid.error().what));
    }
    return build.key(*uid);
}

Result<wire::Json> request_document(const AuthorizeOptions& options) {
    wire::Json document{wire::JsonObject{}};
    if (!options.request_json.empty()) document = TRY(read_json(options.request_json));
    if (document.object() == nullptr) {
        return fail(Code::invalid_input, "the request must be a JSON object");
    }
    if (!options.principal.empty()) document["principal"] = options.principal;
    if (!options.action.empty()) document["action"] = options.action;
    if (!options.resource.empty()) document["resource"] = options.resource;
    if (!options.context.empty()) document["context"] = TRY(read_json(options.context));
    return document;
}

Result<Request> read_request(const AuthorizeOptions& options, const Loaded& loaded,
                             const cedar::ValueBuilder& build) {
    const wire::Json document = TRY(request_document(options));
    Request request;
    request.principal = TRY(entity_of(document.find("principal"), "principal", build));
    request.action = TRY(entity_of(document.find("action"), "action", build));
    request.resource = TRY(entity_of(document.find("resource"), "resource", build));
    const wire::Json nothing{wire::JsonObject{}};
    const wire::Json* context = document.find("context");
    request.context = TRY(cedar::read_context(context != nullptr ? *context : nothing, build,
                                              loaded.schema_or_null(), request.action));
    if (loaded.schema && options.validates_request) {
        TRY(cedar::validate_request(request, *loaded.schema));
    }
    return request;
}

void print_reasons(const cedar::Authorizer& authorizer, const cedar::Answer& answer) {
    if (answer.reasons.empty()) {
        std::cout << "\nnote: no policies applied to this request\n";
        return;
    }
    std::cout << "\nnote: this decision was due to the following policies:\n";
    for (const cedar::PolicyIndex index : answer.reasons) {
        std::cout << "  " << authorizer.id(index) << '\n';
    }
}

Result<ExitStatus> decide(const AuthorizeOptions& options) {
    const Loaded loaded = TRY(load(options));
    cedar::Arena arena;
    const Request request = TRY(read_request(options, loaded, cedar::ValueBuilder(arena)));
    cedar::Scratch scratch;
    const cedar::Answer& answer =
        loaded.authorizer->authorize(request, loaded.entities, nullptr, scratch);
    const bool allowed = answer.decision == cedar::Decision::allow;
    std::cout << (allowed ? "ALLOW" : "DENY") << '\n';
    for (const cedar::PolicyFault& fault : answer.faults) {
        std::cerr << "error: " << loaded.authorizer->describe(fault) << '\n';
    }
    if (options.verbose) print_reasons(*loaded.authorizer, answer);
    return allowed ? ExitStatus::success : ExitStatus::denied;
}

Result<ExitStatus> validated(const ValidateOptions& options) {
    const cedar::PolicySet policies = TRY(read_policies(options.policies));
    const cedar::Schema schema = TRY(read_schema(options.schema, options.schema_format));
    const auto mode = options.mode == "permissive" ? cedar::ValidationMode::permissive
                                                   : cedar::ValidationMode::strict;
    const cedar::ValidationReport report = cedar::validate(policies, schema, mode);
    for (const cedar::Finding& finding : report.warnings) {
        std::cerr << "warning: " << finding.shown << '\n';
    }
    for (const cedar::Finding& finding : report.errors) {
        std::cerr << "error: " << finding.shown << '\n';
    }
    const bool refused = options.denies_warnings && !report.warnings.empty();
    if (!report.passed() || refused) {
        std::cout << "policy set validation failed\n";
        return ExitStatus::invalid;
    }
    std::cout << "policy set validation passed\n";
    return ExitStatus::success;
}

Result<ExitStatus> parsed(const CheckParseOptions& options) {
    std::optional<cedar::Schema> schema;
    if (!options.schema.empty()) {
        schema.emplace(TRY(read_schema(options.schema, options.schema_format)));
    }
    if (!options.policies.empty()) TRY(read_policies(options.policies));
    if (!options.entities.empty()) {
        TRY(load_entities(options.entities, schema ? &*schema : nullptr));
    }
    return ExitStatus::success;
}

// The comment lines between two policies are kept; those inside a policy would be lost.
Result<std::string> comments_before(const cedar::SourceText& source, cedar::Span gap) {
    std::string kept;
    std::string_view rest = source.slice(gap);
    while (!rest.empty()) {
        const std::size_t end = rest.find('\n');
        const std::string_view line = rest.substr(0, end);
        const std::size_t start = line.find("//");
        if (start != std::string_view::npos) {
            kept.append(line.substr(start, line.find_last_not_of("\r\t ") + 1 - start));
            kept += '\n';
        }
        rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    }
    return kept;
}

Result<> refuse_inner_comments(const cedar::SourceText& source, const cedar::Policy& policy) {
    const std::string text(source.slice(policy.span));
    const cedar::SourceText part("policy", text);
    std::uint32_t end = 0;
    for (const cedar::Token& token : TRY(cedar::tokenize(part))) {
        const std::size_t comment = part.slice({end, token.span.begin}).find("//");
        if (comment != std::string_view::npos) {
            const auto at = policy.span.begin + end + static_cast<std::uint32_t>(comment);
            return cedar::fail_at(source, {at, at + 2},
                                  "a comment inside a policy would be lost; move it above the "
                                  "policy, or remove it");
        }
        end = token.span.end;
    }
    return {};
}

Result<std::string> formatted(const std::string& path, const std::string& text) {
    const auto source = std::make_shared<const cedar::SourceText>(path, text);
    std::string out;
    std::uint32_t end = 0;
    for (const cedar::Policy& policy : TRY(cedar::parse_policies(source))) {
        TRY(refuse_inner_comments(*source, policy));
        if (!out.empty()) out += '\n';
        out += TRY(comments_before(*source, {end, policy.span.begin}));
        out += cedar::print_policy(policy);
        end = policy.span.end;
    }
    const auto size = static_cast<std::uint32_t>(text.size());
    return out + TRY(comments_before(*source, {end, size}));
}

Result<ExitStatus> format_file(const FormatOptions& options) {
    const std::string text = TRY(read_text(options.policies));
    const std::string wanted = TRY(formatted(options.policies, text));
    if (options.checks) {
        if (wanted == text) return ExitStatus::success;
        std::cerr << options.policies << ": is not in the canonical form\n";
        return ExitStatus::failure;
    }
    if (options.writes && options.policies != "-") {
        TRY(write_text(options.policies, wanted));
        return ExitStatus::success;
    }
    std::cout << wanted;
    return ExitStatus::success;
}

ExitStatus finish(const Result<ExitStatus>& result) {
    return result ? *result : report(result.error());
}

}  // namespace

ExitStatus authorize(const AuthorizeOptions& options) {
    return finish(decide(options));
}
ExitStatus validate(const ValidateOptions& options) {
    return finish(validated(options));
}
ExitStatus check_parse(const CheckParseOptions& options) {
    return finish(parsed(options));
}
ExitStatus format(const FormatOptions& options) {
    return finish(format_file(options));
}

}  // namespace hs::cedar_tool
