// The vectors of RFC 2202 (HMAC-SHA-1), RFC 4226 appendix D and RFC 6238 appendix B.
#include "crypto/one_time_code.h"

#include <gtest/gtest.h>

namespace hs::crypto {
namespace {

constexpr const char* seed = "12345678901234567890";

TEST(OneTimeCode, HmacSha1OfRfc2202) {
    const auto mac = [](std::string_view key, std::string_view text) {
        return base::to_hex(hmac_sha1(base::bytes_of(key), base::bytes_of(text)));
    };
    EXPECT_EQ(mac(std::string(20, '\x0b'), "Hi There"), "b617318655057264e28bc0b6fb378c8ef146be00");
    EXPECT_EQ(mac("Jefe", "what do ya want for nothing?"),
              "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
    EXPECT_EQ(
        mac(std::string(80, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First"),
        "aa4ae5e15272d00e95705637ce8a3b55ed402112");
}

TEST(OneTimeCode, CountersOfRfc4226) {
    const char* codes[] = {"755224", "287082", "359152", "969429", "338314",
                           "254676", "287922", "162583", "399871", "520489"};
    for (std::uint64_t i = 0; i < 10; ++i) {
        EXPECT_EQ(one_time_code(base::bytes_of(seed), i), codes[i]) << i;
    }
}

TEST(OneTimeCode, TimesOfRfc6238) {
    const std::pair<base::WallTime_ms, const char*> rows[] = {{59, "94287082"},
                                                              {1'111'111'109, "07081804"},
                                                              {1'111'111'111, "14050471"},
                                                              {1'234'567'890, "89005924"},
                                                              {2'000'000'000, "69279037"},
                                                              {20'000'000'000, "65353130"}};
    for (const auto& [at_s, code] : rows) {
        EXPECT_EQ(one_time_code(base::bytes_of(seed), code_step(at_s * 1'000), 8), code) << at_s;
    }
    EXPECT_EQ(code_step(-5), 0U);
    EXPECT_EQ(code_step(29'999), 0U);
    EXPECT_EQ(code_step(30'000), 1U);
}

}  // namespace
}  // namespace hs::crypto
