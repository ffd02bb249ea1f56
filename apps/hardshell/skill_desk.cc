#include "hardshell/skill_desk.h"

#include "gate/skill_book.h"
#include "os/file.h"
#include "os/system.h"

namespace hs::cli {

using base::Code;
using base::Result;
using wire::JsonObject;

Result<skills::Store> open_skills(const Desk& desk) {
    const auto text = os::read_text(desk.places.config_file, 1U << 20U);
    if (!text && text.error().code != Code::not_found) return text.failure();
    const gate::Settings settings = text
                                        ? TRY(gate::Settings::parse(*text, desk.places.config_file))
                                        : gate::Settings::defaults();
    return skills::Store(desk.places.state + "/skills",
                         gate::reviewer_files(settings, desk.places.config_folder));
}

Result<> record_skill_change(const Desk& desk, std::string_view operation,
                             const skills::Installed& entry, std::string_view note) {
    auto keeper = TRY(KeeperLine::open(desk.places));
    TRY(keeper.question("skill.change", JsonObject{{"operation", operation},
                                                   {"name", entry.name},
                                                   {"digest", entry.digest},
                                                   {"source", entry.source},
                                                   {"scan", entry.scan},
                                                   {"note", note}}));
    return {};
}

base::WallTime_ms now_ms() {
    return os::SystemClock().wall_ms();
}

Result<skills::Loaded> load_skill(const Desk& desk, const std::string& name) {
    return TRY(open_skills(desk)).load(name, now_ms(), skills::Store::Depth::text);
}

}  // namespace hs::cli
