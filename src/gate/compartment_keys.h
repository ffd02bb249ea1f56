// CompartmentKeys: what the Permit of a Recall or Remember carries in its envelope: the keys of one
// compartment, packed. More than one while it is being sealed anew.
//
// What it does not protect from: copies of the packed form; whoever packs or unpacks wipes it.
// Threads: values.
#pragma once

#include <cstdint>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/secret.h"

namespace hs::gate {

struct CompartmentKey {
    std::uint64_t generation = 0;
    crypto::SecretBytes key;  // 32 bytes
};

base::Bytes pack_compartment_keys(const std::vector<CompartmentKey>& keys);
// corrupt unless there are one or two keys of the right size, with rising generations.
base::Result<std::vector<CompartmentKey>> unpack_compartment_keys(base::ByteView packed);

}  // namespace hs::gate
