// Questions in words and from the record: what `hardshell policy try`, `allow` and `exception` ask.

#include <fmt/format.h>

#include "gate/compartment.h"
#include "gate/questions.h"
#include "os/file.h"
#include "wire/url.h"

namespace hs::gate {
namespace {

using base::Code;
using base::fail;
using base::Result;
using policy::CanonicalPath;

// The same folders in which the command tool looks for programs.
constexpr std::string_view program_folders[] = {"/usr/local/bin", "/usr/bin", "/bin", "/usr/sbin",
                                                "/sbin"};

struct Split {
    std::string verb;
    std::string rest;
};

Split split(std::string_view words) {
    while (words.starts_with(' ')) words.remove_prefix(1);
    const std::size_t space = std::min(words.find(' '), words.size());
    std::string_view rest = words.substr(std::min(space + 1, words.size()));
    while (rest.starts_with(' ')) rest.remove_prefix(1);
    while (rest.ends_with(' ')) rest.remove_suffix(1);
    return {std::string(words.substr(0, space)), std::string(rest)};
}

// Where the kernel would go: links are followed as far as the path exists.
std::string resolved(const std::string& path) {
    if (const auto whole = os::resolve_path(path)) return *whole;
    const std::size_t slash = path.rfind('/');
    if (slash == std::string::npos || slash == 0) return path;
    const auto folder = os::resolve_path(path.substr(0, slash));
    return folder ? *folder + path.substr(slash) : path;
}

Result<std::string> path_of(const std::string& text, const std::string& home,
                            const Circumstances& circumstances) {
    std::string whole = text;
    if (text.starts_with("~/")) whole = home + text.substr(1);
    if (!whole.starts_with('/')) {
        whole = (circumstances.project.empty() ? home : circumstances.project) + "/" + whole;
    }
    const auto lexical = TRY(CanonicalPath::from_text(whole));
    return TRY(CanonicalPath::from_text(resolved(lexical.text()))).text();
}

std::string program_of(const std::string& name, const Circumstances& circumstances) {
    if (name.find('/') != std::string::npos) {
        return name.starts_with('/') ? name : circumstances.project + "/" + name;
    }
    for (const std::string_view folder : program_folders) {
        std::string path = fmt::format("{}/{}", folder, name);
        if (os::resolve_path(path)) return path;
    }
    return "";
}

Result<Action> http_of(const std::string& method, const std::string& text) {
    const wire::Url url = TRY(wire::parse_url(text));
    SendHttp http;
    http.method = method;
    http.scheme = url.scheme == wire::Scheme::https ? "https" : "http";
    http.host = url.host;
    http.port = url.port;
    http.target = url.path;
    if (url.has_query) http.target += "?" + url.query;
    return Action(std::move(http));
}

// The kind of item that a verb is about, where somebody can vouch for one.
std::optional<policy::Item> item_of(std::string_view verb, const std::string& rest) {
    if (verb == "skill") return policy::Item{policy::ItemKind::skill, rest};
    if (verb == "call") return policy::Item{policy::ItemKind::mcp, rest.substr(0, rest.find('/'))};
    return std::nullopt;
}

}  // namespace

// not_found for words that are no action of the gate itself.
Result<Action> Questions::action_of_words(std::string_view verb, const std::string& rest,
                                          const Circumstances& circumstances) const {
    if (verb == "read" || verb == "list") {
        return Action(ReadFile{TRY(path_of(rest, places_.home, circumstances)),
                               verb == "read" ? ReadFile::What::content : ReadFile::What::listing});
    }
    if (verb == "write" || verb == "delete") {
        WriteFile write;
        write.path = TRY(path_of(rest, places_.home, circumstances));
        const bool is_new = !os::facts_of_path(write.path);
        write.operation = verb == "delete" ? WriteFile::Operation::remove
                          : is_new         ? WriteFile::Operation::create
                                           : WriteFile::Operation::replace;
        return Action(std::move(write));
    }
    if (verb == "run") {
        RunCommand run;
        run.argv = TRY(policy::split_command(rest));
        run.executable = program_of(run.argv[0], circumstances);
        run.working_directory =
            circumstances.project.empty() ? places_.home : circumstances.project;
        if (run.executable.empty() || !os::resolve_path(run.executable)) {
            return fail(Code::not_found, "there is no such program");
        }
        return Action(std::move(run));
    }
    if (verb == "get") return http_of("GET", rest);
    if (verb == "send") {
        const Split parts = split(rest);
        return http_of(parts.verb, parts.rest);
    }
    if (verb == "infer" && settings_.provider(rest) != nullptr) {
        Infer infer;
        infer.provider = rest;
        return Action(std::move(infer));
    }
    if (verb == "set") return Action(ChangeSetting{rest, ""});
    return fail(Code::not_found, "no action of the gate itself");
}

// The circumstances for words that policy/trial.h turns into a question.
Result<policy::Given> Questions::given(std::string_view verb, const std::string& rest,
                                       const Circumstances& circumstances) const {
    policy::Given given;
    given.around = TRY(surroundings(circumstances));
    TRY(begin(circumstances, given.around, given.like));
    if (given.around.project) given.working_directory = *given.around.project;
    if (const auto item = item_of(verb, rest)) {
        if (const auto standing = governance_.standing(*item, "", clock_.wall_ms())) {
            given.tier = standing->tier;
            given.assurance = standing->assurance;
        }
    }
    return given;
}

Result<policy::Question> Questions::ask_words(std::string_view words,
                                              const Circumstances& circumstances) {
    const auto [verb, rest] = split(words);
    Result<Action> action =
        rest.empty() ? fail(Code::not_found, "") : action_of_words(verb, rest, circumstances);
    if (action) {
        policy::Question question = TRY(ask(*std::move(action), circumstances)).question;
        question.now_ms = clock_.wall_ms();
        return question;
    }
    if (action.error().code != Code::not_found) return action.failure();
    policy::Given around = TRY(given(verb, rest, circumstances));
    around.like.now_ms = clock_.wall_ms();
    return policy::question_of(words, around, tables_, policy::ExceptionTable());
}

Result<Asked> Questions::ask_again(const wire::Json& recorded) {
    const wire::Json* action = recorded.find("action");
    const wire::Json* before = recorded.find("question");
    if (action == nullptr || before == nullptr) {
        return fail(Code::invalid_input, "the record holds no action with its question");
    }
    const policy::Question question = TRY(policy::question_from_json(*before));
    Circumstances circumstances;
    circumstances.person = question.person;
    circumstances.space = question.space;
    if (question.actor.kind == policy::ActorKind::agent) circumstances.agent = question.actor.name;
    if (question.project.name != "none") circumstances.project = question.project.name;
    circumstances.origin = question.origin.name;
    circumstances.label = question.label;
    Asked asked = TRY(ask(TRY(action_from_json(*action)), circumstances));
    asked.question.flow = question.flow;
    asked.question.now_ms = clock_.wall_ms();
    return asked;
}

policy::Question Questions::ask_change(std::string_view person, std::string_view requester,
                                       std::string_view key, bool weakens) const {
    policy::Question question;
    question.actor.kind = policy::ActorKind::person;
    question.actor.name = person;
    question.person = requester;
    question.space = settings_.text("space.name");
    question.origin.name = "cli";
    question.effect = policy::Effect::policy_change;
    question.target = policy::SettingTarget{std::string(key), weakens};
    question.label = flow::Label::of_person(person);
    question.lockdown = lockdown_;
    question.now_ms = clock_.wall_ms();
    return question;
}

// Which project a compartment is of is known by its tag alone: the conversation's own, or another.
Result<policy::CompartmentTarget> Questions::compartment_target(
    const std::string& name, const policy::Surroundings& around) const {
    const CompartmentName compartment = TRY(CompartmentName::parse(name));
    policy::CompartmentTarget target;
    target.name = name;
    target.space = compartment.space;
    target.classes = compartment.classes();
    target.level = compartment.level();
    if (compartment.project.empty()) return target;
    const bool is_own =
        around.project && project_tag(around.project->text()) == compartment.project;
    target.project = is_own ? around.project->text() : "project " + compartment.project;
    return target;
}

Result<> Questions::fill(const Recall& action, Asked& asked, const policy::Surroundings& around) {
    asked.question.effect = policy::Effect::recall;
    asked.question.target = TRY(compartment_target(action.compartment, around));
    return {};
}

Result<> Questions::fill(const Remember& action, Asked& asked, const policy::Surroundings& around) {
    asked.question.effect = policy::Effect::remember;
    policy::CompartmentTarget target = TRY(compartment_target(action.compartment, around));
    target.operation = operation_name(action.operation);
    target.kind = action.kind;
    target.is_quarantined = action.is_quarantined;
    target.bytes = static_cast<std::int64_t>(action.content_bytes);
    asked.question.target = std::move(target);
    return {};
}

}  // namespace hs::gate
