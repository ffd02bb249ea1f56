// Question: everything that a decision is made from, as typed facts.
//
// What it is for: the enforcement point finds the facts out, policy decides on them and on nothing
// else, and the record keeps them, so that the same question gives the same answer later.
// What it does not protect from: facts that are wrong. Build targets with FactTables
// (policy/facts.h). Threads: values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "flow/label.h"
#include "policy/address.h"
#include "policy/words.h"
#include "wire/json.h"

namespace hs::policy {

// What somebody has vouched for; the defaults are what nobody has.
struct Assurance {
    bool persists = true;
    bool known_provider = false;
    base::WallTime_ms assessed_until_ms = 0;
    bool reviewed = false;
    bool operator==(const Assurance&) const = default;
};

enum class ActorKind : std::uint8_t { agent, skill, person };

// Who acts: the assistant, a skill inside it, or a person by hand.
struct Actor {
    ActorKind kind = ActorKind::agent;
    std::string name = "main";
    // Of a skill only.
    std::string agent;
    std::string publisher;
    std::string digest;
    TrustTier tier = TrustTier::tier4;
    Assurance assurance;
    bool operator==(const Actor&) const = default;
};

struct Project {
    std::string name = "none";  // the canonical path of its folder
    UseCase use = UseCase::unclassified;
    bool operator==(const Project&) const = default;
};

struct Channel {
    std::string name;
    std::string kind = "terminal";
    bool is_external = false;
    std::int64_t audience = 3;  // the highest level that everyone in it may read
    bool operator==(const Channel&) const = default;
};

struct PathTarget {
    std::string path;  // canonical, resolved where it exists
    std::string kind = "file";
    flow::DataClasses classes;
    bool is_granted = false;
    bool is_tracked = false;
    bool is_own_state = false;
    bool runs_later = false;
    bool is_in_project = false;
    std::int64_t bytes = 0;
    bool operator==(const PathTarget&) const = default;
};

struct CommandTarget {
    std::string executable;  // canonical, resolved
    std::string sha256;      // lower-case hex
    std::vector<std::string> argv;
    std::string name;
    ToolGroups groups;
    TrustTier tier = TrustTier::tier4;
    bool wants_network = false;
    bool runs_project_code = false;
    bool has_script = false;
    bool writes = true;
    flow::DataClasses touches;
    bool names_outside = false;
    bool operator==(const CommandTarget&) const = default;
};

struct HostTarget {
    std::string host;  // canonical
    std::uint16_t port = 443;
    bool is_tls = true;
    bool is_confusable = false;
    Zones zones;
    std::optional<Address> address;
    std::string method = "GET";
    std::string path = "/";
    bool has_query = false;
    std::int64_t bytes = 0;
    std::string verb;  // browse.act: click, type, select, …
    bool operator==(const HostTarget&) const = default;
};

struct ChannelTarget {
    Channel channel;
    std::int64_t bytes = 0;
    std::int64_t attachments = 0;
    bool operator==(const ChannelTarget&) const = default;
};

struct SecretTarget {
    std::string name;
    std::string space;
    std::vector<std::string> audience;  // "host:port"
    HostTarget towards;
    bool operator==(const SecretTarget&) const = default;
};

struct CompartmentTarget {
    std::string name;
    std::string space;
    flow::DataClasses classes;
    std::int64_t level = 1;
    std::int64_t bytes = 0;
    std::string project = {};       // whose it is; empty: the whole space's
    std::string operation = "add";  // of remember: add, keep, forget, expire, hold, …
    std::string kind = "fact";      // of what is remembered
    bool is_quarantined = false;    // kept apart until a person has looked at it
    bool operator==(const CompartmentTarget&) const = default;
};

struct ProviderTarget {
    std::string name;
    bool is_local = false;
    bool is_configured = false;
    bool retains = true;
    flow::DataClasses accepts;
    std::string place;
    TrustTier tier = TrustTier::tier4;
    Assurance assurance;
    std::int64_t bytes = 0;
    bool operator==(const ProviderTarget&) const = default;
};

struct SkillTarget {
    std::string name;
    std::string publisher;
    std::string digest;
    TrustTier tier = TrustTier::tier4;
    Assurance assurance;
    bool operator==(const SkillTarget&) const = default;
};

struct McpTarget {
    std::string server;
    std::string tool;
    TrustTier tier = TrustTier::tier4;
    Assurance assurance;
    bool mutates = true;
    bool destroys = true;
    bool open_world = true;
    std::int64_t bytes = 0;
    bool operator==(const McpTarget&) const = default;
};

struct SettingTarget {
    std::string key;  // dotted
    bool weakens = true;
    bool operator==(const SettingTarget&) const = default;
};

using Target =
    std::variant<PathTarget, CommandTarget, HostTarget, ChannelTarget, SecretTarget,
                 CompartmentTarget, ProviderTarget, SkillTarget, McpTarget, SettingTarget>;

// What tracing found out about the arguments; the defaults are what nobody has shown. A record of
// before a fact was known reads as its default.
struct FlowFacts {
    bool destination_endorsed = false;
    bool object_endorsed = false;
    bool content_endorsed = false;
    bool carries_context = true;
    bool has_plan = false;
    bool is_in_plan = false;
    // Of a tool with a manifest (flow/assessment.h).
    bool is_declared = false;
    std::string effect = "unknown";
    std::int64_t destination = 4;  // flow::Voucher
    std::int64_t object = 4;
    bool has_destination = true;
    bool acts_on_object = true;
    bool is_external = true;
    bool has_outsider = true;
    bool to_place = false;
    bool to_page = false;
    bool to_self = false;
    std::int64_t amount = 0;
    bool amount_endorsed = false;
    bool made_endorsed = false;
    bool foreign_link = true;
    std::int64_t content_level = 3;
    bool readers_hold = false;
    bool operator==(const FlowFacts&) const = default;
};

struct SessionCounters {
    std::int64_t calls = 0;
    std::int64_t denied = 0;
    std::int64_t approvals = 0;
    std::int64_t sent_bytes = 0;
    bool operator==(const SessionCounters&) const = default;
};

// One person's consent to exactly this action. The keeper checked the digest and the person.
inline constexpr std::string_view factor_totp = "totp";

struct Consent {
    std::string person;
    std::vector<std::string> roles;
    base::WallTime_ms at_ms = 0;
    base::WallTime_ms until_ms = 0;
    std::string reason;
    std::string factor = {};  // what the person showed besides: factor_totp, or empty
    bool operator==(const Consent&) const = default;
};

struct Question {
    Actor actor;
    std::string person;  // for whom the run acts
    std::vector<std::string> teams;
    std::string space = "personal";
    Project project;
    Channel origin;
    Effect effect = Effect::file_read;
    Target target;
    flow::Label label = flow::Label::unknown();
    FlowFacts flow;
    SessionCounters session;
    base::WallTime_ms now_ms = 0;
    bool lockdown = false;
    std::vector<std::string> unproven;    // walls that the last proof missed
    bool reachable = true;                // a person can be asked
    std::vector<std::string> exceptions;  // names in force for this question (policy/exceptions.h)
    std::string action_digest;
    std::vector<Consent> consents;
    bool operator==(const Question&) const = default;
};

inline constexpr std::size_t question_texts_max = 4096;  // argv, consents, exceptions, …
inline constexpr std::size_t question_text_bytes_max = 1U << 20U;  // of one text

wire::Json to_json(const FlowFacts& facts);
base::Result<FlowFacts> flow_facts_from_json(const wire::Json& json);

// Does the target fit the effect: a path for file.read, a command for run, …?
bool fits(Effect effect, const Target& target);

// The canonical record of a question; question_from_json gives back an equal question.
wire::Json to_json(const Question& question);
// invalid_input names the member that is missing, wrong or not known.
base::Result<Question> question_from_json(const wire::Json& json);

// The target's identity for people, exceptions and rules: a path, "host:port", an executable, …
std::string target_text(const Target& target);

}  // namespace hs::policy
