// Codes of an authenticator: used once, guessed five times at most, and none without one.
#include "gate/second_factor.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "crypto/one_time_code.h"

namespace hs::gate {
namespace {

using base::Code;

class SecondFactorTest : public ::testing::Test {
  protected:
    SecondFactorTest() {
        char name[] = "/tmp/hs-factor-XXXXXX";
        folder_ = ::mkdtemp(name);
    }
    ~SecondFactorTest() override { std::filesystem::remove_all(folder_); }
    base::Result<SecondFactors> opened(std::uint8_t key = 7) {
        const base::Bytes bytes(32, key);
        return SecondFactors::open(folder_ + "/factors", crypto::SecretBytes::copy_of(bytes),
                                   clock_, random_);
    }
    SecondFactors open() { return std::move(*opened()); }
    static base::Bytes key_of(const std::string& secret) {
        base::Bytes bytes;
        std::uint32_t held = 0;
        unsigned bits = 0;
        for (const char c : secret) {
            held = held << 5U | static_cast<std::uint32_t>(c >= 'A' ? c - 'A' : c - '2' + 26);
            if ((bits += 5) < 8) continue;
            bytes.push_back(static_cast<std::uint8_t>(held >> (bits -= 8)));
        }
        return bytes;
    }
    std::string code(int steps = 0) const {
        return crypto::one_time_code(key_of(secret_), crypto::code_step(clock_.wall_ms()) +
                                                          static_cast<std::uint64_t>(steps));
    }
    std::string wrong() const {
        for (const char* tried : {"000000", "111111", "222222", "333333"}) {
            if (tried != code(-1) && tried != code() && tried != code(1)) return tried;
        }
        return "444444";
    }
    void set_up(SecondFactors& factors) {
        secret_ = *factors.begin("bob", "");
        ASSERT_TRUE(factors.confirm("bob", code()).ok());
        clock_.advance_ms(60'000);
    }

    base::ScriptedClock clock_{1'700'000'000'000};
    base::ScriptedRandom random_{3};
    std::string folder_;
    std::string secret_;
};

TEST_F(SecondFactorTest, WhoHasNoneShowsNone) {
    SecondFactors factors = open();
    EXPECT_EQ(factors.use("bob", "123456").error().code, Code::denied);
    EXPECT_EQ(factors.confirm("bob", "123456").error().code, Code::not_found);
    EXPECT_EQ(factors.remove("bob", "123456").error().code, Code::denied);
    secret_ = *factors.begin("bob", "");
    EXPECT_EQ(factors.use("bob", code()).error().code, Code::denied) << "not confirmed yet";
    EXPECT_EQ(factors.confirm("bob", wrong()).error().code, Code::denied);
    EXPECT_EQ(factors.confirm("bob", code()).error().code, Code::not_found) << "one try";
    secret_ = *factors.begin("bob", "");
    clock_.advance_ms(SecondFactors::begun_life_ms);
    EXPECT_EQ(factors.confirm("bob", code()).error().code, Code::not_found);
    EXPECT_FALSE(factors.has("bob"));
}

TEST_F(SecondFactorTest, ACodeCountsOnceAlsoAfterARestart) {
    {
        SecondFactors factors = open();
        set_up(factors);
        EXPECT_FALSE(factors.use("bob", code(-2)).ok()) << "a minute old";
        EXPECT_FALSE(factors.use("bob", code(2)).ok());
        EXPECT_FALSE(factors.use("bob", "").ok());
        EXPECT_FALSE(factors.use("bob", code() + "0").ok());
        EXPECT_FALSE(factors.use("eve", code()).ok());
        EXPECT_TRUE(factors.use("bob", code()).ok());
        EXPECT_FALSE(factors.use("bob", code()).ok());
        EXPECT_FALSE(factors.use("bob", code(-1)).ok()) << "an older one after a newer one";
    }
    SecondFactors factors = open();
    EXPECT_FALSE(factors.use("bob", code()).ok());
    EXPECT_TRUE(factors.use("bob", code(1)).ok());
    EXPECT_FALSE(opened(8).ok()) << "another key";
}

TEST_F(SecondFactorTest, FiveWrongCodesLockAlsoAfterARestart) {
    {
        SecondFactors factors = open();
        set_up(factors);
        for (int i = 0; i < SecondFactors::wrong_max; ++i) {
            EXPECT_FALSE(factors.use("bob", wrong()).ok());
        }
        EXPECT_FALSE(factors.use("bob", code()).ok());
    }
    SecondFactors factors = open();
    EXPECT_FALSE(factors.use("bob", code()).ok());
    clock_.advance_ms(SecondFactors::locked_ms);
    EXPECT_TRUE(factors.use("bob", code()).ok());
}

TEST_F(SecondFactorTest, WhoHasOneChangesItWithACodeOfItAlone) {
    SecondFactors factors = open();
    set_up(factors);
    EXPECT_EQ(factors.begin("bob", "").error().code, Code::denied);
    EXPECT_EQ(factors.remove("bob", wrong()).error().code, Code::denied);
    EXPECT_TRUE(factors.has("bob"));
    EXPECT_TRUE(factors.begin("bob", code()).ok());
    clock_.advance_ms(60'000);
    EXPECT_TRUE(factors.remove("bob", code()).ok());
    EXPECT_FALSE(open().has("bob"));
}

TEST_F(SecondFactorTest, TheKeyLiesSealed) {
    SecondFactors factors = open();
    set_up(factors);
    std::ifstream file(folder_ + "/factors", std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(file), {}};
    EXPECT_EQ(bytes.find("bob"), std::string::npos);
    EXPECT_EQ(to_base32(base::bytes_of("foobar")), "MZXW6YTBOI");
    EXPECT_EQ(to_base32(base::bytes_of("f")), "MY");
    EXPECT_EQ(factor_link("uid 1000", "ABC"),
              "otpauth://totp/Hardshell:uid%201000?secret=ABC&issuer=Hardshell");
}

}  // namespace
}  // namespace hs::gate
