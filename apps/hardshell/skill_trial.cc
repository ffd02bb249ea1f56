// skill try: runs the scripts of an installed skill, enabled or not, on a copy of itself in the
// recording sandbox, and keeps what they asked for beside the installation.
#include <fmt/format.h>

#include <algorithm>

#include "hardshell/incoming.h"
#include "hardshell/sandboxed.h"
#include "hardshell/skill_desk.h"
#include "os/file.h"
#include "skills/propose.h"
#include "skills/script.h"

namespace hs::cli {

using base::Code;
using base::fail;
using base::Result;
using wire::Json;
using wire::JsonArray;
using wire::JsonObject;

namespace {

constexpr std::size_t scripts_max = 16;
constexpr std::int64_t run_ms = 60'000;

Result<std::vector<std::string>> scripts_of(const Desk& desk, const skills::Loaded& skill) {
    const std::string& wanted = desk.options.skill.script;
    if (!wanted.empty() && skill.tree.find(wanted) == nullptr) {
        return fail(Code::not_found,
                    fmt::format("the skill {} has no file {}", skill.entry.name, wanted));
    }
    if (!wanted.empty()) return std::vector<std::string>{wanted};
    std::vector<std::string> scripts;
    for (const auto& file : skill.tree.files) {
        if (scripts.size() < scripts_max && skills::interpreter_of(file.path))
            scripts.push_back(file.path);
    }
    if (scripts.empty()) {
        return fail(Code::not_found, fmt::format("the skill {} has no scripts to try; its text "
                                                 "alone says what it needs: hardshell skill show "
                                                 "{}",
                                                 skill.entry.name, skill.entry.name));
    }
    return scripts;
}

Result<> copy_into(const std::string& folder, const skills::Tree& tree) {
    for (const auto& file : tree.files) {
        const std::string path = folder + "/" + file.path;
        TRY(os::make_folders(path.substr(0, path.rfind('/')), 0700));
        TRY(os::write_file_atomic(path, file.bytes, file.is_executable ? 0700 : 0600));
    }
    return {};
}

// Each script begins with a copy that no other one has changed.
Result<Sandboxed> try_script(const Desk& desk, const skills::Tree& tree, const Incoming& incoming,
                             const std::string& script) {
    TRY(copy_into(incoming.path(), tree));
    const std::string program = TRY(skills::interpreter_of(script));
    SandboxedWish wish;
    wish.executable = TRY(system_program(program));
    wish.argv = {program, incoming.path() + "/" + script};
    wish.argv.insert(wish.argv.end(), desk.options.words.begin(), desk.options.words.end());
    wish.working_directory = incoming.path();
    wish.project = incoming.path();
    wish.profile = "recorded";
    wish.wall_ms = run_ms;
    wish.bad_end = SandboxedWish::BadEnd::told;
    return run_in_sandbox(desk, wish);
}

}  // namespace

Result<int> run_skill_try(const Desk& desk) {
    skills::Store store = TRY(open_skills(desk));
    const skills::Loaded skill = TRY(load_skill(desk, desk.options.text));
    if (skill.entry.is_builtin) {
        return fail(
            Code::invalid_input,
            fmt::format("{} is part of Hardshell and declares what it needs", skill.entry.name));
    }
    std::vector<std::string> own_files;
    for (const auto& file : skill.tree.files) own_files.push_back(file.path);
    skills::Trial trial;
    trial.at_ms = now_ms();
    Json runs{JsonArray{}};
    for (const auto& script : TRY(scripts_of(desk, skill))) {
        const Incoming incoming = TRY(Incoming::make(desk.places));
        const Sandboxed done = TRY(try_script(desk, skill.tree, incoming, script));
        const Json* attempts = done.outcome.find("attempts");
        if (attempts != nullptr) trial.add(*attempts, incoming.path(), own_files);
        runs.push(JsonObject{{"script", script}, {"ending", text_in(done.outcome, "text")}});
        if (desk.screen.form() == Form::text)
            desk.screen.line(fmt::format("{}: {}", script, text_in(done.outcome, "text")));
    }
    TRY(store.note_trial(skill.entry.name, trial));
    const auto proposed = skills::propose_manifest(skill.card, skill.tree, &trial);
    if (desk.screen.form() == Form::json) {
        desk.screen.json(JsonObject{{"name", skill.entry.name},
                                    {"runs", std::move(runs)},
                                    {"trial", to_json(trial)},
                                    {"proposed", to_json(proposed)}});
        return exit_done;
    }
    for (const auto& line : trial.lines()) desk.screen.line("  " + clean(line));
    if (skill.card.manifest) return exit_done;
    desk.screen.line("By its text and this it may need:");
    desk.screen.line(skills::yaml_of(proposed));
    desk.screen.line(fmt::format("To grant that: hardshell skill enable {} --accept-proposed",
                                 skill.entry.name));
    return exit_done;
}

}  // namespace hs::cli
