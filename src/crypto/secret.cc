#include "crypto/secret.h"

#include <sodium.h>

#include <algorithm>
#include <utility>

namespace hs::crypto {

void prepare_sodium() {
    static const int ready = sodium_init();
    CHECK(ready >= 0);
}

SecretBytes::SecretBytes(std::size_t size) : size_(size) {
    if (size == 0) return;
    prepare_sodium();
    data_ = static_cast<std::uint8_t*>(sodium_malloc(size));
    CHECK(data_ != nullptr);
    sodium_memzero(data_, size);
}

SecretBytes::~SecretBytes() {
    // sodium_free overwrites the bytes and checks the canary before them.
    if (data_ != nullptr) sodium_free(data_);
}

SecretBytes::SecretBytes(SecretBytes&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

SecretBytes& SecretBytes::operator=(SecretBytes&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
}

SecretBytes SecretBytes::copy_of(base::ByteView bytes) {
    SecretBytes secret(bytes.size());
    std::copy(bytes.begin(), bytes.end(), secret.data_);
    return secret;
}

SecretBytes SecretBytes::random(std::size_t size, base::Random& random) {
    SecretBytes secret(size);
    random.fill(secret.writable());
    return secret;
}

bool equal(base::ByteView left, base::ByteView right) {
    if (left.size() != right.size()) return false;
    return left.empty() || sodium_memcmp(left.data(), right.data(), left.size()) == 0;
}

void wipe(std::span<std::uint8_t> bytes) {
    if (!bytes.empty()) sodium_memzero(bytes.data(), bytes.size());
}

bool memory_can_be_locked() {
    prepare_sodium();
    alignas(64) std::uint8_t bytes[64] = {};
    const bool locked = sodium_mlock(bytes, sizeof bytes) == 0;
    if (locked) sodium_munlock(bytes, sizeof bytes);
    return locked;
}

}  // namespace hs::crypto
