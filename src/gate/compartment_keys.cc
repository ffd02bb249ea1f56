#include "gate/compartment_keys.h"

#include "base/pack.h"
#include "crypto/mac.h"

namespace hs::gate {

using base::Code;
using base::fail;
using base::Result;

base::Bytes pack_compartment_keys(const std::vector<CompartmentKey>& keys) {
    base::Packer packer;
    packer.u8(static_cast<std::uint8_t>(keys.size()));
    for (const CompartmentKey& key : keys) {
        packer.u64(key.generation);
        packer.bytes(key.key.view());
    }
    return std::move(packer).take();
}

Result<std::vector<CompartmentKey>> unpack_compartment_keys(base::ByteView packed) {
    base::Unpacker unpacker(packed);
    const std::uint8_t count = TRY(unpacker.u8());
    if (count < 1 || count > 2) return fail(Code::corrupt, "a compartment has one or two keys");
    std::vector<CompartmentKey> keys;
    for (std::uint8_t i = 0; i < count; ++i) {
        CompartmentKey key;
        key.generation = TRY(unpacker.u64());
        const base::ByteView bytes = TRY(unpacker.bytes());
        const bool rises = keys.empty() || key.generation > keys.back().generation;
        if (bytes.size() != crypto::key_bytes || !rises) {
            return fail(Code::corrupt, "a compartment's key is not one");
        }
        key.key = crypto::SecretBytes::copy_of(bytes);
        keys.push_back(std::move(key));
    }
    TRY(unpacker.finish());
    return keys;
}

}  // namespace hs::gate
