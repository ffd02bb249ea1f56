// Attempts: what a recorded command asks the system for, read off its calls while they wait.
//
// What it is for: a skill without a manifest is run once in a sandbox of its own, and a person
// sees what it tried (docs/skills.md).
// What it does not protect from: anything. It is no wall: a program may change its memory between
// the look and the call, use a descriptor that it has already, or look around for the recording
// and behave. The sandbox around it holds what it holds for every command.
// Threads: the launcher's own.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "jail/outcome.h"
#include "os/launch.h"

namespace hs::jail {

// `process` waits in the call `name` with these arguments. Nothing for what is not told: reading
// the system's own folders and writing to /tmp where the specification shows nothing personal
// there, sending what is no question for a name, and arguments that cannot be read.
std::optional<Attempt> attempt_of(int process, std::string_view name,
                                  const std::uint64_t (&arguments)[6],
                                  const std::vector<os::Mount>& mounts);

// The host that a DNS query asks for (RFC 1035, 4.1), lower case; nothing for other bytes.
std::optional<std::string> name_asked(base::ByteView datagram);
// An absolute path without "", "." and "..", by its text alone.
std::string plain_path(std::string_view folder, std::string_view path);

}  // namespace hs::jail
