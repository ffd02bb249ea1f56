#include "hardshelld/workbench.h"

#include <fmt/format.h>

#include "crypto/secret.h"
#include "files/write.h"
#include "gate/skill_book.h"
#include "os/environment.h"
#include "os/file.h"
#include "tools/default_tools.h"

namespace hs::daemon {

using base::Code;
using base::fail;
using base::Result;
using wire::Json;

Result<std::unique_ptr<Workbench>> Workbench::open(const control::Places& places,
                                                   const gate::Settings& settings, gate::Gate& gate,
                                                   const Actors& actors, const base::Clock& clock,
                                                   base::Random& random, memory::Memory* memory) {
    auto made =
        std::unique_ptr<Workbench>(new Workbench(settings, gate, actors, clock, random, memory));
    made->home_ = TRY(os::home_folder());
    TRY(os::make_private_folder(places.cache));
    made->scripts_folder_ = places.cache + "/scripts";
    TRY(os::make_private_folder(made->scripts_folder_));
    made->skills_ = std::make_shared<const skills::Store>(
        places.state + "/skills", gate::reviewer_files(settings, places.config_folder));
    if (!settings.names("mcp").empty()) {
        made->connectors_ =
            std::make_shared<const gate::ConnectorBook>(gate::ConnectorBook::open(settings));
        made->mcp_ = std::make_shared<tools::McpServers>(settings, made->connectors_);
    }
    made->reader_program_ = places.programs + "/hardshell-reader";
    Json arguments;
    arguments["compartment"] = "undo";
    const Json opened = TRY(gate.question("compartment.open", arguments));
    auto key = TRY(base::from_base64(TRY(wire::text_at(opened, "key"))));
    auto checkpoints = files::Checkpoints::open(places.undo_folder,
                                                crypto::SecretBytes::copy_of(key), clock, random);
    crypto::wipe(key);
    made->checkpoints_ = std::make_shared<files::Checkpoints>(TRY(std::move(checkpoints)));
    made->background_ = std::make_shared<sandbox::BackgroundCommands>(clock);
    return made;
}

std::vector<std::unique_ptr<tools::Tool>> Workbench::more_tools(const gate::Settings& settings,
                                                                memory::Memory* memory) {
    std::vector<std::unique_ptr<tools::Tool>> more;
    if (memory != nullptr) more = agent::memory_tools(*memory);
    if (!settings.names("mcp").empty()) {
        more.push_back(tools::make_mcp_tools());
        more.push_back(tools::make_mcp_call());
    }
    return more;
}

Result<std::shared_ptr<const files::Roots>> Workbench::roots_for(const std::string& project) {
    auto held = roots_.with([&](auto& map) {
        const auto found = map.find(project);
        return found == map.end() ? nullptr : found->second;
    });
    if (held) return held;
    files::Roots::Grant grant;
    grant.folders.push_back(project);
    for (const auto& root : settings_.texts("files.roots")) grant.folders.push_back(root);
    grant.home = home_;
    auto opened = std::make_shared<const files::Roots>(TRY(files::Roots::open(grant)));
    roots_.with([&](auto& map) {
        if (map.size() >= projects_max) map.clear();
        map[project] = opened;
    });
    return std::shared_ptr<const files::Roots>(opened);
}

Result<std::unique_ptr<tools::ToolContext>> Workbench::context(
    const gate::Circumstances& circumstances, const std::string& project) {
    if (project.empty()) {
        return fail(Code::not_found,
                    "this conversation has no project folder, so no tool can be "
                    "used; name one with: hardshell chat --project FOLDER");
    }
    auto made = std::unique_ptr<tools::ToolContext>(new tools::ToolContext{
        gate_, clock_, random_, circumstances, TRY(roots_for(project)), checkpoints_,
        actors_.launcher(), background_, actors_.egress(), scripts_folder_, reader_program_});
    made->skills = skills_;
    made->mcp = mcp_;
    made->histories = histories_;
    return made;
}

Result<Json> Workbench::undo(const std::string& person, const std::string& wanted) {
    std::string id = wanted;
    if (id.empty()) {
        const auto list = TRY(checkpoints_->list());
        if (list.checkpoints.empty()) return fail(Code::not_found, "there is nothing to take back");
        id = list.checkpoints.front().id;
    }
    const files::Checkpoint point = TRY(checkpoints_->find(id));
    const std::string folder =
        point.path.substr(0, std::max<std::size_t>(point.path.rfind('/'), 1));
    const auto roots = TRY(roots_for(folder));
    const files::ChangePlan plan =
        TRY(files::plan_restore(*roots, *checkpoints_, id, files::Force::no));
    gate::Circumstances who;
    who.person = person;
    who.space = settings_.text("space.name");
    who.origin = "cli";
    who.project = folder;
    who.label = flow::Label::of_person(person);
    auto verdict = TRY(gate_.ask(plan.action, who));
    if (const auto* denied = std::get_if<gate::Denied>(&verdict)) {
        return fail(Code::denied,
                    fmt::format("{} (hardshell why {})", denied->reason, denied->decision));
    }
    if (const auto* pending = std::get_if<gate::Pending>(&verdict)) {
        TRY(gate_.withdraw(pending->approval));
        return fail(Code::denied,
                    fmt::format("the policy wants consent for this; see: hardshell why {}",
                                pending->decision));
    }
    auto permit = std::get<gate::Permit<gate::WriteFile>>(std::move(verdict));
    const std::string decision = permit.id();
    const auto changed =
        files::change_file(std::move(permit), plan.content,
                           {*roots, *checkpoints_, clock_, random_, point.session, point.mode});
    TRY(gate_.report(decision, changed ? "done" : "failed", Json(wire::JsonObject{})));
    TRY(changed);
    Json json;
    json["path"] = point.path;
    json["undone"] = id;
    json["text"] =
        fmt::format("{} is as it was before {}. Take this back with: hardshell undo {}", point.path,
                    base::format_time(point.time_ms).substr(0, 16), changed->checkpoint);
    return json;
}

}  // namespace hs::daemon
