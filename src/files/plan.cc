// The plans: what would change, found out before anybody is asked.
#include <fmt/format.h>

#include <algorithm>

#include "crypto/hash.h"
#include "files/line_reader.h"
#include "files/write.h"

namespace hs::files {

using base::Bytes;
using base::ByteView;
using base::Code;
using base::fail;
using base::Result;
using gate::WriteFile;
using Operation = gate::WriteFile::Operation;

namespace {

// The digest of what is there now. Its bytes stay in this function; reading them for an answer
// takes a Permit of its own.
Result<std::string> digest_at(const Roots& roots, const Spot& spot) {
    if (!spot.facts) return std::string();
    const std::string shown = roots.shown(spot.path);
    if (spot.facts->kind == os::FileFacts::Kind::directory) {
        return fail(Code::denied, fmt::format("{} is a folder; name a file", shown));
    }
    if (spot.facts->kind != os::FileFacts::Kind::regular) {
        return fail(
            Code::denied,
            fmt::format("{} is a pipe, socket or device; only regular files are changed", shown));
    }
    if (spot.facts->size_bytes > Checkpoints::content_bytes_max) {
        return fail(
            Code::exhausted,
            fmt::format("{} has {} bytes; a file of more than {} MiB cannot be kept for "
                        "undo, so it is not changed",
                        shown, spot.facts->size_bytes, Checkpoints::content_bytes_max >> 20U));
    }
    const Held held = TRY(roots.hold(spot.path));
    const os::Fd file = TRY(open_for_reading(held.fd, held.facts, shown));
    return base::to_hex(
        TRY(crypto::sha256_of_descriptor(file.get(), Checkpoints::content_bytes_max)));
}

Result<> require_size(std::size_t bytes) {
    if (bytes <= write_bytes_max) return {};
    return fail(Code::exhausted,
                fmt::format("a file of at most {} MiB can be written, not {} bytes",
                            write_bytes_max >> 20U, bytes));
}

std::size_t count_of(std::string_view text, std::string_view part) {
    std::size_t count = 0;
    for (std::size_t at = text.find(part); at != std::string_view::npos;
         at = text.find(part, at + part.size())) {
        ++count;
    }
    return count;
}

std::string why_absent(std::string_view text, std::string_view wanted, const std::string& path) {
    std::string with_returns;
    for (const char one : wanted) {
        if (one == '\n') with_returns += '\r';
        with_returns += one;
    }
    if (with_returns.size() != wanted.size() && text.find(with_returns) != std::string_view::npos) {
        return fmt::format("{} ends its lines with \\r\\n; write \\r\\n in `old` and `new`", path);
    }
    return fmt::format(
        "`old` does not occur in {}; read the file again and copy the text exactly, "
        "white space included",
        path);
}

}  // namespace

std::string hex_sha256(ByteView bytes) {
    return base::to_hex(crypto::sha256(bytes));
}

Result<ChangePlan> plan_write(const Roots& roots, std::string_view path, ByteView content) {
    TRY(require_size(content.size()));
    const Spot spot = TRY(roots.resolve(path, MissingFolders::make));
    ChangePlan plan;
    plan.action.path = spot.path;
    plan.action.operation = spot.facts ? Operation::replace : Operation::create;
    plan.action.before_sha256 = TRY(digest_at(roots, spot));
    plan.action.content_sha256 = hex_sha256(content);
    plan.action.content_bytes = content.size();
    plan.content = base::copy_bytes(content);
    return plan;
}

Result<ChangePlan> plan_remove(const Roots& roots, std::string_view path) {
    const Spot spot = TRY(roots.resolve(path, MissingFolders::refuse));
    if (!spot.facts) {
        return fail(Code::not_found, fmt::format("there is no {}", roots.shown(spot.path)));
    }
    ChangePlan plan;
    plan.action.path = spot.path;
    plan.action.operation = Operation::remove;
    plan.action.before_sha256 = TRY(digest_at(roots, spot));
    return plan;
}

Result<ChangePlan> plan_edit(const Roots& roots, std::string_view path, ByteView content,
                             const Replacement& replacement) {
    const std::string_view text = base::text_of(content);
    if (replacement.old_text.empty()) {
        return fail(Code::invalid_input, "`old` is empty; to write a whole file use files_write");
    }
    if (replacement.old_text == replacement.new_text) {
        return fail(Code::invalid_input, "`old` and `new` are the same; nothing would change");
    }
    const Spot spot = TRY(roots.resolve(path, MissingFolders::refuse));
    const std::string shown = roots.shown(spot.path);
    const std::size_t count = count_of(text, replacement.old_text);
    if (count == 0) return fail(Code::conflict, why_absent(text, replacement.old_text, shown));
    if (count > 1 && replacement.occurrence == Occurrence::exactly_one) {
        return fail(Code::conflict,
                    fmt::format("`old` occurs {} times in {}; add lines around it until it is "
                                "unique, or set `all` to true",
                                count, shown));
    }
    const std::size_t growth = replacement.new_text.size() > replacement.old_text.size()
                                   ? replacement.new_text.size() - replacement.old_text.size()
                                   : 0;
    if (growth > 0) TRY(require_size(std::max(text.size(), growth) + count * growth));
    ChangePlan plan;
    std::size_t from = 0;
    const auto append = [&](std::string_view part) {
        const ByteView bytes = base::bytes_of(part);
        plan.content.insert(plan.content.end(), bytes.begin(), bytes.end());
    };
    for (std::size_t at = text.find(replacement.old_text); at != std::string_view::npos;
         at = text.find(replacement.old_text, from)) {
        append(text.substr(from, at - from));
        append(replacement.new_text);
        from = at + replacement.old_text.size();
    }
    append(text.substr(from));
    TRY(require_size(plan.content.size()));
    plan.action = {spot.path, Operation::replace, hex_sha256(plan.content), plan.content.size(),
                   hex_sha256(content)};
    return plan;
}

Result<ChangePlan> plan_restore(const Roots& roots, const Checkpoints& checkpoints,
                                const std::string& id, Force force) {
    const Checkpoint facts = TRY(checkpoints.find(id));
    const Spot spot = TRY(roots.resolve(facts.path, MissingFolders::make));
    const std::string shown = roots.shown(facts.path);
    if (spot.path != facts.path) {
        return fail(Code::conflict, fmt::format("{} is a link now; restore it by hand", shown));
    }
    ChangePlan plan;
    plan.action.path = facts.path;
    plan.action.operation = Operation::restore;
    plan.action.before_sha256 = TRY(digest_at(roots, spot));
    if (plan.action.before_sha256 == facts.before_sha256) {
        return fail(Code::conflict, fmt::format("{} is as it was before already", shown));
    }
    if (force == Force::no && plan.action.before_sha256 != facts.after_sha256) {
        return fail(Code::conflict,
                    fmt::format("{} was changed after that; look at it, then use --force to put "
                                "the older content in its place",
                                shown));
    }
    if (facts.before_sha256.empty()) return plan;  // there was no file: restoring removes it
    plan.content = TRY(checkpoints.content_of(id));
    if (hex_sha256(plan.content) != facts.before_sha256) {
        return fail(Code::corrupt, fmt::format("the checkpoint {} does not hold what it says", id));
    }
    plan.action.content_sha256 = facts.before_sha256;
    plan.action.content_bytes = plan.content.size();
    return plan;
}

}  // namespace hs::files
