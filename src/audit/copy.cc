#include "audit/copy.h"

#include <fmt/format.h>

#include "audit/read.h"
#include "os/file.h"

namespace hs::audit {

using base::Code;
using base::fail;
using base::Result;

namespace {

constexpr std::size_t names_max = 1'000'000;
constexpr std::size_t epoch_note_bytes_max = 16384;
// An epoch may end between the copy of its notes and of the checkpoint.
constexpr int tries_max = 5;

Result<> write(const std::string& target, const std::string& name, base::ByteView content) {
    const std::string path = target + "/" + name;
    TRY(os::make_folders(path.substr(0, path.rfind('/')), 0700));
    return os::write_file_atomic(path, content);
}

Result<> copy_epochs(const std::string& folder, const std::string& target) {
    for (const std::string& name : TRY(os::list_folder(folder + "/epochs", names_max))) {
        if (name.ends_with(".new")) continue;
        const auto note = TRY(os::read_file(folder + "/epochs/" + name, epoch_note_bytes_max));
        TRY(write(target, "epochs/" + name, note));
    }
    return {};
}

Result<> copy_tiles(Reader& reader, const std::string& target, TileName name) {
    for (name.index = 0;; ++name.index) {
        name.width = tile_width_at(reader.size(), name);
        if (name.width == 0) return {};
        TRY(write(target, name.path(), TRY(reader.tile_content(name))));
    }
}

Result<> copy_once(const std::string& folder, const std::string& target) {
    TRY(copy_epochs(folder, target));
    Reader reader = TRY(Reader::open(folder));
    TRY(copy_tiles(reader, target, {TileName::Kind::entries, 0, 0, tile_width}));
    for (unsigned level = 0; level < level_count(reader.size()); ++level) {
        TRY(copy_tiles(reader, target, {TileName::Kind::hashes, level, 0, tile_width}));
    }
    return write(target, "checkpoint", base::bytes_of(reader.checkpoint_note()));
}

bool concerns_epochs(const VerifyReport& report) {
    for (const Problem& problem : report.problems) {
        if (problem.fault == Fault::epoch || problem.fault == Fault::signature) return true;
    }
    return false;
}

}  // namespace

Result<VerifyReport> copy_log(const std::string& folder, const std::string& target,
                              const VerifyOptions& options) {
    const auto there = os::list_folder(target, names_max);
    if (there && !there->empty()) {
        return fail(Code::conflict,
                    fmt::format("{} is not empty; name a folder that does not exist", target));
    }
    TRY(os::make_folders(target, 0700));
    for (int tries = 1;; ++tries) {
        TRY(copy_once(folder, target));
        VerifyReport report = TRY(verify_folder(target, options));
        if (report.verified() || !concerns_epochs(report) || tries == tries_max) return report;
    }
}

}  // namespace hs::audit
