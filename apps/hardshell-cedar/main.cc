// hardshell-cedar: Cedar policies on the command line, with the official CLI's verbs and options.
#include <CLI/CLI.hpp>

#include "hardshell-cedar/commands.h"

namespace {

using hs::cedar_tool::ExitStatus;

void add_schema_format(CLI::App* verb, std::string& format) {
    verb->add_option("--schema-format", format, "Syntax of the schema")
        ->check(CLI::IsMember({"cedar", "json"}))
        ->capture_default_str();
}

void add_authorize(CLI::App& app, hs::cedar_tool::AuthorizeOptions& options, ExitStatus& status) {
    CLI::App* verb = app.add_subcommand("authorize", "Decide a request: prints ALLOW or DENY");
    verb->add_option("-p,--policies", options.policies, "File with policies")->required();
    verb->add_option("--entities", options.entities, "File with entities (JSON)")->required();
    verb->add_option("-s,--schema", options.schema,
                     "File with a schema: entities and request are read and checked with it");
    add_schema_format(verb, options.schema_format);
    verb->add_option("--request-json", options.request_json,
                     "File with {\"principal\", \"action\", \"resource\", \"context\"}");
    verb->add_option("-l,--principal", options.principal, "Such as User::\"alice\"");
    verb->add_option("-a,--action", options.action, "Such as Action::\"view\"");
    verb->add_option("-r,--resource", options.resource, "Such as Photo::\"trip.jpg\"");
    verb->add_option("-c,--context", options.context, "File with the context (JSON)");
    verb->add_flag("-v,--verbose", options.verbose, "Say which policies decided");
    verb->add_flag("--request-validation,!--no-request-validation", options.validates_request,
                   "With a schema: refuse a request that does not fit it (default)");
    verb->callback([&] { status = hs::cedar_tool::authorize(options); });
}

void add_validate(CLI::App& app, hs::cedar_tool::ValidateOptions& options, ExitStatus& status) {
    CLI::App* verb = app.add_subcommand("validate", "Check policies against a schema");
    verb->add_option("-p,--policies", options.policies, "File with policies")->required();
    verb->add_option("-s,--schema", options.schema, "File with the schema")->required();
    add_schema_format(verb, options.schema_format);
    verb->add_option("--validation-mode", options.mode, "How strict")
        ->check(CLI::IsMember({"strict", "permissive"}))
        ->capture_default_str();
    verb->add_flag("--deny-warnings", options.denies_warnings, "Warnings fail the validation");
    verb->callback([&] { status = hs::cedar_tool::validate(options); });
}

void add_check_parse(CLI::App& app, hs::cedar_tool::CheckParseOptions& options,
                     ExitStatus& status) {
    CLI::App* verb = app.add_subcommand("check-parse", "Check that files are well formed");
    auto* files = verb->add_option_group("files", "What to parse");
    files->add_option("-p,--policies", options.policies, "File with policies");
    files->add_option("-s,--schema", options.schema, "File with a schema");
    files->add_option("--entities", options.entities, "File with entities (JSON)");
    files->require_option(1, 3);
    add_schema_format(verb, options.schema_format);
    verb->callback([&] { status = hs::cedar_tool::check_parse(options); });
}

void add_format(CLI::App& app, hs::cedar_tool::FormatOptions& options, ExitStatus& status) {
    CLI::App* verb = app.add_subcommand(
        "format", "Print policies in the canonical form; comments between policies stay");
    verb->add_option("-p,--policies", options.policies, "File with policies")->required();
    verb->add_flag("-c,--check", options.checks, "Only say whether it is in that form");
    verb->add_flag("-w,--write", options.writes, "Write the file instead of printing");
    verb->callback([&] { status = hs::cedar_tool::format(options); });
}

}  // namespace

int main(int count, char** arguments) {
    CLI::App app{
        "Cedar policies: authorize, validate, check-parse, format. "
        "Exit status: 0 allow or success, 1 error, 2 deny, 3 validation failed."};
    app.require_subcommand(1);
    ExitStatus status = ExitStatus::success;
    hs::cedar_tool::AuthorizeOptions authorize;
    hs::cedar_tool::ValidateOptions validate;
    hs::cedar_tool::CheckParseOptions check_parse;
    hs::cedar_tool::FormatOptions format;
    add_authorize(app, authorize, status);
    add_validate(app, validate, status);
    add_check_parse(app, check_parse, status);
    add_format(app, format, status);
    app.add_subcommand("batch",
                       "For tests and automation: one JSON call a line on standard input, "
                       "one JSON answer a line")
        ->callback([&] { status = hs::cedar_tool::batch(); });
    try {
        app.parse(count, arguments);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : static_cast<int>(ExitStatus::failure);
    }
    return static_cast<int>(status);
}
