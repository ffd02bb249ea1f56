#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>

#include "crypto/hash.h"
#include "crypto/known_answers.h"
#include "crypto/mac.h"
#include "crypto/password.h"
#include "crypto/seal.h"
#include "crypto/secret.h"
#include "crypto/sign.h"

namespace hs::crypto {
namespace {

using base::bytes_of;
using base::Code;
using base::from_hex;
using base::to_hex;

TEST(SelfTest, Passes) {
    EXPECT_TRUE(self_test());
}

TEST(Secret, IsMovedNotCopiedAndComparesInFull) {
    base::ScriptedRandom random(3);
    SecretBytes first = SecretBytes::random(32, random);
    const base::Bytes copy = base::copy_bytes(first.view());
    SecretBytes second = std::move(first);
    EXPECT_TRUE(first.empty());
    EXPECT_TRUE(equal(second.view(), copy));
    EXPECT_FALSE(equal(second.view(), base::ByteView(copy).first(31)));
    EXPECT_TRUE(equal({}, {}));
    static_assert(!std::is_copy_constructible_v<SecretBytes>);
    wipe(second.writable());
    EXPECT_TRUE(equal(second.view(), base::Bytes(32, 0)));
}

// The kernel marks memory that is left out of core dumps with "dd" in smaps.
TEST(Secret, LiesOutsideCoreDumps) {
    const SecretBytes secret(32);
    char want[32];
    const auto page =
        reinterpret_cast<std::uintptr_t>(secret.view().data()) & ~std::uintptr_t{4095};
    std::snprintf(want, sizeof want, "%lx-", static_cast<unsigned long>(page));
    std::FILE* maps = std::fopen("/proc/self/smaps", "r");
    ASSERT_NE(maps, nullptr);
    char line[512];
    bool here = false;
    bool excluded = false;
    while (std::fgets(line, sizeof line, maps) != nullptr) {
        if (std::strncmp(line, want, std::strlen(want)) == 0) here = true;
        if (here && std::strncmp(line, "VmFlags:", 8) == 0) {
            excluded = std::strstr(line, " dd") != nullptr;
            break;
        }
    }
    std::fclose(maps);
    EXPECT_TRUE(here);
    EXPECT_TRUE(excluded);
}

TEST(SecretDeathTest, WritingPastTheEndStops) {
    EXPECT_DEATH(
        {
            SecretBytes secret(32);
            volatile std::uint8_t* data = secret.writable().data();
            for (int i = 0; i < 8192; ++i) data[i] = 1;
        },
        "");
}

// FIPS 180-2, appendix B.
TEST(Sha256, KnownAnswers) {
    EXPECT_EQ(to_hex(sha256({})),
              "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    EXPECT_EQ(to_hex(sha256(bytes_of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"))),
              "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    Sha256 hash;
    const base::Bytes thousand(1000, 'a');
    for (int i = 0; i < 1000; ++i) hash.update(thousand);
    EXPECT_EQ(to_hex(hash.finish()),
              "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    EXPECT_EQ(hash.finish(), sha256({}));
}

TEST(Sha256, ManyMessagesAgreeWithOneAtATime) {
    base::ScriptedRandom random(9);
    std::vector<base::Bytes> messages;
    for (std::size_t size = 0; size < 300; ++size) {
        base::Bytes message(size);
        random.fill(message);
        messages.push_back(std::move(message));
    }
    const std::vector<base::ByteView> views(messages.begin(), messages.end());
    std::vector<Digest> digests(views.size());
    sha256_prefixed(1, views, digests);
    for (std::size_t i = 0; i < views.size(); ++i) {
        const std::uint8_t prefix = 1;
        EXPECT_EQ(digests[i], Sha256().update({&prefix, 1}).update(views[i]).finish()) << i;
    }
}

TEST(Sha256, OfADescriptorIsBoundedAndLeavesThePosition) {
    std::FILE* file = std::tmpfile();
    ASSERT_NE(file, nullptr);
    const base::Bytes content(600'000, 7);
    ASSERT_EQ(std::fwrite(content.data(), 1, content.size(), file), content.size());
    std::fflush(file);
    EXPECT_EQ(*sha256_of_descriptor(fileno(file), content.size()), sha256(content));
    EXPECT_EQ(sha256_of_descriptor(fileno(file), content.size() - 1).error().code, Code::exhausted);
    std::fclose(file);
    EXPECT_EQ(sha256_of_descriptor(-1, 10).error().code, Code::io);
}

// Another key, label or message gives another result.
TEST(Mac, KeyLabelAndMessageAllMatter) {
    base::ScriptedRandom random(1);
    const auto key = SecretBytes::random(key_bytes, random);
    const auto other = SecretBytes::random(key_bytes, random);
    const Mac mac = keyed_hash(key, bytes_of("m"));
    EXPECT_TRUE(keyed_hash_matches(key, bytes_of("m"), mac));
    EXPECT_FALSE(keyed_hash_matches(key, bytes_of("n"), mac));
    EXPECT_FALSE(keyed_hash_matches(other, bytes_of("m"), mac));
    EXPECT_FALSE(keyed_hash_matches(key, bytes_of("m"), base::ByteView(mac).first(31)));
    EXPECT_FALSE(equal(derive_key(key, "a").view(), derive_key(key, "b").view()));
    EXPECT_FALSE(equal(derive_key(key, "a").view(), derive_key(other, "a").view()));
    EXPECT_TRUE(equal(derive_key(key, "a").view(), derive_key(key, "a").view()));
}

// RFC 4231, test cases 1 and 6 (a key longer than a block).
TEST(Mac, HmacKnownAnswers) {
    EXPECT_EQ(to_hex(hmac_sha256(base::Bytes(20, 0x0b), bytes_of("Hi There"))),
              "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    EXPECT_EQ(
        to_hex(hmac_sha256(base::Bytes(131, 0xaa),
                           bytes_of("Test Using Larger Than Block-Size Key - Hash Key First"))),
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

// draft-irtf-cfrg-xchacha-03, appendix A.3.1.
TEST(Seal, KnownAnswerOpens) {
    const auto key = SecretBytes::copy_of(
        *from_hex("808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f"));
    auto sealed = *from_hex(
        "01404142434445464748494a4b4c4d4e4f5051525354555657"
        "bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb731c7f1b0b4aa6440bf3a82f4e"
        "da"
        "7e39ae64c6708c54c216cb96b72e1213b4522f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b238"
        "35"
        "65d3fff921f9664c97637da9768812f615c68b13b52ec0875924c1c7987947deafd8780acf49");
    const auto place = *from_hex("50515253c0c1c2c3c4c5c6c7");
    const auto plain = open(key, sealed, place);
    ASSERT_TRUE(plain);
    EXPECT_TRUE(base::text_of(*plain).starts_with("Ladies and Gentlemen of the class of '99"));
    sealed[0] = 2;
    EXPECT_EQ(open(key, sealed, place).error().code, Code::corrupt);
}

TEST(Seal, EveryChangedByteAndEveryCutIsCorrupt) {
    base::ScriptedRandom random(5);
    const auto key = SecretBytes::random(key_bytes, random);
    const auto sealed = seal(key, bytes_of("hello"), bytes_of("table/row"), random);
    EXPECT_EQ(base::text_of(*open(key, sealed, bytes_of("table/row"))), "hello");
    EXPECT_EQ(sealed.size(), 5 + seal_overhead_bytes);
    for (std::size_t i = 0; i < sealed.size(); ++i) {
        auto changed = sealed;
        changed[i] ^= 1U;
        EXPECT_EQ(open(key, changed, bytes_of("table/row")).error().code, Code::corrupt);
        EXPECT_FALSE(open(key, base::ByteView(sealed).first(i), bytes_of("table/row")));
    }
    EXPECT_FALSE(open(key, sealed, bytes_of("table/other")));
    EXPECT_FALSE(open(SecretBytes::random(key_bytes, random), sealed, bytes_of("table/row")));
    EXPECT_TRUE(equal(open_secret(key, sealed, bytes_of("table/row"))->view(), bytes_of("hello")));
    EXPECT_FALSE(open_secret(key, sealed, bytes_of("x")));
}

// RFC 8032, section 7.1, test 3.
TEST(Sign, KnownAnswerAndRefusals) {
    const auto key = SigningKey::from_seed(
        *from_hex("c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7"));
    ASSERT_TRUE(key);
    EXPECT_EQ(to_hex(key->public_key()),
              "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025");
    const auto message = *from_hex("af82");
    auto signature = key->sign(message);
    EXPECT_EQ(
        to_hex(signature),
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f76"
        "0984dc6594a7c15e9716ed28dc027beceea1ec40a");
    EXPECT_TRUE(verify(key->public_key(), message, signature));
    EXPECT_FALSE(verify(key->public_key(), bytes_of("x"), signature));
    EXPECT_FALSE(verify(PublicKey{}, message, signature));
    EXPECT_TRUE(equal(SigningKey::from_seed(key->seed().view())->public_key(), key->public_key()));
    EXPECT_EQ(SigningKey::from_seed(message).error().code, Code::invalid_input);
}

TEST(Password, CostsAreStoredAndBounded) {
    base::ScriptedRandom random(5);
    PasswordCost cost = new_password_cost(random);
    EXPECT_EQ(cost.passes, 3U);
    EXPECT_EQ(cost.memory_kib, 65536U);
    cost.passes = 1;
    cost.memory_kib = 64;
    const auto again = unpack_password_cost(pack(cost));
    ASSERT_TRUE(again);
    const auto key = key_from_password("correct horse", *again);
    ASSERT_TRUE(key);
    EXPECT_TRUE(equal(key->view(), key_from_password("correct horse", cost)->view()));
    EXPECT_FALSE(equal(key->view(), key_from_password("correct horsf", cost)->view()));
    EXPECT_EQ(key_from_password("", cost).error().code, Code::invalid_input);
    cost.memory_kib = 4U << 20U;
    EXPECT_EQ(unpack_password_cost(pack(cost)).error().code, Code::exhausted);
    EXPECT_EQ(key_from_password("x", cost).error().code, Code::exhausted);
    EXPECT_FALSE(unpack_password_cost({}));
}

}  // namespace
}  // namespace hs::crypto
