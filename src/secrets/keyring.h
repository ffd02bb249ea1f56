// Keyring: where small secrets lie outside our own files: what the session offers, or a script.
//
// What it does not protect from: whoever else may ask the same keyring. Threads: one thread.
#pragma once

#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/secret.h"

namespace hs::secrets {

class Keyring {
  public:
    virtual ~Keyring() = default;
    // Whether values can be kept there now, without asking a person.
    virtual bool usable() = 0;
    // not_found: no such item. conflict: it is locked. io, timed_out: it cannot be reached.
    virtual base::Result<crypto::SecretBytes> read(const std::string& id) = 0;
    virtual base::Result<> store(const std::string& id, base::ByteView value) = 0;
    virtual base::Result<> remove(const std::string& id) = 0;
    // Lets the keyring ask its person. cancelled when the person did not want to.
    virtual base::Result<> unlock(std::int64_t patience_ms) = 0;
};

}  // namespace hs::secrets
