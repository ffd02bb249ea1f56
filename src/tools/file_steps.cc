#include "tools/file_steps.h"

#include <fmt/format.h>

namespace hs::tools {

using base::Code;
using base::fail;
using base::Result;
using gate::ReadFile;

files::Watch watch_of(const ToolContext& context) {
    return {context.clock, context.cancel, os::Deadline::after_ms(file_work_ms_max)};
}

Result<Reading> permit_to_read(ToolContext& context, const wire::Json& arguments,
                               ReadFile::What what, std::string_view otherwise) {
    const std::string path = TRY(wire::text_at_or(arguments, "path", otherwise));
    const files::Spot spot = TRY(context.roots->resolve(path, files::MissingFolders::refuse));
    if (!spot.facts) {
        return fail(Code::not_found, fmt::format("there is no {}; list its folder to see what is "
                                                 "there",
                                                 context.roots->shown(spot.path)));
    }
    auto permit = TRY(obtain(context, ReadFile{spot.path, what}));
    return Reading{spot.path, std::move(permit)};
}

Result<files::Changed> carry_out(ToolContext& context, const files::ChangePlan& plan,
                                 const std::string& preview) {
    if (context.checkpoints == nullptr) {
        return fail(Code::io, "changes cannot be kept for undo, so nothing is changed");
    }
    auto permit = TRY(obtain(context, plan.action, preview));
    const std::string decision = permit.id();
    const files::ChangeContext change{*context.roots, *context.checkpoints, context.clock,
                                      context.random, context.circumstances.session};
    auto changed = files::change_file(std::move(permit), plan.content, change);
    wire::Json details;
    if (changed) details["checkpoint"] = changed->checkpoint;
    if (!changed) details["error"] = changed.error().what;
    report(context, decision, changed ? "done" : "failed", std::move(details));
    return changed;
}

std::string notes_of(const files::Coverage& coverage) {
    std::string notes;
    const auto note = [&](std::uint64_t count, std::string_view what) {
        if (count > 0) notes += fmt::format("[{} {}]\n", count, what);
    };
    note(coverage.folders_unreadable, "folders could not be read");
    note(coverage.files_skipped, "files were skipped: binary, too large or unreadable");
    note(coverage.files_withheld, "files with matches are not shown: policy does not allow it");
    if (coverage.cut) notes += "[not all: name a smaller folder or a narrower pattern]\n";
    return notes;
}

}  // namespace hs::tools
