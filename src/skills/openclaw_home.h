// OpenClawHome: the folder of an OpenClaw, Clawdbot or Moltbot, read and sorted: what Hardshell can
// take over, what it refuses, and why. Reading changes nothing there.
//
// What it is for: `hardshell import openclaw`. What it does not protect from: what the texts say;
// memories go where a person reviews them, skills arrive disabled. Threads: pure functions over the
// file system. The values of secrets are in memory until the plan is gone.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "skills/scan/finding.h"
#include "skills/tree.h"
#include "wire/json.h"

namespace hs::skills {

struct ImportItem {
    enum class Fate : std::uint8_t { taken, by_hand, refused };
    std::string kind;  // setting, secret, memory, skill, schedule, channel
    std::string name;
    Fate fate = Fate::refused;
    std::string reason;
    std::string command;  // what to type, where it is done by hand
};
std::string_view fate_name(ImportItem::Fate fate);

struct ImportSecret {
    std::string name;
    std::string value;
    std::string host;  // empty: not known; such a secret is set by hand
};

struct ImportSkill {
    std::string name;
    std::string folder;
    Tree tree;
    ScanVerdict verdict = ScanVerdict::clean;
};

struct OpenClawHome {
    std::vector<ImportItem> items;
    std::vector<ImportSecret> secrets;
    std::vector<wire::Json> memories;  // lines for `hardshell memory import`
    std::vector<ImportSkill> skills;
    // Where newer versions keep their schedules; not read here, empty where there is none.
    std::string jobs_database;
};

// not_found when the folder holds no openclaw.json, clawdbot.json or moltbot.json.
base::Result<OpenClawHome> read_openclaw_home(const std::string& folder);
// JSON with comments and trailing commas, as those programs take it, to JSON.
std::string plain_json(std::string_view text);

}  // namespace hs::skills
