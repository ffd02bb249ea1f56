#include "crypto/sign.h"

#include <sodium.h>

namespace hs::crypto {

SigningKey SigningKey::generate(base::Random& random) {
    const SecretBytes seed = SecretBytes::random(crypto_sign_SEEDBYTES, random);
    return *from_seed(seed.view());
}

base::Result<SigningKey> SigningKey::from_seed(base::ByteView seed) {
    if (seed.size() != crypto_sign_SEEDBYTES) {
        return base::fail(base::Code::invalid_input,
                          "a signing key's seed of 32 bytes was expected");
    }
    SigningKey key;
    key.secret_ = SecretBytes(crypto_sign_SECRETKEYBYTES);
    CHECK(crypto_sign_seed_keypair(key.public_key_.data(), key.secret_.writable().data(),
                                   seed.data()) == 0);
    return key;
}

Signature SigningKey::sign(base::ByteView message) const {
    CHECK(!secret_.empty());
    Signature signature;
    CHECK(crypto_sign_detached(signature.data(), nullptr, message.data(), message.size(),
                               secret_.view().data()) == 0);
    return signature;
}

SecretBytes SigningKey::seed() const {
    CHECK(!secret_.empty());
    return SecretBytes::copy_of(secret_.view().first(crypto_sign_SEEDBYTES));
}

bool verify(const PublicKey& key, base::ByteView message, const Signature& signature) {
    prepare_sodium();
    return crypto_sign_verify_detached(signature.data(), message.data(), message.size(),
                                       key.data()) == 0;
}

}  // namespace hs::crypto
