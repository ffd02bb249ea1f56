#include "gate/questions.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>

#include "base/bytes.h"
#include "crypto/hash.h"
#include "gate/channel_setting.h"
#include "gate/mcp_book.h"
#include "gate/provider_choice.h"
#include "os/file.h"

namespace hs::gate {
namespace {

using base::Code;
using base::fail;
using base::Result;
using policy::CanonicalPath;

constexpr std::size_t hashes_max = 4096;

std::string_view kind_of(const std::string& path) {
    const auto facts = os::facts_of_path(path);
    if (!facts) return "missing";
    if (facts->kind == os::FileFacts::Kind::regular) return "file";
    return facts->kind == os::FileFacts::Kind::directory ? "folder" : "other";
}

// Git's own protocol over HTTP (gitprotocol-http(5)): fetching posts what it has, and asks for
// references before it pushes; and GraphQL's queries are posted like its mutations. What counts is
// what the server is made to do.
policy::Effect effect_of(const SendHttp& action) {
    const std::string path = action.target.substr(0, action.target.find('?'));
    const bool fetches = action.method == "POST" && path.ends_with("/git-upload-pack") &&
                         action.content_type == "application/x-git-upload-pack-request";
    if (fetches || action.operation == "query") return policy::Effect::http_get;
    const bool pushes = action.target.find("service=git-receive-pack") != std::string::npos;
    if (pushes) return policy::Effect::http_send;
    return policy::FactTables::http_effect(action.method);
}

}  // namespace

Result<policy::Surroundings> Questions::surroundings(const Circumstances& circumstances) const {
    policy::Surroundings around;
    for (const auto& folder : places_.own_folders) {
        around.own_folders.push_back(TRY(CanonicalPath::from_text(folder)));
    }
    for (const auto& root : places_.roots) {
        around.granted_roots.push_back(TRY(CanonicalPath::from_text(root)));
    }
    if (!places_.home.empty()) around.home = TRY(CanonicalPath::from_text(places_.home));
    if (!circumstances.project.empty()) {
        around.project = TRY(CanonicalPath::from_text(circumstances.project));
        around.granted_roots.push_back(*around.project);
    }
    return around;
}

Result<std::string> Questions::hash_of(const std::string& path) {
    const os::Fd fd = TRY(os::open_file(path, O_RDONLY | O_NONBLOCK));
    const os::FileFacts facts = TRY(os::facts_of(fd.get()));
    if (facts.kind != os::FileFacts::Kind::regular) {
        return fail(Code::invalid_input, fmt::format("{} is no regular file", path));
    }
    const auto found = hashes_.find(path);
    if (found != hashes_.end()) {
        const Known& known = found->second;
        // The change time cannot be set back by the file's owner, so equal facts mean equal bytes.
        if (known.device == facts.device && known.inode == facts.inode &&
            known.size_bytes == facts.size_bytes && known.modified_ns == facts.modified_ns &&
            known.changed_ns == facts.changed_ns) {
            return known.sha256;
        }
    }
    const auto digest = TRY(crypto::sha256_of_descriptor(fd.get(), executable_bytes_max));
    std::string sha256 = base::to_hex(digest);
    if (hashes_.size() >= hashes_max) hashes_.clear();
    hashes_[path] = {facts.device,      facts.inode,      facts.size_bytes,
                     facts.modified_ns, facts.changed_ns, sha256};
    return sha256;
}

// A folder of another class inside the project is another project.
policy::PathTarget Questions::path_target(const CanonicalPath& path,
                                          const policy::Surroundings& around) {
    const bool tracked = around.project && tracked_.knows(*around.project, path);
    policy::PathTarget target =
        tables_.path(path, kind_of(path.text()), around,
                     tracked ? policy::Tracking::tracked : policy::Tracking::untracked);
    if (!target.is_in_project) return target;
    const policy::ProjectClass* own = governance_.project_class(*around.project);
    const policy::ProjectClass* nearest = governance_.project_class(path);
    const auto use_of = [](const policy::ProjectClass* project) {
        return project != nullptr ? project->use : policy::UseCase::unclassified;
    };
    target.is_in_project = use_of(own) == use_of(nearest);
    return target;
}

Result<> Questions::fill(const ReadFile& action, Asked& asked, const policy::Surroundings& around) {
    asked.question.effect = policy::Effect::file_read;
    asked.question.target = path_target(TRY(CanonicalPath::from_resolved(action.path)), around);
    return {};
}

Result<> Questions::fill(const WriteFile& action, Asked& asked,
                         const policy::Surroundings& around) {
    asked.question.effect = action.operation == WriteFile::Operation::remove
                                ? policy::Effect::file_delete
                                : policy::Effect::file_write;
    policy::PathTarget target = path_target(TRY(CanonicalPath::from_resolved(action.path)), around);
    target.bytes = static_cast<std::int64_t>(action.content_bytes);
    asked.question.target = std::move(target);
    return {};
}

// A script of the skill that acts comes into the sandbox as its bytes: that they are kept in
// Hardshell's own folder makes them nobody's secret. As if it lay where the command runs.
std::vector<std::string> Questions::judged_argv(const RunCommand& action,
                                                const std::string& skill) const {
    std::vector<std::string> argv = action.argv;
    if (skill.empty() || skills_ == nullptr || action.scripts.empty()) return argv;
    const auto acting = skills_->find(skill);
    if (!acting) return argv;
    for (const auto& script : action.scripts) {
        if (!skills_->holds(*acting, script)) continue;
        const std::string name = script.path.substr(script.path.rfind('/') + 1);
        std::replace(argv.begin(), argv.end(), script.path, action.working_directory + "/" + name);
    }
    return argv;
}

Result<> Questions::fill(RunCommand& action, const std::string& skill, Asked& asked,
                         const policy::Surroundings& around) {
    asked.question.effect = policy::Effect::run;
    const auto called_as = TRY(CanonicalPath::from_text(action.executable));
    const std::string resolved = TRY(os::resolve_path(called_as.text()));
    const std::string sha256 = TRY(hash_of(resolved));
    if (!action.executable_sha256.empty() && action.executable_sha256 != sha256) {
        return fail(Code::conflict, fmt::format("{} is not the program that was meant: its bytes "
                                                "have changed; ask again",
                                                action.executable));
    }
    action.executable_sha256 = sha256;
    asked.resolved_executable = resolved;
    policy::CommandTarget target = tables_.command(
        {called_as, TRY(CanonicalPath::from_resolved(resolved)), sha256, judged_argv(action, skill),
         TRY(CanonicalPath::from_resolved(action.working_directory))},
        around);
    target.argv = action.argv;
    if (resolved == places_.reader && action.scripts.empty()) {
        // Our own program, which only turns its standard input into text on standard output.
        target.groups = {policy::ToolGroup::inspect};
        target.tier = policy::TrustTier::builtin;
        target.touches = {};
        target.writes = target.runs_project_code = target.has_script = false;
        target.names_outside = target.wants_network = false;
    }
    const policy::Item item{policy::ItemKind::tool, resolved};
    if (const auto standing = governance_.standing(item, sha256, clock_.wall_ms())) {
        target.tier = standing->tier;
    }
    asked.question.target = std::move(target);
    for (const auto& script : action.scripts) {
        if (TRY(hash_of(script.path)) != script.sha256) {
            return fail(Code::conflict,
                        fmt::format("the script {} has changed; ask again", script.path));
        }
    }
    return {};
}

Result<> Questions::fill(const SendHttp& action, Asked& asked) {
    asked.question.effect = effect_of(action);
    policy::HttpAim aim;
    aim.at.host = TRY(policy::canonical_host(action.host));
    aim.at.port = action.port;
    aim.is_tls = action.scheme == "https";
    aim.method = action.method;
    const std::size_t query = action.target.find('?');
    aim.path = action.target.substr(0, query);
    aim.has_query = query != std::string::npos;
    aim.bytes = static_cast<std::int64_t>(action.body_bytes);
    aim.address = aim.at.host.address;
    asked.question.target = tables_.host(aim);
    return {};
}

Result<> Questions::fill(const Infer& action, Asked& asked) {
    policy::ProviderTarget target;
    target.name = action.provider;
    target.bytes = static_cast<std::int64_t>(action.body_bytes);
    if (const ProviderSetting* provider = settings_.provider(action.provider)) {
        target.is_configured = true;
        target.is_local = provider->local;
        target.retains = provider->retains;
        target.accepts = accepted_by(*provider);
        target.place = provider->place;
        // As it goes out; the record of the call has the whole label too.
        flow::DataClasses& classes = asked.question.label.classes;
        classes = left_after(*provider, classes, action);
        // Until somebody vouches for it, a provider is none that is known.
        target.tier = provider->local ? policy::TrustTier::tier1 : policy::TrustTier::tier2;
        target.assurance.known_provider = provider->local;
        const policy::Item item{policy::ItemKind::provider, action.provider};
        const auto standing = governance_.standing(item, provider->model, clock_.wall_ms());
        if (standing) {
            target.tier = standing->tier;
            target.assurance = standing->assurance;
        }
    }
    if (!target.is_configured) {
        return fail(Code::not_found,
                    fmt::format("the provider {} is not configured; see: hardshell "
                                "config explain provider",
                                action.provider));
    }
    asked.question.effect =
        target.is_local ? policy::Effect::infer_local : policy::Effect::infer_remote;
    asked.question.target = std::move(target);
    return {};
}

Result<> Questions::fill(const Connect& action, Asked& asked) {
    asked.question.effect = policy::Effect::connect;
    policy::HttpAim aim;
    aim.at.host = TRY(policy::canonical_host(action.host));
    aim.at.port = action.port;
    aim.is_tls = action.is_tls;
    aim.address = aim.at.host.address;
    asked.question.target = tables_.host(aim);
    return {};
}

Result<> Questions::fill(const ChangeSetting& action, Asked& asked) {
    asked.question.effect = policy::Effect::configure;
    asked.question.target = policy::SettingTarget{action.key, true};
    return {};
}

// Where somebody speaks, and where an answer goes: the same words for both, so that a rule can say
// that they are the same place.
policy::Channel Questions::channel_named(const std::string& name) const {
    policy::Channel channel;
    channel.name = name;
    channel.kind = name == "cli" ? "terminal" : name;
    const std::string own = channel_of_origin(name);
    const auto* kind = settings_.find("channel." + own + ".kind");
    if (kind != nullptr && kind->value.text() != nullptr) channel.kind = *kind->value.text();
    const std::string listed = "channel." + own + ".groups";
    const bool has_groups = own.size() < name.size() && settings_.find(listed) != nullptr;
    if (!has_groups) return channel;
    ChannelSetting groups;
    for (const auto& text : settings_.texts(listed)) {
        if (const auto group = channel_group(text)) groups.groups.push_back(*group);
    }
    if (const ChannelGroup* group = group_of(groups, name.substr(own.size() + 1))) {
        channel.audience = flow::level_of(group->data_class);
        channel.is_external = group->is_external;
    }
    return channel;
}

Result<> Questions::fill(const SendMessage& action, Asked& asked) {
    asked.question.effect = policy::Effect::message;
    if (settings_.find("channel." + action.channel + ".kind") == nullptr) {
        return fail(Code::not_found,
                    fmt::format("the channel {} is not configured; see: hardshell channel list",
                                action.channel));
    }
    policy::ChannelTarget target;
    target.channel = channel_named(
        action.conversation.empty() ? action.channel : action.channel + "/" + action.conversation);
    target.bytes = static_cast<std::int64_t>(action.body_bytes);
    asked.question.target = std::move(target);
    return {};
}

Result<> Questions::fill(const LoadSkill& action, Asked& asked) {
    asked.question.effect = policy::Effect::skill_load;
    policy::SkillTarget target;
    target.name = action.name;
    target.digest = action.digest;
    target.tier = policy::TrustTier::blocked;
    const auto skill = skills_ != nullptr
                           ? skills_->find(action.name)
                           : Result<skills::Loaded>(fail(Code::denied, "no skill is installed"));
    if (!skill) {
        asked.refused = skill.error().what;
    } else if (skill->entry.digest != action.digest) {
        asked.refused = "the skill is not the version that is installed; ask again";
    } else {
        target.tier = skill->standing.tier;
        asked.ends_memory = skill->manifest().no_memory;
        asked.refused = SkillBook::refused_loading(*skill, asked.question.label.classes);
    }
    asked.question.target = std::move(target);
    return {};
}

bool Questions::knows_mcp_server(std::string_view name) const {
    return settings_.find(fmt::format("mcp.{}.command", name)) != nullptr;
}

// Who vouches for a server vouches for the tools that it had then: with other definitions it is
// another one.
Result<> Questions::fill(const CallTool& action, Asked& asked) {
    asked.question.effect = policy::Effect::mcp_call;
    if (!knows_mcp_server(action.server)) {
        return fail(Code::not_found,
                    fmt::format("the MCP server {} is not configured; see: hardshell mcp list",
                                action.server));
    }
    const McpBook::Accepted* accepted =
        accepted_ != nullptr ? accepted_->find(action.server) : nullptr;
    if (accepted == nullptr || accepted->digest != action.definitions) {
        asked.refused = fmt::format(
            "the tools of the MCP server {} are {}; look at them and accept them with: hardshell "
            "mcp accept {}",
            action.server,
            accepted == nullptr ? "accepted by nobody yet" : "not those that were accepted",
            action.server);
    }
    policy::McpTarget target;
    target.server = action.server;
    target.tool = action.tool;
    target.bytes = static_cast<std::int64_t>(action.arguments.size());
    const policy::Item item{policy::ItemKind::mcp, action.server};
    if (const auto standing = governance_.standing(item, action.definitions, clock_.wall_ms())) {
        target.tier = standing->tier;
        target.assurance = standing->assurance;
    }
    const flow::Connector* connector =
        connectors_ != nullptr ? TRY(connectors_->of(action.server)) : nullptr;
    const flow::ToolManifest* tool = connector != nullptr ? connector->find(action.tool) : nullptr;
    if (tool != nullptr && tool->is_declared()) {
        target.mutates = tool->writes();
        target.destroys = tool->effect == flow::ToolEffect::destroy;
        target.open_world = tool->effect == flow::ToolEffect::fetch || tool->writes();
    }
    asked.question.target = std::move(target);
    return {};
}

void Questions::act_as_skill(const Circumstances& circumstances, const Action& action,
                             Asked& asked) {
    const auto skill = skills_ != nullptr
                           ? skills_->find(circumstances.skill)
                           : Result<skills::Loaded>(fail(Code::denied, "no skill is installed"));
    if (!skill) {
        asked.refused = skill.error().what;
        return;
    }
    asked.question.actor = skills_->actor(*skill, circumstances.agent);
    const std::string refused = skills_->refusal(*skill, action, circumstances, asked.question);
    if (asked.refused.empty()) asked.refused = refused;
}

Result<> Questions::begin(const Circumstances& circumstances, const policy::Surroundings& around,
                          policy::Question& question) const {
    // Without an agent it is the person who acts, by a command of their own.
    question.actor.kind =
        circumstances.agent.empty() ? policy::ActorKind::person : policy::ActorKind::agent;
    question.actor.name = circumstances.agent.empty() ? circumstances.person : circumstances.agent;
    if (!circumstances.skill.empty()) {
        question.actor.kind = policy::ActorKind::skill;
        question.actor.name = circumstances.skill;
        question.actor.agent = circumstances.agent;
        question.actor.tier = policy::TrustTier::blocked;  // until the store vouches for it
    }
    question.person = circumstances.person;
    question.space = circumstances.space;
    if (around.project) {
        question.project.name = around.project->text();
        const policy::ProjectClass* project = governance_.project_class(*around.project);
        if (project != nullptr) question.project.use = project->use;
    }
    question.origin = channel_named(circumstances.origin);
    question.label = circumstances.label;
    question.lockdown = lockdown_;
    if (walls_ != nullptr) question.unproven = walls_->unproven();
    question.flow = circumstances.flow;
    question.reachable = circumstances.approver == Circumstances::Approver::reachable;
    return {};
}

Result<Asked> Questions::ask(Action action, const Circumstances& circumstances) {
    Asked asked;
    const policy::Surroundings around = TRY(surroundings(circumstances));
    TRY(begin(circumstances, around, asked.question));
    if (auto* read = std::get_if<ReadFile>(&action)) TRY(fill(*read, asked, around));
    if (auto* write = std::get_if<WriteFile>(&action)) TRY(fill(*write, asked, around));
    if (auto* run = std::get_if<RunCommand>(&action)) {
        TRY(fill(*run, circumstances.skill, asked, around));
    }
    if (auto* http = std::get_if<SendHttp>(&action)) TRY(fill(*http, asked));
    if (auto* infer = std::get_if<Infer>(&action)) TRY(fill(*infer, asked));
    if (auto* connect = std::get_if<Connect>(&action)) TRY(fill(*connect, asked));
    if (auto* message = std::get_if<SendMessage>(&action)) TRY(fill(*message, asked));
    if (auto* setting = std::get_if<ChangeSetting>(&action)) TRY(fill(*setting, asked));
    if (auto* recall = std::get_if<Recall>(&action)) TRY(fill(*recall, asked, around));
    if (auto* remember = std::get_if<Remember>(&action)) TRY(fill(*remember, asked, around));
    if (auto* load = std::get_if<LoadSkill>(&action)) TRY(fill(*load, asked));
    if (auto* call = std::get_if<CallTool>(&action)) TRY(fill(*call, asked));
    if (!circumstances.skill.empty()) act_as_skill(circumstances, action, asked);
    if (plans_ != nullptr) {
        asked.plan = plans_->mark(action, circumstances.session, asked.question.flow);
        // Part of fetching a page, which is decided by itself.
        const bool reads = asked.resolved_executable == places_.reader && !places_.reader.empty();
        if (reads) asked.question.flow.is_in_plan = asked.question.flow.has_plan;
    }
    asked.text = wire::canonical_json(to_json(action));
    asked.digest = base::to_hex(crypto::sha256(base::bytes_of(asked.text)));
    asked.question.action_digest = asked.digest;
    asked.action = std::move(action);
    return asked;
}

}  // namespace hs::gate
