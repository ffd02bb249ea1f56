#include "egress/leak_scan.h"

#include <gtest/gtest.h>

#include "egress/leak_filter.h"
#include "os/system.h"

namespace hs::egress {
namespace {

constexpr std::string_view value = "ghp_0123456789abcdef+/ZYXWV";

std::shared_ptr<const FingerprintTable> table_of(std::vector<std::string> values) {
    os::SystemRandom random;
    std::vector<NamedSecret> secrets;
    for (std::size_t i = 0; i < values.size(); ++i) {
        secrets.push_back({"secret" + std::to_string(i),
                           crypto::SecretBytes::copy_of(base::bytes_of(values[i]))});
    }
    // As egress gets it: packed by the keeper.
    const auto table = FingerprintTable::of(secrets, random);
    auto unpacked = FingerprintTable::unpack(table.pack());
    CHECK(unpacked.ok());
    return std::make_shared<const FingerprintTable>(std::move(*unpacked));
}

std::string percent(std::string_view text) {
    std::string out;
    for (const char c : text) {
        const bool plain = std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
        out += plain ? std::string(1, c) : "%" + [&] {
            std::string digits = base::to_hex(base::bytes_of({&c, 1}));
            for (char& digit : digits) {
                digit = static_cast<char>(std::toupper(digit));
            }
            return digits;
        }();
    }
    return out;
}

std::vector<std::string> disguises() {
    std::vector<std::string> forms = {std::string(value), percent(value),
                                      base::to_hex(base::bytes_of(value))};
    for (const std::string before : {"", "u", "us", "user:", "x-access-token:"}) {
        for (const std::string after : {"", "!", "!!", "\n and more"}) {
            const std::string whole = before + std::string(value) + after;
            forms.push_back(base::to_base64(base::bytes_of(whole)));
            forms.push_back(base::to_base64url(base::bytes_of(whole)));
        }
    }
    return forms;
}

TEST(LeakScan, FindsASecretInEachDisguiseHoweverItIsCut) {
    const auto table = table_of({"another-secret-value", std::string(value)});
    for (const std::string& form : disguises()) {
        const std::string text = "{\"a\":\"" + form + "\",\"b\":1}";
        EXPECT_EQ(LeakScan::find(table, base::bytes_of(text)), "secret1") << form;
        for (const std::size_t piece : {1U, 2U, 7U, 13U}) {
            LeakScan scan(table);
            std::optional<std::string> found;
            for (std::size_t at = 0; at < text.size() && !found; at += piece) {
                found = scan.feed(base::bytes_of(std::string_view(text).substr(at, piece)));
            }
            EXPECT_EQ(found, "secret1") << form << " in pieces of " << piece;
        }
    }
}

TEST(LeakScan, FindsLongSecretsAndNothingElse) {
    std::string lengthy;
    std::uint32_t state = 7;
    for (int i = 0; i < 400; ++i) {
        state = state * 1'103'515'245U + 12'345U;
        lengthy += static_cast<char>('a' + (state >> 16U) % 26);
    }
    const auto table = table_of({lengthy, "0123456789ab"});
    EXPECT_TRUE(LeakScan::find(table, base::bytes_of("x" + lengthy)).has_value());
    EXPECT_TRUE(LeakScan::find(table, base::bytes_of("x0123456789ab")).has_value());
    EXPECT_FALSE(LeakScan::find(table, base::bytes_of(lengthy.substr(0, 100))).has_value());
    EXPECT_FALSE(LeakScan::find(table, base::bytes_of("0123456789a")).has_value());
    // One byte off.
    std::string bent = lengthy;
    bent[100] ^= 1;
    EXPECT_FALSE(LeakScan::find(table, base::bytes_of(bent)).has_value());
    os::SystemRandom random;
    base::Bytes noise(1U << 20U);
    random.fill(noise);
    EXPECT_FALSE(LeakScan::find(table, noise).has_value());
}

TEST(LeakScan, WithoutSecretsCostsNothing) {
    LeakScan scan(std::make_shared<const FingerprintTable>());
    EXPECT_FALSE(scan.feed(base::bytes_of("anything")).has_value());
    EXPECT_EQ(scan.held(), 0U);
    EXPECT_FALSE(LeakScan(nullptr).feed(base::bytes_of("anything")).has_value());
}

TEST(LeakFilter, LetsNoPartOfASecretOut) {
    const auto table = table_of({std::string(value)});
    const std::string text = "before " + std::string(value) + " after";
    for (const std::size_t piece : {1U, 5U, 12U, 100U}) {
        LeakFilter filter(table);
        std::string out;
        bool refused = false;
        for (std::size_t at = 0; at < text.size() && !refused; at += piece) {
            const auto passed =
                filter.pass(base::bytes_of(std::string_view(text).substr(at, piece)));
            refused = !passed.ok();
            if (passed) out += base::text_of(*passed);
        }
        EXPECT_TRUE(refused) << piece;
        EXPECT_EQ(out.find(value.substr(0, 4)), std::string::npos) << out;
    }
}

TEST(LeakFilter, PassesEverythingElseWhole) {
    const auto table = table_of({std::string(value)});
    // The beginning of the secret, and another end.
    const std::string text = "before " + std::string(value.substr(0, 20)) + "XXXX after";
    LeakFilter filter(table);
    std::string out;
    for (const char c : text) {
        const auto passed = filter.pass(base::bytes_of({&c, 1}));
        ASSERT_TRUE(passed.ok());
        out += base::text_of(*passed);
    }
    out += base::text_of(filter.finish());
    EXPECT_EQ(out, text);
}

TEST(Fingerprints, HoldNoValueAndRefuseNonsense) {
    const auto table = table_of({std::string(value)});
    const base::Bytes packed = table->pack();
    EXPECT_EQ(base::text_of(packed).find(value.substr(0, 8)), std::string_view::npos);
    for (std::size_t size = 0; size < packed.size(); ++size) {
        EXPECT_FALSE(FingerprintTable::unpack(base::ByteView(packed).first(size)).ok()) << size;
    }
}

}  // namespace
}  // namespace hs::egress
