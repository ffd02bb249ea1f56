// The frames that the launcher understands, over os::Channel. docs/formats/launcher-frames.md.
// Threads: constants.
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "base/pack.h"

namespace hs::jail {

enum class LauncherFrame : std::uint16_t {
    run = 1,   // → packed {ticket, launch specification}; descriptors 0, 1, 2, then staged files
    kill = 2,  // → the id of the run; no answer but its `ended`
    ping = 3,  // → answered by pong with the same id
    started = 11,  // ← the sandbox is being built
    ended = 12,    // ← packed Outcome; nothing of the sandbox is left
    refused = 13,  // ← packed {code, text}; nothing was started
    pong = 14,
    terminal = 15,  // ← the outer end of the run's own terminal, as the only descriptor
    // Between keeper and launcher; the numbers of gate/frames.h.
    key = 100,          // → packed {ticket key, generation}
    generation = 101,   // → packed {generation}; tickets of another one are void
    stop_all = 102,     // → end every sandbox now
    ready = 103,        // ← the frame of the same id has taken effect
    outlets = 110,      // ← the nonce of the run's ticket; the listeners of os::outlets
    outlets_end = 111,  // ← the nonce: nothing of that sandbox is left
};

inline base::Bytes pack_run(base::ByteView ticket, base::ByteView spec) {
    base::Packer out;
    out.bytes(ticket);
    out.bytes(spec);
    return std::move(out).take();
}

}  // namespace hs::jail
