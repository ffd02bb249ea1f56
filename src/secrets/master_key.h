// MasterKey: the key from which every key of the state is derived. It lies in a file of its own.
//
// What it does not protect from: whoever can read the person's files has the key. Sealing then
// protects copies and backups of the rest, and the warning says so. Threads: called once at start.
#pragma once

#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "crypto/secret.h"

namespace hs::secrets {

struct MasterKey {
    crypto::SecretBytes key;  // 32 bytes
    std::string warning;      // for the person
};

// Opens the key of this state folder, or makes one. denied when the key file may be read by others;
// not_found when the state has data and its key is gone: nothing is made over it.
base::Result<MasterKey> open_master_key(const std::string& state_folder, base::Random& random);

}  // namespace hs::secrets
