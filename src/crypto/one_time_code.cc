#include "crypto/one_time_code.h"

#include <algorithm>
#include <array>

#include "crypto/secret.h"
#include "crypto/sha1.h"

namespace hs::crypto {

namespace {

constexpr std::size_t block_bytes = 64;

}  // namespace

base::Bytes hmac_sha1(base::ByteView key, base::ByteView bytes) {
    std::array<std::uint8_t, block_bytes> block{};
    if (key.size() > block_bytes) {
        const auto digest = sha1(key);
        std::copy(digest.begin(), digest.end(), block.begin());
    } else {
        std::copy(key.begin(), key.end(), block.begin());
    }
    const auto round = [&](std::uint8_t pad, base::ByteView text) {
        base::Bytes whole(block.begin(), block.end());
        for (auto& byte : whole) byte ^= pad;
        whole.insert(whole.end(), text.begin(), text.end());
        const auto digest = sha1(whole);
        wipe(whole);
        return base::Bytes(digest.begin(), digest.end());
    };
    const base::Bytes inner = round(0x36, bytes);
    base::Bytes mac = round(0x5c, inner);
    wipe(block);
    return mac;
}

std::string one_time_code(base::ByteView key, std::uint64_t counter, int digits) {
    CHECK(digits >= 6 && digits <= 8);
    std::array<std::uint8_t, 8> text{};
    for (std::size_t i = 0; i < text.size(); ++i) {
        text[i] = static_cast<std::uint8_t>(counter >> (8 * (text.size() - 1 - i)));
    }
    const base::Bytes mac = hmac_sha1(key, text);
    // Dynamic truncation (RFC 4226 section 5.3).
    const std::size_t at = mac.back() & 0x0fU;
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < 4; ++i) value = value << 8U | mac[at + i];
    value &= 0x7fffffffU;
    std::string code(static_cast<std::size_t>(digits), '0');
    for (std::size_t i = code.size(); i > 0; --i, value /= 10) {
        code[i - 1] = static_cast<char>('0' + value % 10);
    }
    return code;
}

std::uint64_t code_step(base::WallTime_ms at_ms) {
    return static_cast<std::uint64_t>(std::max<base::WallTime_ms>(at_ms, 0) / code_step_ms);
}

}  // namespace hs::crypto
