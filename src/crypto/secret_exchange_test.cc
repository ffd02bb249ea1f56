#include "crypto/secret_exchange.h"

#include <gtest/gtest.h>

namespace hs::crypto {
namespace {

TEST(SecretExchangeTest, BothSidesAgreeAndAStrangerDoesNot) {
    base::ScriptedRandom random(7);
    const auto left = SecretExchange::begin(random);
    const auto right = SecretExchange::begin(random);
    const auto stranger = SecretExchange::begin(random);
    ASSERT_EQ(left.public_value().size(), SecretExchange::group_bytes);
    const auto one = left.agree(right.public_value());
    const auto two = right.agree(left.public_value());
    ASSERT_TRUE(one.ok() && two.ok());
    EXPECT_EQ(one->size(), 16U);
    EXPECT_TRUE(equal(one->view(), two->view()));
    EXPECT_FALSE(equal(one->view(), stranger.agree(left.public_value())->view()));
}

TEST(SecretExchangeTest, ValuesOutsideTheGroupAreRefused) {
    base::ScriptedRandom random(7);
    const auto mine = SecretExchange::begin(random);
    base::Bytes zero(128);
    base::Bytes one(128);
    one.back() = 1;
    const base::Bytes beyond(128, 0xff);
    for (const auto& bad : {base::Bytes{}, base::Bytes(129, 2), zero, one, beyond}) {
        EXPECT_EQ(mine.agree(bad).error().code, base::Code::corrupt);
    }
}

TEST(SecretExchangeTest, OpensWhatItSealedAndNothingElse) {
    base::ScriptedRandom random(7);
    const auto key = SecretBytes::copy_of(*base::from_hex("2b7e151628aed2a6abf7158809cf4f3c"));
    for (const std::size_t size :
         {std::size_t{0}, std::size_t{1}, std::size_t{16}, std::size_t{31}, std::size_t{4096}}) {
        const base::Bytes plain(size, 0x5a);
        const auto sealed = cbc_seal(key, plain, random);
        EXPECT_EQ(sealed.cipher.size(), (size / 16 + 1) * 16);
        EXPECT_TRUE(equal(cbc_open(key, sealed.vector, sealed.cipher)->view(), plain));
        EXPECT_FALSE(cbc_open(key, base::Bytes(15), sealed.cipher).ok());
        EXPECT_FALSE(cbc_open(key, sealed.vector,
                              base::ByteView(sealed.cipher).first(sealed.cipher.size() - 1))
                         .ok());
    }
    EXPECT_FALSE(cbc_open(key, base::Bytes(16), {}).ok());
}

}  // namespace
}  // namespace hs::crypto
