#include "crypto/sha1.h"

#include <openssl/evp.h>

namespace hs::crypto {

std::array<std::uint8_t, 20> sha1(base::ByteView bytes) {
    std::array<std::uint8_t, 20> digest{};
    unsigned size = 0;
    CHECK(::EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, ::EVP_sha1(), nullptr) ==
          1);
    CHECK(size == digest.size());
    return digest;
}

}  // namespace hs::crypto
