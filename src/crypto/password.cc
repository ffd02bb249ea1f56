#include "crypto/password.h"

#include <sodium.h>

#include <algorithm>

#include "base/pack.h"
#include "crypto/mac.h"

namespace hs::crypto {
namespace {

using base::Code;
using base::fail;

constexpr std::uint8_t format_version = 1;
constexpr std::uint32_t passes_max = 16;
constexpr std::uint32_t memory_max_kib = 1U << 20U;
static_assert(crypto_pwhash_argon2id_SALTBYTES == 16);

base::Result<> check_cost(const PasswordCost& cost) {
    if (cost.passes < 1 || cost.memory_kib < 8) {
        return fail(Code::invalid_input, "Argon2id needs at least 1 pass and 8 KiB of memory");
    }
    if (cost.passes > passes_max || cost.memory_kib > memory_max_kib) {
        return fail(Code::exhausted,
                    "the stored passphrase costs exceed 16 passes or 1 GiB; the key file is not "
                    "one that this version wrote");
    }
    return {};
}

}  // namespace

PasswordCost new_password_cost(base::Random& random) {
    PasswordCost cost;
    random.fill(cost.salt);
    return cost;
}

base::Bytes pack(const PasswordCost& cost) {
    base::Packer packer;
    packer.u8(format_version);
    packer.u32(cost.passes);
    packer.u32(cost.memory_kib);
    packer.bytes(cost.salt);
    return std::move(packer).take();
}

base::Result<PasswordCost> unpack_password_cost(base::ByteView bytes) {
    base::Unpacker unpacker(bytes);
    if (TRY(unpacker.u8()) != format_version) {
        return fail(Code::corrupt, "the passphrase costs have a format that is not known");
    }
    PasswordCost cost;
    cost.passes = TRY(unpacker.u32());
    cost.memory_kib = TRY(unpacker.u32());
    const auto salt = TRY(unpacker.bytes());
    TRY(unpacker.finish());
    if (salt.size() != cost.salt.size()) {
        return fail(Code::corrupt, "a passphrase salt of 16 bytes was expected");
    }
    std::copy(salt.begin(), salt.end(), cost.salt.begin());
    TRY(check_cost(cost));
    return cost;
}

base::Result<SecretBytes> key_from_password(std::string_view password, const PasswordCost& cost) {
    if (password.empty())
        return fail(Code::invalid_input, "a passphrase was expected, it is empty");
    TRY(check_cost(cost));
    prepare_sodium();
    SecretBytes key(key_bytes);
    const int made = crypto_pwhash(
        key.writable().data(), key.size(), password.data(), password.size(), cost.salt.data(),
        cost.passes, std::size_t{cost.memory_kib} << 10U, crypto_pwhash_ALG_ARGON2ID13);
    if (made != 0) {
        return fail(Code::exhausted, "deriving the key from the passphrase needs " +
                                         std::to_string(cost.memory_kib / 1024) +
                                         " MiB of memory; free some and try again");
    }
    return key;
}

}  // namespace hs::crypto
