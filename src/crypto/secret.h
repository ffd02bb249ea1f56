// SecretBytes: key material in memory that is locked, wiped and kept out of core dumps.
//
// What it is for: every key and credential that a process holds for longer than one call. The
// bytes lie between guard pages (libsodium's guarded heap), are locked against swapping where the
// kernel lets us, excluded from core dumps, and overwritten when the object ends.
// What it does not protect from: a debugger with the right to read our memory, registers and
// copies that a library makes, or a caller that copies the view into ordinary memory. Where
// RLIMIT_MEMLOCK is too small the bytes may be swapped: memory_can_be_locked() tells.
// Threads: a value; share it read-only once it is filled.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/bytes.h"
#include "base/clock.h"

namespace hs::crypto {

class SecretBytes {
  public:
    SecretBytes() = default;  // empty
    // Filled with zeros. CHECKs that the system still has memory to give.
    explicit SecretBytes(std::size_t size);
    ~SecretBytes();
    SecretBytes(SecretBytes&& other) noexcept;
    SecretBytes& operator=(SecretBytes&& other) noexcept;
    SecretBytes(const SecretBytes&) = delete;
    SecretBytes& operator=(const SecretBytes&) = delete;

    // The source stays as it is; the caller wipes it.
    static SecretBytes copy_of(base::ByteView bytes);
    static SecretBytes random(std::size_t size, base::Random& random);

    base::ByteView view() const { return {data_, size_}; }
    std::span<std::uint8_t> writable() { return {data_, size_}; }
    std::size_t size() const { return size_; }
    bool empty() const { return size_ == 0; }

  private:
    std::uint8_t* data_ = nullptr;
    std::size_t size_ = 0;
};

// Compares in a time that depends on the sizes only.
bool equal(base::ByteView left, base::ByteView right);

// Overwrites bytes so that the compiler may not leave it out.
void wipe(std::span<std::uint8_t> bytes);

// Whether the kernel lets this process lock one more page (RLIMIT_MEMLOCK).
bool memory_can_be_locked();

// Prepares libsodium once; every function of this room that needs it calls this itself. CHECKs
// that the system has randomness to give.
void prepare_sodium();

}  // namespace hs::crypto
