// import openclaw: what an OpenClaw, Clawdbot or Moltbot home holds, taken over. Without --apply it
// only tells; the source is never changed.

#include <fcntl.h>
#include <fmt/format.h>

#include "crypto/secret.h"
#include "hardshell/sandboxed.h"
#include "hardshell/secret_tasks.h"
#include "hardshell/skill_desk.h"
#include "os/file.h"
#include "skills/openclaw_home.h"
#include "skills/openclaw_schedules.h"

namespace hs::cli {

using base::Result;
using skills::ImportItem;
using wire::Json;
using wire::JsonArray;
using wire::JsonObject;

namespace {

Json json_of(const skills::OpenClawHome& home) {
    Json items{JsonArray{}};
    for (const auto& item : home.items) {
        items.push(JsonObject{{"kind", item.kind},
                              {"name", item.name},
                              {"fate", skills::fate_name(item.fate)},
                              {"reason", item.reason},
                              {"command", item.command}});
    }
    return items;
}

Result<std::string> write_memories(const Desk& desk, const skills::OpenClawHome& home) {
    if (home.memories.empty()) return std::string();
    std::string lines;
    for (const Json& one : home.memories) lines += wire::canonical_json(one) + "\n";
    const std::string folder = desk.places.state + "/imports";
    TRY(os::make_private_folder(folder));
    const std::string file = folder + "/openclaw-memory.jsonl";
    TRY(os::write_file_atomic(file, base::bytes_of(lines), 0600));
    return file;
}

// Each by itself: what cannot be taken is said and does not keep the rest out.
void take_secrets(const Desk& desk, skills::OpenClawHome& home, Json& problems) {
    for (auto& secret : home.secrets) {
        if (secret.host.empty()) continue;
        auto keeper = KeeperLine::open(desk.places);
        const auto set = keeper
                             ? keeper->question("secrets.set", JsonObject{{"name", secret.name},
                                                                          {"value", secret.value},
                                                                          {"host", secret.host}})
                             : Result<Json>(std::move(keeper).failure());
        const auto kept = set ? await_task(*keeper, *set) : Result<>(set.failure());
        if (!kept) problems.push(fmt::format("secret {}: {}", secret.name, kept.error().what));
    }
}

void take_skills(const Desk& desk, const skills::OpenClawHome& home, skills::Store& store,
                 Json& problems) {
    for (const auto& skill : home.skills) {
        skills::Installed entry;
        entry.name = skill.name;
        entry.digest = skill.tree.digest();
        entry.source = skill.folder;
        entry.scan = skills::verdict_name(skill.verdict);
        auto done = record_skill_change(desk, "install", entry, "import openclaw");
        if (done) {
            const auto installed = store.install(skill.tree, {skill.folder, entry.scan, now_ms()});
            if (!installed) done = Result<>(installed.failure());
        }
        if (!done) problems.push(fmt::format("skill {}: {}", skill.name, done.error().what));
    }
}

// The database of newer versions is a stranger's file: it is read in a sandbox.
void read_jobs(const Desk& desk, skills::OpenClawHome& home) {
    if (home.jobs_database.empty()) return;
    const auto jobs = [&]() -> Result<Json> {
        const os::Fd file = TRY(os::open_file(home.jobs_database, O_RDONLY | O_NONBLOCK));
        SandboxedWish wish;
        wish.executable = desk.places.programs + "/hardshell-reader";
        wish.argv = {wish.executable, "--unpack", "jobs"};
        wish.working_directory = "/tmp";
        wish.profile = "confined";
        wish.input = file.get();
        const auto rows = TRY(run_in_sandbox(desk, wish));
        return wire::parse_json(base::text_of(rows.output));
    }();
    if (jobs) {
        for (auto& item : skills::schedules_of(*jobs)) home.items.push_back(std::move(item));
    } else {
        home.items.push_back({"schedule", "state/openclaw.sqlite", ImportItem::Fate::by_hand,
                              "it was not read (" + jobs.error().what +
                                  "); there, openclaw cron list shows the schedules, then here",
                              "hardshell schedule add NAME --when CRON --text TEXT"});
    }
    // Keys and sign-ins in that database stay there: they are made anew.
    home.items.push_back({"secret", "state/openclaw.sqlite", ImportItem::Fate::by_hand,
                          "keys that this database holds are not taken over; set them anew",
                          "hardshell secret set NAME --host HOST"});
}

void wipe_secrets(skills::OpenClawHome& home) {
    for (auto& secret : home.secrets) {
        crypto::wipe({reinterpret_cast<std::uint8_t*>(secret.value.data()), secret.value.size()});
    }
}

}  // namespace

Result<int> run_import_openclaw(const Desk& desk) {
    auto home = TRY(skills::read_openclaw_home(TRY(os::resolve_path(desk.options.text))));
    read_jobs(desk, home);
    const bool apply = desk.options.skill.apply;
    Json problems{JsonArray{}};
    std::string memories;
    if (apply) {
        // The keeper decides and records; without it nothing is taken.
        TRY(KeeperLine::open(desk.places));
        take_secrets(desk, home, problems);
        auto store = TRY(open_skills(desk));
        take_skills(desk, home, store, problems);
        memories = TRY(write_memories(desk, home));
    }
    wipe_secrets(home);
    const bool went_well = problems.array()->empty();
    if (desk.screen.form() == Form::json) {
        desk.screen.json(JsonObject{{"applied", apply},
                                    {"items", json_of(home)},
                                    {"memories_file", memories},
                                    {"problems", problems}});
        return went_well ? exit_done : exit_failed;
    }
    std::vector<std::vector<std::string>> rows;
    for (const auto& item : home.items) {
        rows.push_back({item.kind, item.name, std::string(skills::fate_name(item.fate)),
                        item.command.empty() ? item.reason : item.reason + ": " + item.command});
    }
    desk.screen.table({"WHAT", "NAME", "FATE", "WHY"}, rows);
    for (const Json& problem : *problems.array()) desk.screen.note(clean(*problem.text()));
    if (!memories.empty()) {
        desk.screen.line(fmt::format("The memories are in {}. Next: hardshell memory import {}",
                                     memories, memories));
    }
    if (!apply)
        desk.screen.line("Nothing was changed. To do it: hardshell import openclaw FOLDER --apply");
    return went_well ? exit_done : exit_failed;
}

}  // namespace hs::cli
