#include "gate/questions.h"

#include <fcntl.h>
#include <fmt/format.h>

#include "base/bytes.h"
#include "crypto/hash.h"
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
// references before it pushes. What counts is what the server is made to do.
policy::Effect effect_of(const SendHttp& action) {
    const std::string path = action.target.substr(0, action.target.find('?'));
    const bool fetches = action.method == "POST" && path.ends_with("/git-upload-pack") &&
                         action.content_type == "application/x-git-upload-pack-request";
    if (fetches) return policy::Effect::http_get;
    const bool pushes = action.target.find("service=git-receive-pack") != std::string::npos;
    if (pushes) return policy::Effect::http_send;
    return policy::FactTables::http_effect(action.method);
}

flow::DataClasses classes_from(const std::vector<std::string>& names) {
    flow::DataClasses classes;
    for (const auto& name : names) {
        if (const auto known = flow::data_class_from_name(name)) classes.add(*known);
    }
    return classes;
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
                                          const policy::Surroundings& around) const {
    policy::PathTarget target = tables_.path(path, kind_of(path.text()), around);
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

Result<> Questions::fill(RunCommand& action, Asked& asked, const policy::Surroundings& around) {
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
    policy::CommandTarget target =
        tables_.command({called_as, TRY(CanonicalPath::from_resolved(resolved)), sha256,
                         action.argv, TRY(CanonicalPath::from_resolved(action.working_directory))},
                        around);
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
        target.accepts = classes_from(provider->accepts);
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

Result<> Questions::begin(const Circumstances& circumstances, const policy::Surroundings& around,
                          policy::Question& question) const {
    // Without an agent it is the person who acts, by a command of their own.
    question.actor.kind =
        circumstances.agent.empty() ? policy::ActorKind::person : policy::ActorKind::agent;
    question.actor.name = circumstances.agent.empty() ? circumstances.person : circumstances.agent;
    if (!circumstances.skill.empty()) {
        return fail(Code::denied, "skills cannot act yet: none is installed");
    }
    question.person = circumstances.person;
    question.space = circumstances.space;
    if (around.project) {
        question.project.name = around.project->text();
        const policy::ProjectClass* project = governance_.project_class(*around.project);
        if (project != nullptr) question.project.use = project->use;
    }
    question.origin.name = circumstances.origin;
    question.origin.kind = circumstances.origin == "cli" ? "terminal" : circumstances.origin;
    question.label = circumstances.label;
    question.reachable = circumstances.approver == Circumstances::Approver::reachable;
    return {};
}

Result<Asked> Questions::ask(Action action, const Circumstances& circumstances) {
    Asked asked;
    const policy::Surroundings around = TRY(surroundings(circumstances));
    TRY(begin(circumstances, around, asked.question));
    if (auto* read = std::get_if<ReadFile>(&action)) TRY(fill(*read, asked, around));
    if (auto* write = std::get_if<WriteFile>(&action)) TRY(fill(*write, asked, around));
    if (auto* run = std::get_if<RunCommand>(&action)) TRY(fill(*run, asked, around));
    if (auto* http = std::get_if<SendHttp>(&action)) TRY(fill(*http, asked));
    if (auto* infer = std::get_if<Infer>(&action)) TRY(fill(*infer, asked));
    if (auto* connect = std::get_if<Connect>(&action)) TRY(fill(*connect, asked));
    if (auto* setting = std::get_if<ChangeSetting>(&action)) TRY(fill(*setting, asked));
    asked.digest = digest_of(action);
    asked.question.action_digest = asked.digest;
    asked.action = std::move(action);
    return asked;
}

}  // namespace hs::gate
