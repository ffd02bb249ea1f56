#include "hardshell/incoming.h"

#include <array>

#include "os/file.h"
#include "os/system.h"
#include "skills/store.h"

namespace hs::cli {

base::Result<Incoming> Incoming::make(const control::Places& places) {
    os::SystemRandom random;
    std::array<std::uint8_t, 8> id{};
    random.fill(id);
    Incoming made(places.cache + "-incoming/" + base::to_hex(id));
    TRY(os::make_folders(made.path_, 0700));
    made.path_ = TRY(os::resolve_path(made.path_));
    return made;
}

Incoming::~Incoming() {
    // What cannot be removed is a folder in the cache, which is nobody's harm.
    if (!path_.empty()) static_cast<void>(skills::remove_whole(path_).ok());
}

}  // namespace hs::cli
