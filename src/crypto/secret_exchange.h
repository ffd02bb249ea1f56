// SecretExchange: the encrypted session of the Secret Service API, under the name
// "dh-ietf1024-sha256-aes128-cbc-pkcs7": Diffie-Hellman over the second Oakley group (RFC 2409
// section 6.2), HKDF with SHA-256 (RFC 5869, no salt, no info), AES-128-CBC with PKCS#7 padding.
//
// What it is for: values on their way over a session bus, whose other programs then see no plain
// text. What it does not protect from: whoever stands between the two and answers for the other
// (nobody is authenticated), and changed bytes (CBC has no tag). Nothing else may use it.
// Threads: values and pure functions.
#pragma once

#include "base/bytes.h"
#include "base/clock.h"
#include "crypto/secret.h"

namespace hs::crypto {

class SecretExchange {
  public:
    static constexpr std::string_view name = "dh-ietf1024-sha256-aes128-cbc-pkcs7";
    static constexpr std::size_t group_bytes = 128;

    static SecretExchange begin(base::Random& random);
    // Big-endian, group_bytes long: to be sent to the other side.
    const base::Bytes& public_value() const { return public_value_; }
    // The session's AES key of 16 bytes. corrupt when the value is no member of the group.
    base::Result<SecretBytes> agree(base::ByteView other_public_value) const;

  private:
    SecretExchange(SecretBytes exponent, base::Bytes public_value)
        : exponent_(std::move(exponent)), public_value_(std::move(public_value)) {}
    SecretBytes exponent_;
    base::Bytes public_value_;
};

struct CbcSealed {
    base::Bytes vector;  // 16 bytes
    base::Bytes cipher;
};
// The key has 16 bytes: CHECKed.
CbcSealed cbc_seal(const SecretBytes& key, base::ByteView plain, base::Random& random);
// corrupt when lengths or padding are wrong.
base::Result<SecretBytes> cbc_open(const SecretBytes& key, base::ByteView vector,
                                   base::ByteView cipher);

}  // namespace hs::crypto
