// The one-block functions of OpenSSL are marked deprecated since 3.0 in favour of EVP, which costs
// an allocation and a lookup a digest; a Merkle tree hashes 65 bytes at a time. They use the same
// processor-specific code and link without the provider machinery, which the launcher needs.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "crypto/hash.h"

#include <openssl/sha.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace hs::crypto {
namespace {

static_assert(sizeof(SHA256_CTX) == 112 && alignof(SHA256_CTX) <= 8);

SHA256_CTX* context(std::array<std::uint8_t, 112>& state) {
    return reinterpret_cast<SHA256_CTX*>(state.data());
}

}  // namespace

Sha256::Sha256() {
    begin();
}

void Sha256::begin() {
    CHECK(SHA256_Init(context(state_)) == 1);
}

Sha256& Sha256::update(base::ByteView bytes) {
    if (!bytes.empty()) CHECK(SHA256_Update(context(state_), bytes.data(), bytes.size()) == 1);
    return *this;
}

Digest Sha256::finish() {
    Digest digest;
    CHECK(SHA256_Final(digest.data(), context(state_)) == 1);
    begin();
    return digest;
}

Digest sha256(base::ByteView bytes) {
    return Sha256().update(bytes).finish();
}

base::Result<Digest> sha256_of_descriptor(int descriptor, std::uint64_t bytes_max) {
    constexpr std::size_t piece_bytes = std::size_t{256} << 10U;
    base::Bytes piece(piece_bytes);
    Sha256 hash;
    std::uint64_t offset = 0;
    while (true) {
        const ssize_t got =
            ::pread(descriptor, piece.data(), piece.size(), static_cast<off_t>(offset));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) {
            return base::fail(
                base::Code::io,
                std::string("a file could not be read to be hashed: ") + std::strerror(errno));
        }
        if (got == 0) return hash.finish();
        offset += static_cast<std::uint64_t>(got);
        if (offset > bytes_max) {
            return base::fail(base::Code::exhausted,
                              "a file is larger than the " + std::to_string(bytes_max) +
                                  " bytes that may be hashed; use a smaller file");
        }
        hash.update(base::ByteView(piece).first(static_cast<std::size_t>(got)));
    }
}

base::Result<Digest> digest_from(base::ByteView bytes) {
    Digest digest;
    if (bytes.size() != digest.size()) {
        return base::fail(base::Code::corrupt, "a SHA-256 digest of 32 bytes was expected");
    }
    std::copy(bytes.begin(), bytes.end(), digest.begin());
    return digest;
}

}  // namespace hs::crypto
