// Who the command is: user 1000 inside, and outside an ordinary user of the host.
//
// An ordinary user who runs the launcher maps to themselves. Root maps to the owner of the working
// directory, when that is not root, else to the specification's identity; trees that belong to
// somebody else are then shown through an id-mapped mount (docs/decisions/001-sandbox-user.md).
// What it does not protect from: supplementary groups of an ordinary user. The kernel does not let
// an unprivileged user drop them, so files open to such a group stay open where they are mounted.
// Threads: for the launcher's single thread.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <vector>

#include "base/result.h"
#include "os/fd.h"
#include "os/launch.h"

namespace hs::jail {

constexpr std::uint32_t inside_user = 1000;
constexpr std::uint32_t inside_group = 1000;

enum class Powers : std::uint8_t { ordinary, root };

// Makes user namespaces whose only use is their map, one for each pair of owners, and keeps them.
class IdMaps {
  public:
    static constexpr std::size_t maps_max = 64;
    // A user namespace in which files of `on_disk` look as if they were of `seen`. Root only.
    base::Result<int> between(const os::HostIdentity& on_disk, const os::HostIdentity& seen);

  private:
    using Pair = std::vector<std::uint32_t>;
    std::map<Pair, os::Fd> maps_;
};

struct Identity {
    Powers powers = Powers::ordinary;
    os::HostIdentity host;                       // what the kernel sees
    std::vector<int> id_maps;                    // for each mount of the specification, -1 for none
    std::vector<std::uint8_t> forced_read_only;  // mounts that cannot be written as this user
    std::vector<std::string> notes;
};

// Decides for this specification; opens the sources of writable mounts when run by root.
base::Result<Identity> choose_identity(const os::LaunchSpec& spec, IdMaps& maps);

// Writes the maps of the user namespace of the process ("self" or a number): inside 1000 is `host`.
// By an ordinary user setgroups(2) is denied there first (user_namespaces(7)).
base::Result<> write_identity(const std::string& process, Powers powers,
                              const os::HostIdentity& host);

}  // namespace hs::jail
