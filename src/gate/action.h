// Actions: what policy decides, what a person approves and what a Permit allows. One struct for
// each kind of effect, with one canonical JSON form whose SHA-256 is the action's digest.
//
// What it does not protect from: a struct whose fields do not describe the whole effect. Whatever
// changes what happens must be a field here, because only fields are approved.
// Threads: values.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "flow/assessment.h"
#include "flow/label.h"
#include "policy/question.h"
#include "wire/json.h"

namespace hs::gate {

// Who asks and in which circumstances. Time, lockdown, counters, zones and hashes of executables
// are not here: the keeper finds those out itself.
struct Circumstances {
    enum class Approver : std::uint8_t { nobody, reachable };
    std::string person;   // stable id of the person for whom the run acts
    std::string space;    // "personal", "work", …
    std::string agent;    // "main"
    std::string skill;    // empty outside a skill
    std::string session;  // ids of this program, empty where there is none
    std::string turn;
    std::string call;
    std::string tool;             // that asks, by its name; a skill acts through tools only
    std::string origin;           // the channel: "cli", "api"
    std::string project;          // canonical path of the project's folder, empty outside one
    flow::Label label;            // join of all that the action's arguments derive from
    policy::FlowFacts flow = {};  // traced for the call's arguments; nothing shown by default
    std::vector<flow::Finding> findings = {};  // what a person is told of them
    Approver approver = Approver::reachable;
};

// Looks at one file or folder. The path is canonical (policy/canonical_path.h).
struct ReadFile {
    enum class What : std::uint8_t { content, listing, search };
    static constexpr std::string_view effect = "file.read";
    std::string path;
    What what = What::content;
};

// Changes one file. Digests are lower-case hex SHA-256; before_sha256 is empty for a new file.
struct WriteFile {
    enum class Operation : std::uint8_t { create, replace, remove, restore };
    static constexpr std::string_view effect = "file.write";
    std::string path;
    Operation operation = Operation::create;
    std::string content_sha256;  // empty for remove
    std::uint64_t content_bytes = 0;
    std::string before_sha256;
};

// Starts one program in a sandbox. Never a shell string: argv, and scripts by hash.
struct RunCommand {
    struct Script {
        std::string path;  // the operand that names it, resolved
        std::string sha256;
    };
    static constexpr std::string_view effect = "run";
    std::string executable;         // resolved absolute path
    std::string executable_sha256;  // filled in and checked by the keeper
    std::vector<std::string> argv;
    std::string working_directory;
    std::vector<Script> scripts;
    std::int64_t wall_ms = 0;   // asked; the profile's limit may be lower
    std::string profile;        // asked; empty: the one that policy obliges to. Never a wider one.
    bool has_terminal = false;  // a terminal of the sandbox's own is its standard input and output
};

// One HTTP exchange with a host outside. Each redirect is an action of its own.
struct SendHttp {
    static constexpr std::string_view effect = "http";
    std::string method;
    std::string scheme;  // "http" or "https"
    std::string host;    // canonical
    std::uint16_t port = 0;
    std::string target;  // path and query
    std::string content_type;
    std::string body_sha256;  // empty without a body
    std::uint64_t body_bytes = 0;
    // Of a GraphQL request, what its body asks for (wire/graphql.h): "query", "mutation
    // createIssue". Empty for everything else, and where it cannot be told.
    std::string operation = {};
};

// What wire/graphql.h says of a body that goes to a GraphQL endpoint; empty for every other
// request.
std::string graphql_operation(std::string_view method, std::string_view target,
                              std::string_view content_type, std::string_view body);

// One call of a language model. The provider's place comes from configuration, not from here.
struct Infer {
    static constexpr std::string_view effect = "infer";
    std::string provider;  // its name in configuration
    std::string model;
    std::string target;  // path and query
    std::string body_sha256;
    std::uint64_t body_bytes = 0;
    // How many values in it were replaced by placeholders.
    std::int64_t secrets_replaced = 0;
    std::int64_t personal_replaced = 0;
    // Pieces of these classes in which nothing of the class was found to be replaced.
    std::int64_t credential_pieces_left = 0;
    std::int64_t personal_pieces_left = 0;
};

// Changes one value of the configuration.
struct ChangeSetting {
    static constexpr std::string_view effect = "configure";
    std::string key;
    std::string value;
};

// A connection of a sandboxed program that is not looked into: TLS end to end, or no HTTP.
struct Connect {
    static constexpr std::string_view effect = "connect";
    std::string host;  // canonical
    std::uint16_t port = 0;
    bool is_tls = true;
    std::string program;  // what the sandbox was started for
};

// Looks into one compartment of the memory. Its Permit carries the compartment's key.
struct Recall {
    static constexpr std::string_view effect = "recall";
    std::string compartment;   // gate/compartment.h
    std::string query_sha256;  // HMAC of what is looked for, key of the run; empty: to list
};

// Changes one compartment of the memory. Its Permit carries the compartment's key. The text itself
// is not here, because what is in the log cannot be forgotten.
struct Remember {
    enum class Operation : std::uint8_t { add, keep, forget, expire, hold, rekey, restore };
    static constexpr std::string_view effect = "remember";
    std::string compartment;
    Operation operation = Operation::add;
    std::string kind;            // of an added entry: "fact", "preference", …; else empty
    std::string content_sha256;  // of salt and text; of what is not one entry: of the sorted ids
    std::uint64_t content_bytes = 0;
    std::uint64_t entries = 1;
    bool is_quarantined = false;
};

// One exchange with a chat platform: a message that goes out, or the connection on which they come
// in. Which host a channel may reach and with which secret comes from configuration.
struct SendMessage {
    // lines: IMAP. letter: nothing is sent, but the key of a mail's domain is looked up. submit:
    // one mail to one address.
    enum class Carrier : std::uint8_t { http, websocket, lines, listen, letter, submit };
    static constexpr std::string_view effect = "message";
    std::string channel;       // its name in configuration
    std::string conversation;  // the platform's id of where it is said; empty: nowhere yet
    std::string purpose;       // in a word: "connect", "receive", "send", "update"
    Carrier carrier = Carrier::http;
    std::string method;
    std::string scheme;  // "http" or "https"
    std::string host;    // canonical
    std::uint16_t port = 0;
    std::string target;  // path and query, with egress's place for a credential in a path
    std::string content_type;
    std::string body_sha256;  // empty without a body
    std::uint64_t body_bytes = 0;
    std::string credential;  // the setting that names its secret; empty: none
};

// Gives the assistant a skill's text, or one of its other files. From then on the turn acts as it.
struct LoadSkill {
    static constexpr std::string_view effect = "skill.load";
    std::string name;
    std::string digest;  // of its folder, lower-case hex SHA-256
    std::string file;    // "SKILL.md" or another one of it
};

// Calls a tool of an MCP server. What the server may touch is held by its own sandbox; this is what
// it is asked to do.
struct CallTool {
    static constexpr std::string_view effect = "mcp.call";
    static constexpr std::size_t arguments_bytes_max = std::size_t{64} << 10U;
    std::string server;       // its name in configuration
    std::string tool;         // as the server names it
    std::string definitions;  // SHA-256 of the tools' definitions that a person has accepted
    std::string arguments;    // canonical JSON, an object
};

using Action = std::variant<ReadFile, WriteFile, RunCommand, SendHttp, Infer, ChangeSetting,
                            Connect, Recall, Remember, SendMessage, LoadSkill, CallTool>;

std::string_view operation_name(Remember::Operation operation);

// The canonical form: an object whose member "effect" names the kind.
wire::Json to_json(const Action& action);
// invalid_input names the member that is missing or wrong.
base::Result<Action> action_from_json(const wire::Json& json);
// SHA-256 of canonical_json(to_json(action)), lower-case hex.
std::string digest_of(const Action& action);
// One line for a person: what would happen, to what.
std::string summary_of(const Action& action);

// The facts of a call, as they were traced for its arguments.
void take_facts(Circumstances& circumstances, const flow::Assessment& traced);

wire::Json to_json(const Circumstances& circumstances);
base::Result<Circumstances> circumstances_from_json(const wire::Json& json);

}  // namespace hs::gate
