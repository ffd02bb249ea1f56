#include "gate/action.h"

#include <fmt/format.h>

#include "base/bytes.h"
#include "crypto/hash.h"
#include "policy/flow_facts.h"
#include "wire/graphql.h"

namespace hs::gate {
namespace {

using base::Code;
using base::fail;
using base::Result;
using wire::Json;
using wire::JsonObject;

constexpr std::size_t argv_items_max = 4096;
constexpr std::size_t operation_bytes_max = 500;
constexpr std::size_t tool_name_bytes_max = 256;
constexpr std::size_t text_bytes_max = std::size_t{256} << 10U;

constexpr std::string_view what_names[] = {"content", "listing", "search"};
constexpr std::string_view operation_names[] = {"create", "replace", "remove", "restore"};
constexpr std::string_view memory_operation_names[] = {"add",  "keep",  "forget", "expire",
                                                       "hold", "rekey", "restore"};
constexpr std::string_view carrier_names[] = {"http",   "websocket", "lines",
                                              "listen", "letter",    "submit"};
constexpr std::string_view approver_names[] = {"nobody", "reachable"};

template <class Enum, std::size_t count>
Result<Enum> named(const Json& json, std::string_view key, const std::string_view (&names)[count]) {
    const std::string name = TRY(wire::text_at(json, key));
    for (std::size_t i = 0; i < count; ++i) {
        if (names[i] == name) return static_cast<Enum>(i);
    }
    return fail(Code::invalid_input, fmt::format("\"{}\" has the unknown value \"{}\"", key, name));
}

template <class Enum, std::size_t count>
std::string_view name_of(Enum value, const std::string_view (&names)[count]) {
    return names[static_cast<std::size_t>(value)];
}

Result<std::string> short_text(const Json& json, std::string_view key) {
    std::string text = TRY(wire::text_at(json, key));
    if (text.size() > text_bytes_max) {
        return fail(Code::exhausted,
                    fmt::format("\"{}\" is longer than {} bytes", key, text_bytes_max));
    }
    return text;
}

Result<std::uint64_t> count_at(const Json& json, std::string_view key) {
    const std::int64_t value = TRY(wire::integer_at(json, key));
    if (value < 0) return fail(Code::invalid_input, fmt::format("\"{}\" is negative", key));
    return static_cast<std::uint64_t>(value);
}

Json count_json(std::uint64_t value) {
    return Json(static_cast<std::int64_t>(value));
}

JsonObject members(const ReadFile& action) {
    return {{"path", action.path}, {"what", name_of(action.what, what_names)}};
}

JsonObject members(const WriteFile& action) {
    return {{"path", action.path},
            {"operation", name_of(action.operation, operation_names)},
            {"content_sha256", action.content_sha256},
            {"content_bytes", count_json(action.content_bytes)},
            {"before_sha256", action.before_sha256}};
}

JsonObject members(const RunCommand& action) {
    Json argv{wire::JsonArray{}};
    for (const auto& argument : action.argv) argv.push(argument);
    Json scripts{wire::JsonArray{}};
    for (const auto& script : action.scripts) {
        scripts.push(JsonObject{{"path", script.path}, {"sha256", script.sha256}});
    }
    return {{"executable", action.executable}, {"executable_sha256", action.executable_sha256},
            {"argv", std::move(argv)},         {"working_directory", action.working_directory},
            {"scripts", std::move(scripts)},   {"wall_ms", action.wall_ms},
            {"profile", action.profile},       {"terminal", action.has_terminal}};
}

JsonObject members(const SendHttp& action) {
    JsonObject made{{"method", action.method},
                    {"scheme", action.scheme},
                    {"host", action.host},
                    {"port", static_cast<std::int64_t>(action.port)},
                    {"target", action.target},
                    {"content_type", action.content_type},
                    {"body_sha256", action.body_sha256},
                    {"body_bytes", count_json(action.body_bytes)}};
    if (!action.operation.empty()) made["operation"] = action.operation;
    return made;
}

JsonObject members(const Infer& action) {
    return {{"provider", action.provider},
            {"model", action.model},
            {"target", action.target},
            {"body_sha256", action.body_sha256},
            {"body_bytes", count_json(action.body_bytes)},
            {"secrets_replaced", action.secrets_replaced},
            {"personal_replaced", action.personal_replaced},
            {"credential_pieces_left", action.credential_pieces_left},
            {"personal_pieces_left", action.personal_pieces_left}};
}

JsonObject members(const ChangeSetting& action) {
    return {{"key", action.key}, {"value", action.value}};
}

JsonObject members(const Connect& action) {
    return {{"host", action.host},
            {"port", static_cast<std::int64_t>(action.port)},
            {"tls", action.is_tls},
            {"program", action.program}};
}

JsonObject members(const Recall& action) {
    return {{"compartment", action.compartment}, {"query_sha256", action.query_sha256}};
}

JsonObject members(const Remember& action) {
    return {{"compartment", action.compartment},
            {"operation", name_of(action.operation, memory_operation_names)},
            {"kind", action.kind},
            {"content_sha256", action.content_sha256},
            {"content_bytes", count_json(action.content_bytes)},
            {"entries", count_json(action.entries)},
            {"quarantined", action.is_quarantined}};
}

JsonObject members(const SendMessage& action) {
    return {{"channel", action.channel},
            {"conversation", action.conversation},
            {"purpose", action.purpose},
            {"carrier", name_of(action.carrier, carrier_names)},
            {"method", action.method},
            {"scheme", action.scheme},
            {"host", action.host},
            {"port", static_cast<std::int64_t>(action.port)},
            {"target", action.target},
            {"content_type", action.content_type},
            {"body_sha256", action.body_sha256},
            {"body_bytes", count_json(action.body_bytes)},
            {"credential", action.credential}};
}

JsonObject members(const LoadSkill& action) {
    return {{"name", action.name}, {"digest", action.digest}, {"file", action.file}};
}

JsonObject members(const CallTool& action) {
    return {{"server", action.server},
            {"tool", action.tool},
            {"definitions", action.definitions},
            {"arguments", action.arguments}};
}

Result<std::uint16_t> port_at(const Json& json) {
    const std::int64_t port = TRY(wire::integer_at(json, "port"));
    if (port < 1 || port > 65535) return fail(Code::invalid_input, "\"port\" must be 1 to 65535");
    return static_cast<std::uint16_t>(port);
}

Result<Action> read_file_from(const Json& json) {
    ReadFile action;
    action.path = TRY(short_text(json, "path"));
    action.what = TRY(named<ReadFile::What>(json, "what", what_names));
    return Action(std::move(action));
}

Result<Action> write_file_from(const Json& json) {
    WriteFile action;
    action.path = TRY(short_text(json, "path"));
    action.operation = TRY(named<WriteFile::Operation>(json, "operation", operation_names));
    action.content_sha256 = TRY(short_text(json, "content_sha256"));
    action.content_bytes = TRY(count_at(json, "content_bytes"));
    action.before_sha256 = TRY(short_text(json, "before_sha256"));
    return Action(std::move(action));
}

Result<Action> run_command_from(const Json& json) {
    RunCommand action;
    action.executable = TRY(short_text(json, "executable"));
    action.executable_sha256 = TRY(short_text(json, "executable_sha256"));
    action.working_directory = TRY(short_text(json, "working_directory"));
    action.wall_ms = TRY(wire::integer_at(json, "wall_ms"));
    action.profile = TRY(short_text(json, "profile"));
    action.has_terminal = TRY(wire::boolean_at(json, "terminal"));
    const auto& argv = *TRY(wire::array_at(json, "argv"));
    const auto& scripts = *TRY(wire::array_at(json, "scripts"));
    if (argv.empty() || argv.size() > argv_items_max || scripts.size() > argv_items_max) {
        return fail(Code::invalid_input,
                    fmt::format("\"argv\" must have 1 to {} items", argv_items_max));
    }
    for (const Json& argument : argv) {
        if (argument.text() == nullptr || argument.text()->find('\0') != std::string::npos) {
            return fail(Code::invalid_input, "\"argv\" must hold strings without NUL");
        }
        action.argv.push_back(*argument.text());
    }
    for (const Json& script : scripts) {
        action.scripts.push_back(
            {TRY(short_text(script, "path")), TRY(short_text(script, "sha256"))});
    }
    return Action(std::move(action));
}

Result<Action> send_http_from(const Json& json) {
    SendHttp action;
    action.method = TRY(short_text(json, "method"));
    action.scheme = TRY(short_text(json, "scheme"));
    action.host = TRY(short_text(json, "host"));
    action.port = TRY(port_at(json));
    action.target = TRY(short_text(json, "target"));
    action.content_type = TRY(short_text(json, "content_type"));
    action.body_sha256 = TRY(short_text(json, "body_sha256"));
    action.body_bytes = TRY(count_at(json, "body_bytes"));
    action.operation = TRY(wire::text_at_or(json, "operation", ""));
    return Action(std::move(action));
}

Result<Action> infer_from(const Json& json) {
    Infer action;
    action.provider = TRY(short_text(json, "provider"));
    action.model = TRY(short_text(json, "model"));
    action.target = TRY(short_text(json, "target"));
    action.body_sha256 = TRY(short_text(json, "body_sha256"));
    action.body_bytes = TRY(count_at(json, "body_bytes"));
    action.secrets_replaced = static_cast<std::int64_t>(TRY(count_at(json, "secrets_replaced")));
    action.personal_replaced = static_cast<std::int64_t>(TRY(count_at(json, "personal_replaced")));
    // Records of before these members were are decided again as they were then.
    action.credential_pieces_left = TRY(wire::integer_at_or(json, "credential_pieces_left", 0));
    action.personal_pieces_left = TRY(wire::integer_at_or(json, "personal_pieces_left", 0));
    if (action.credential_pieces_left < 0 || action.personal_pieces_left < 0) {
        return fail(Code::invalid_input, "a number of pieces is negative");
    }
    return Action(std::move(action));
}

Result<Action> change_setting_from(const Json& json) {
    return Action(ChangeSetting{TRY(short_text(json, "key")), TRY(short_text(json, "value"))});
}

Result<Action> connect_from(const Json& json) {
    Connect action;
    action.host = TRY(short_text(json, "host"));
    action.port = TRY(port_at(json));
    action.is_tls = TRY(wire::boolean_at(json, "tls"));
    action.program = TRY(short_text(json, "program"));
    return Action(std::move(action));
}

Result<Action> recall_from(const Json& json) {
    return Action(
        Recall{TRY(short_text(json, "compartment")), TRY(short_text(json, "query_sha256"))});
}

Result<Action> remember_from(const Json& json) {
    Remember action;
    action.compartment = TRY(short_text(json, "compartment"));
    action.operation = TRY(named<Remember::Operation>(json, "operation", memory_operation_names));
    action.kind = TRY(short_text(json, "kind"));
    action.content_sha256 = TRY(short_text(json, "content_sha256"));
    action.content_bytes = TRY(count_at(json, "content_bytes"));
    action.entries = TRY(count_at(json, "entries"));
    action.is_quarantined = TRY(wire::boolean_at(json, "quarantined"));
    return Action(std::move(action));
}

Result<Action> send_message_from(const Json& json) {
    SendMessage action;
    for (auto& [key, place] : std::initializer_list<std::pair<std::string_view, std::string*>>{
             {"channel", &action.channel},
             {"conversation", &action.conversation},
             {"purpose", &action.purpose},
             {"method", &action.method},
             {"scheme", &action.scheme},
             {"host", &action.host},
             {"target", &action.target},
             {"content_type", &action.content_type},
             {"body_sha256", &action.body_sha256},
             {"credential", &action.credential}}) {
        *place = TRY(short_text(json, key));
    }
    action.carrier = TRY(named<SendMessage::Carrier>(json, "carrier", carrier_names));
    action.port = TRY(port_at(json));
    action.body_bytes = TRY(count_at(json, "body_bytes"));
    return Action(std::move(action));
}

Result<Action> load_skill_from(const Json& json) {
    return Action(LoadSkill{TRY(short_text(json, "name")), TRY(short_text(json, "digest")),
                            TRY(short_text(json, "file"))});
}

Result<Action> call_tool_from(const Json& json) {
    CallTool action;
    action.server = TRY(short_text(json, "server"));
    action.tool = TRY(short_text(json, "tool"));
    action.definitions = TRY(short_text(json, "definitions"));
    action.arguments = TRY(short_text(json, "arguments"));
    // What a person approves is what the server gets, in the one form that it has.
    const Json arguments = TRY(wire::parse_json(action.arguments));
    if (action.arguments.size() > CallTool::arguments_bytes_max || !arguments.object() ||
        wire::canonical_json(arguments) != action.arguments) {
        return fail(Code::invalid_input,
                    "\"arguments\" must be an object as canonical JSON of at most 64 KiB");
    }
    return Action(std::move(action));
}

struct Line {
    std::string operator()(const ReadFile& action) const {
        return fmt::format("{} {}",
                           action.what == ReadFile::What::content   ? "read"
                           : action.what == ReadFile::What::listing ? "list"
                                                                    : "search",
                           action.path);
    }
    std::string operator()(const WriteFile& action) const {
        return fmt::format("{} {} ({} bytes)", name_of(action.operation, operation_names),
                           action.path, action.content_bytes);
    }
    std::string operator()(const RunCommand& action) const {
        std::string line = "run";
        for (const auto& argument : action.argv) {
            const bool plain =
                !argument.empty() && argument.find_first_of(" \t\n\"'\\$`") == std::string::npos;
            if (plain) {
                line += ' ' + argument;
            } else {
                line += ' ';
                wire::append_json_string(line, argument);
            }
        }
        return line + "   in " + action.working_directory;
    }
    std::string operator()(const SendHttp& action) const {
        return fmt::format("{} {}://{}:{}{}{}", action.method, action.scheme, action.host,
                           action.port, action.target,
                           action.operation.empty() ? "" : "   (" + action.operation + ")");
    }
    std::string operator()(const Infer& action) const {
        return fmt::format("ask the model {} of {} ({} bytes)", action.model, action.provider,
                           action.body_bytes);
    }
    std::string operator()(const Connect& action) const {
        return fmt::format("connect to {} port {}{}", action.host, action.port,
                           action.is_tls ? " (TLS, not looked into)" : " (not encrypted by TLS)");
    }
    std::string operator()(const Recall& action) const {
        return fmt::format("recall from the memory {}", action.compartment);
    }
    std::string operator()(const Remember& action) const {
        if (action.operation != Remember::Operation::add) {
            return fmt::format("{} {} of the memory {}",
                               name_of(action.operation, memory_operation_names), action.entries,
                               action.compartment);
        }
        return fmt::format("remember a {} ({} bytes) in {}{}", action.kind, action.content_bytes,
                           action.compartment,
                           action.is_quarantined ? ", kept apart until reviewed" : "");
    }
    std::string operator()(const SendMessage& action) const {
        return fmt::format("{} on the channel {}{}{} ({} bytes)", action.purpose, action.channel,
                           action.conversation.empty() ? "" : " in ", action.conversation,
                           action.body_bytes);
    }
    std::string operator()(const CallTool& action) const {
        return fmt::format("call {} of the MCP server {} with {}", action.tool, action.server,
                           action.arguments);
    }
    std::string operator()(const LoadSkill& action) const {
        return fmt::format("load {} of the skill {}", action.file, action.name);
    }
    std::string operator()(const ChangeSetting& action) const {
        return fmt::format("set {} = {}", action.key, action.value);
    }
};

}  // namespace

std::string graphql_operation(std::string_view method, std::string_view target,
                              std::string_view content_type, std::string_view body) {
    const std::string_view path = target.substr(0, target.find('?'));
    // A query in the address could be the one that a server runs, and in another character set the
    // body another one.
    const bool is_endpoint =
        method == "POST" && path.ends_with("/graphql") && path.size() == target.size() &&
        (content_type == "application/json" || content_type == "application/json; charset=utf-8");
    if (!is_endpoint || body.empty()) return {};
    return wire::graphql_asked(body).substr(0, operation_bytes_max);
}

std::string_view operation_name(Remember::Operation operation) {
    return name_of(operation, memory_operation_names);
}

Json to_json(const Action& action) {
    return std::visit(
        [](const auto& held) {
            JsonObject object = members(held);
            object["effect"] = held.effect;
            return Json(std::move(object));
        },
        action);
}

Result<Action> action_from_json(const Json& json) {
    const std::string effect = TRY(wire::text_at(json, "effect"));
    Result<Action> action = fail(Code::invalid_input, fmt::format("unknown effect \"{}\"", effect));
    if (effect == ReadFile::effect) action = read_file_from(json);
    if (effect == WriteFile::effect) action = write_file_from(json);
    if (effect == RunCommand::effect) action = run_command_from(json);
    if (effect == SendHttp::effect) action = send_http_from(json);
    if (effect == Infer::effect) action = infer_from(json);
    if (effect == Connect::effect) action = connect_from(json);
    if (effect == SendMessage::effect) action = send_message_from(json);
    if (effect == LoadSkill::effect) action = load_skill_from(json);
    if (effect == CallTool::effect) action = call_tool_from(json);
    if (effect == ChangeSetting::effect) action = change_setting_from(json);
    if (effect == Recall::effect) action = recall_from(json);
    if (effect == Remember::effect) action = remember_from(json);
    // A member that nobody reads would be shown to no one and still be signed.
    if (action && !(to_json(*action) == json)) {
        return fail(Code::invalid_input, "the action has members that its kind does not know");
    }
    return action;
}

std::string digest_of(const Action& action) {
    const auto digest = crypto::sha256(base::bytes_of(wire::canonical_json(to_json(action))));
    return base::to_hex(digest);
}

std::string summary_of(const Action& action) {
    return std::visit(Line{}, action);
}

void take_facts(Circumstances& circumstances, const flow::Assessment& traced) {
    circumstances.flow = policy::flow_facts(traced);
    circumstances.findings = traced.findings;
}

Json to_json(const Circumstances& held) {
    return JsonObject{{"person", held.person},
                      {"space", held.space},
                      {"agent", held.agent},
                      {"skill", held.skill},
                      {"session", held.session},
                      {"turn", held.turn},
                      {"call", held.call},
                      {"tool", held.tool},
                      {"origin", held.origin},
                      {"project", held.project},
                      {"label", flow::to_json(held.label)},
                      {"flow", policy::to_json(held.flow)},
                      {"findings", flow::to_json(held.findings)},
                      {"approver", name_of(held.approver, approver_names)}};
}

Result<Circumstances> circumstances_from_json(const Json& json) {
    Circumstances held;
    for (auto& [key, place] : std::initializer_list<std::pair<std::string_view, std::string*>>{
             {"person", &held.person},
             {"space", &held.space},
             {"agent", &held.agent},
             {"skill", &held.skill},
             {"session", &held.session},
             {"turn", &held.turn},
             {"call", &held.call},
             {"origin", &held.origin},
             {"project", &held.project}}) {
        *place = TRY(short_text(json, key));
    }
    // An approval of before it was told has none.
    held.tool = TRY(wire::text_at_or(json, "tool", ""));
    if (held.tool.size() > tool_name_bytes_max) {
        return fail(Code::exhausted, "\"tool\" is no tool's name");
    }
    held.approver = TRY(named<Circumstances::Approver>(json, "approver", approver_names));
    const Json* label = json.find("label");
    if (label == nullptr) return fail(Code::invalid_input, "\"label\" is missing");
    held.label = TRY(flow::label_from_json(*label));
    // An approval of before facts were traced has none.
    if (const Json* flow = json.find("flow")) held.flow = TRY(policy::flow_facts_from_json(*flow));
    if (const Json* findings = json.find("findings")) {
        held.findings = TRY(flow::findings_from_json(*findings));
    }
    return held;
}

}  // namespace hs::gate
