// KeyFile: the bytes of master.key: the key itself, or the key sealed under one that a passphrase
// gives or a keyring holds. docs/formats/master-key.md has the bytes.
//
// What it does not protect from: a file that holds the bare key protects nothing from whoever
// reads it. Threads: values and pure functions.
#pragma once

#include <string>

#include "base/clock.h"
#include "crypto/password.h"
#include "crypto/secret.h"

namespace hs::secrets {

// Where the key that opens the state comes from.
enum class KeySource : std::uint8_t { file, passphrase, keyring };
std::string_view source_name(KeySource source);
// invalid_input names the three.
base::Result<KeySource> parse_source(std::string_view name);

constexpr std::size_t master_key_bytes = 32;
constexpr std::size_t key_file_bytes_max = 4096;

struct WrappedKey {
    KeySource source = KeySource::passphrase;  // never file
    crypto::PasswordCost cost;                 // of a passphrase
    std::string item;                          // of a keyring
    base::Bytes sealed;
};

// The master key sealed under the wrapping key, bound to all that stands beside it.
base::Bytes pack_wrapped(WrappedKey wrapped, const crypto::SecretBytes& master,
                         const crypto::SecretBytes& wrapping, base::Random& random);
// corrupt when the bytes are no such file.
base::Result<WrappedKey> unpack_wrapped(base::ByteView bytes);
// corrupt when the wrapping key is another one.
base::Result<crypto::SecretBytes> unwrap(const WrappedKey& wrapped,
                                         const crypto::SecretBytes& wrapping);

}  // namespace hs::secrets
