// InsideOrder: what the first process of a sandbox is told to do, and the form in which it reaches
// one that was prepared before anybody knew what it would run.
//
// What it does not protect from: nothing hostile writes here; both ends are the launcher's own
// program and the specification in it was checked against its Ticket before. Threads: values.
#pragma once

#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "jail/executable.h"
#include "jail/identity.h"
#include "os/fd.h"
#include "os/launch.h"

namespace hs::jail {

struct InsideOrder {
    const os::LaunchSpec& spec;
    const Identity& identity;
    const std::vector<os::Fd>& descriptors;  // standard input, output, error, then staged files
    const HashCache& hashes;
    bool await_group = false;  // the launcher moves us into a group; wait until it has
    bool bound_data = false;   // no control group: RLIMIT_DATA
};

// An order that came over a socket, with all that it names.
struct ReceivedOrder {
    os::LaunchSpec spec;
    Identity identity;
    std::vector<os::Fd> descriptors;
    std::vector<os::Fd> id_maps;  // what identity.id_maps numbers
    HashCache hashes;             // of the one program that the specification names
    bool await_group = false;
    bool bound_data = false;

    InsideOrder view() const {
        return {spec, identity, descriptors, hashes, await_group, bound_data};
    }
};

constexpr std::size_t order_bytes_max = std::size_t{96} << 10U;
constexpr std::size_t order_descriptors_max = 64;

// Over a socket of whole messages. exhausted for an order beyond the two maxima, which is for a
// process that is cloned with it.
base::Result<> send_order(int socket, const InsideOrder& order);
// Waits for it, without a deadline: whoever waits here dies with the launcher. Nothing when the
// other end was closed.
base::Result<std::optional<ReceivedOrder>> receive_order(int socket);

}  // namespace hs::jail
