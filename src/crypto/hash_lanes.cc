// SHA-256 of many messages side by side: lane i of every vector belongs to message i.
// FIPS 180-4, section 6.2; the vectors are the compiler's generic ones, so one text serves every
// width and the portable build needs no other code.
#include <algorithm>
#include <cstring>

#include "crypto/hash.h"

#if defined(__x86_64__)
#define HS_TARGET(name) __attribute__((target(name)))
#endif

namespace hs::crypto {
namespace {

constexpr std::array<std::uint32_t, 64> round_constants = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};
constexpr std::array<std::uint32_t, 8> initial_state = {
    0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

typedef std::uint32_t Lanes8 __attribute__((vector_size(32)));
typedef std::uint32_t Lanes16 __attribute__((vector_size(64)));

#define HS_INLINE __attribute__((always_inline)) inline
// Macros, because a function that takes a vector by value has no ABI without AVX.
#define HS_ROTATE(x, n) (((x) >> (n)) | ((x) << (32 - (n))))

// One compression of all lanes. words holds the 16 message words, word by word.
template <class Lanes>
HS_INLINE void compress(Lanes* state, Lanes* words) {
    Lanes a = state[0], b = state[1], c = state[2], d = state[3];
    Lanes e = state[4], f = state[5], g = state[6], h = state[7];
    for (unsigned i = 0; i < 64; ++i) {
        if (i >= 16) {
            const Lanes early = words[(i + 1) & 15U];
            const Lanes late = words[(i + 14) & 15U];
            words[i & 15U] += (HS_ROTATE(early, 7) ^ HS_ROTATE(early, 18) ^ (early >> 3)) +
                              words[(i + 9) & 15U] +
                              (HS_ROTATE(late, 17) ^ HS_ROTATE(late, 19) ^ (late >> 10));
        }
        const Lanes first = h + (HS_ROTATE(e, 6) ^ HS_ROTATE(e, 11) ^ HS_ROTATE(e, 25)) +
                            (g ^ (e & (f ^ g))) + round_constants[i] + words[i & 15U];
        const Lanes second =
            (HS_ROTATE(a, 2) ^ HS_ROTATE(a, 13) ^ HS_ROTATE(a, 22)) + ((a & b) | (c & (a | b)));
        h = g, g = f, f = e, e = d + first;
        d = c, c = b, b = a, a = first + second;
    }
    state[0] += a, state[1] += b, state[2] += c, state[3] += d;
    state[4] += e, state[5] += f, state[6] += g, state[7] += h;
}

// One message with its prefix, cut into padded blocks of 64 bytes on demand.
struct Message {
    std::uint8_t prefix = 0;
    base::ByteView bytes;

    std::size_t blocks() const { return (1 + bytes.size() + 9 + 63) / 64; }
    void block(std::size_t index, std::uint8_t* out) const {
        std::size_t filled = 0;
        const std::size_t start = index * 64;
        if (start == 0) out[filled++] = prefix;
        const std::size_t from = start == 0 ? 0 : start - 1;
        if (from < bytes.size()) {
            const std::size_t size = std::min(64 - filled, bytes.size() - from);
            std::memcpy(out + filled, bytes.data() + from, size);
            filled += size;
        }
        if (filled == 64) return;
        std::memset(out + filled, 0, 64 - filled);
        const std::size_t total = bytes.size() + 1;
        if (start <= total) out[total - start] = 0x80;
        if (index + 1 != blocks()) return;
        const std::uint64_t bits = __builtin_bswap64(static_cast<std::uint64_t>(total) * 8);
        std::memcpy(out + 56, &bits, sizeof bits);
    }
};

template <class Lanes, std::size_t count>
HS_INLINE void load_blocks(const Message* messages, std::size_t index, Lanes* words) {
    std::uint8_t block[64];
    for (std::size_t lane = 0; lane < count; ++lane) {
        if (index >= messages[lane].blocks()) continue;
        messages[lane].block(index, block);
        for (unsigned word = 0; word < 16; ++word) {
            std::uint32_t value = 0;
            std::memcpy(&value, block + 4 * word, sizeof value);
            reinterpret_cast<std::uint32_t*>(words + word)[lane] = __builtin_bswap32(value);
        }
    }
}

// Exactly count messages; each digest is taken when its own last block is through.
template <class Lanes, std::size_t count>
HS_INLINE void hash_lanes(const Message* messages, Digest* digests) {
    Lanes state[8];
    for (unsigned i = 0; i < 8; ++i) state[i] = Lanes{} + initial_state[i];
    std::size_t blocks_max = 0;
    for (std::size_t lane = 0; lane < count; ++lane) {
        blocks_max = std::max(blocks_max, messages[lane].blocks());
    }
    Lanes words[16] = {};
    for (std::size_t index = 0; index < blocks_max; ++index) {
        load_blocks<Lanes, count>(messages, index, words);
        compress(state, words);
        for (std::size_t lane = 0; lane < count; ++lane) {
            if (index + 1 != messages[lane].blocks()) continue;
            for (unsigned word = 0; word < 8; ++word) {
                const std::uint32_t value =
                    __builtin_bswap32(reinterpret_cast<std::uint32_t*>(state + word)[lane]);
                std::memcpy(digests[lane].data() + 4 * word, &value, sizeof value);
            }
        }
    }
}

#if defined(__x86_64__)
HS_TARGET("avx512f") void hash_16(const Message* messages, Digest* digests) {
    hash_lanes<Lanes16, 16>(messages, digests);
}
HS_TARGET("avx2") void hash_8(const Message* messages, Digest* digests) {
    hash_lanes<Lanes8, 8>(messages, digests);
}
#endif

using LaneHash = void (*)(const Message*, Digest*);

struct Choice {
    std::size_t lanes = 1;
    LaneHash hash = nullptr;
};

Choice choose() {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f") != 0) return {16, hash_16};
    if (__builtin_cpu_supports("avx2") != 0) return {8, hash_8};
#endif
    return {};
}

}  // namespace

void sha256_prefixed(std::uint8_t prefix, std::span<const base::ByteView> messages,
                     std::span<Digest> digests) {
    CHECK(messages.size() == digests.size());
    static const Choice choice = choose();
    std::size_t done = 0;
    std::array<Message, 16> lanes;
    while (choice.hash != nullptr && messages.size() - done >= choice.lanes) {
        for (std::size_t i = 0; i < choice.lanes; ++i) lanes[i] = {prefix, messages[done + i]};
        choice.hash(lanes.data(), digests.data() + done);
        done += choice.lanes;
    }
    for (; done < messages.size(); ++done) {
        digests[done] = Sha256().update({&prefix, 1}).update(messages[done]).finish();
    }
}

}  // namespace hs::crypto
