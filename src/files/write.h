// Changing files under a Permit: create, replace, edit, remove, and restore what was there before.
//
// First a plan, which says exactly what would change and holds the Action that is decided; then,
// with the Permit of that Action, the change. The change is refused when the bytes are not those of
// the Permit, or when the file is no longer the one the plan saw. The file is replaced in one step
// (its name is exchanged with a finished new file), so that readers see the old bytes or the new
// ones; a checkpoint is durable before.
// What it does not protect from: programs that keep the old file open; hard links to it, which keep
// the old bytes; extended attributes and access lists, which the new file does not have.
// Threads: pure functions over the arguments; any thread.
#pragma once

#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "files/checkpoint.h"
#include "files/roots.h"
#include "files/watch.h"
#include "gate/action.h"
#include "gate/permit.h"

namespace hs::files {

constexpr std::size_t write_bytes_max = std::size_t{8} << 20U;

struct ChangePlan {
    gate::WriteFile action;
    base::Bytes content;  // what the file will hold; empty for remove
};

// create where there is no file, else replace. denied for folders, links out of the roots, pipes
// and devices; exhausted beyond write_bytes_max.
base::Result<ChangePlan> plan_write(const Roots& roots, std::string_view path,
                                    base::ByteView content);
base::Result<ChangePlan> plan_remove(const Roots& roots, std::string_view path);

enum class Occurrence : std::uint8_t { exactly_one, every };
struct Replacement {
    std::string old_text;
    std::string new_text;
    Occurrence occurrence = Occurrence::exactly_one;
};
// `content` is what a ReadFile Permit for that path gave. conflict when the old text is not there,
// or more than once and one was expected: the text says what to do.
base::Result<ChangePlan> plan_edit(const Roots& roots, std::string_view path,
                                   base::ByteView content, const Replacement& replacement);

// conflict when the file was changed after the checkpoint's change, unless forced.
enum class Force : std::uint8_t { no, yes };
base::Result<ChangePlan> plan_restore(const Roots& roots, const Checkpoints& checkpoints,
                                      const std::string& id, Force force);

struct Changed {
    std::string checkpoint;  // id, for `hardshell undo`
    gate::WriteFile action;
};

struct ChangeContext {
    const Roots& roots;
    Checkpoints& checkpoints;
    const base::Clock& clock;
    base::Random& random;
    std::string session;
    std::uint32_t mode = 0644;  // of a new file; a replaced file keeps its own
};

// denied for a Permit that is spent, expired, revoked or for other bytes; conflict when the file is
// not the one of the plan any more. After a failure the file is as it was.
base::Result<Changed> change_file(gate::Permit<gate::WriteFile> permit, base::ByteView content,
                                  const ChangeContext& context);

// Lower-case hexadecimal SHA-256.
std::string hex_sha256(base::ByteView bytes);

}  // namespace hs::files
