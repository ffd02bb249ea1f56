// MasterKey: the key from which every key of the state is derived, and where it is kept.
//
// What it does not protect from: with Kept::file, whoever can read the person's files has the key;
// the warning says so, the log too. Threads: called once at start.
#pragma once

#include <cstdint>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "crypto/secret.h"

namespace hs::secrets {

enum class Kept : std::uint8_t { keyring, passphrase, file };
std::string_view name_of(Kept kept);

struct MasterKey {
    crypto::SecretBytes key;  // 32 bytes
    Kept kept = Kept::file;
    std::string warning;  // for the person; empty when there is nothing to say
};

// Opens the key of this state folder, or makes one. `wanted` is the setting state.key: auto,
// keyring, passphrase or file. denied when the key file may be read by others; not_found when the
// state has data and its key is gone: nothing is made over it.
base::Result<MasterKey> open_master_key(const std::string& state_folder, const std::string& wanted,
                                        base::Random& random);

}  // namespace hs::secrets
