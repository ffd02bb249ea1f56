#include "policy/canonical_host.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "policy/canonical_time.h"

namespace hs::policy {
namespace {

std::string canonical(std::string_view text) {
    auto host = canonical_host(text);
    return host ? host->name : "refused";
}

bool confusable(std::string_view text) {
    auto host = canonical_host(text);
    return host && host->is_confusable;
}

TEST(CanonicalHost, RefusesWhatItCannotTrust) {
    const std::string_view hostile[] = {
        "",
        ".",
        "..",
        "a..b",
        ".a",
        "a b",
        "user@host",
        "a%2eb",
        "a/b",
        "a\\b",
        "a?b",
        "a#b",
        "host:80",
        "-a.example",
        "a-.example",
        "a^b",
        "a|b",
        "a<b",
        std::string_view("a\0b", 3),
        "\xff.example",
        "exa\xe2\x80\x8bmple.com",  // zero width space
        "example\xe2\x80\xae.com",  // right-to-left override
        "a\xc2\xad"
        "b.com",  // soft hyphen
        "a\xe2\x88\x95"
        "b.com",  // division slash
        "a\xef\xbc\x8f"
        "b.com",  // full-width slash
        "a\xe2\x84\x80"
        "b.com",  // U+2100 folds to a/c
        "\xcc\x81"
        "a.com",                 // begins with a combining mark
        "\xf0\x9f\x92\xa9.com",  // symbols are no letters
        "xn--a",
        "xn--ab-",       // no valid A-labels
        "xn--zn7c.com",  // decodes to a symbol
        "xn--",          //
        "256.1.1.1",
        "1.2.3.4.5",
        "1.2.3.0x100",
        "0x1ffffffff",
        "1.2.3.08",
        "a.1",
        "1.2.3.4.0x",
        "[::1",
        "::1]",
        "[127.0.0.1]",
        "[fe80::1%eth0]",
        "[::g]",
        "[1:2:3:4:5:6:7:8:9]",
        "[:::1]",
        "[1::2::3]",
        "[::1.2.3]",
        "[1.2.3.4::]",
    };
    for (const auto text : hostile) EXPECT_EQ(canonical(text), "refused") << text;
    EXPECT_EQ(canonical(std::string(64, 'a') + ".com"), "refused");
    std::string long_name = "a";
    for (int i = 0; i < 130; ++i) long_name += ".a";
    EXPECT_EQ(canonical(long_name), "refused");
}

TEST(CanonicalHost, HasOneSpelling) {
    EXPECT_EQ(canonical("Example.COM."), "example.com");
    EXPECT_EQ(canonical("EXAMPLE\xe3\x80\x82"
                        "com"),
              "example.com");  // ideographic full stop
    EXPECT_EQ(canonical("example\xef\xbc\x8e"
                        "com"),
              "example.com");                                       // full-width full stop
    EXPECT_EQ(canonical("\xef\xbd\x85xample.com"), "example.com");  // full-width e
    EXPECT_EQ(canonical("b\xc3\xbc"
                        "cher.example"),
              "xn--bcher-kva.example");
    EXPECT_EQ(canonical("BU\xcc\x88"
                        "CHER.example"),
              "xn--bcher-kva.example");
    EXPECT_EQ(canonical("xn--bcher-kva.example"), "xn--bcher-kva.example");
    EXPECT_EQ(canonical("XN--BCHER-KVA.example"), "xn--bcher-kva.example");
    EXPECT_EQ(canonical("\xe4\xbe\x8b\xe3\x81\x88.jp"), "xn--r8jz45g.jp");
    EXPECT_EQ(canonical("_dmarc.example.com"), "_dmarc.example.com");
    EXPECT_EQ(canonical_host("xn--bcher-kva.example")->shown,
              "b\xc3\xbc"
              "cher.example");
}

TEST(CanonicalHost, NumericFormsAreOneAddress) {
    for (const auto text : {"127.0.0.1", "0x7f000001", "2130706433", "017700000001", "127.1",
                            "0x7f.1", "127.0.1", "0177.0.0.01", "127.0.0.1.", "0X7F.0.0.1",
                            "\xef\xbc\x91\xef\xbc\x92\xef\xbc\x97.0.0.1"}) {
        EXPECT_EQ(canonical(text), "127.0.0.1") << text;
    }
    EXPECT_EQ(canonical("[0:0:0:0:0:0:0:1]"), "::1");
    EXPECT_EQ(canonical("::FFFF:127.0.0.1"), "::ffff:7f00:1");
    EXPECT_EQ(canonical("[2001:DB8:0:0:1:0:0:1]"), "2001:db8::1:0:0:1");
    EXPECT_EQ(canonical("1::"), "1::");
    EXPECT_EQ(canonical("::"), "::");
}

TEST(CanonicalHost, FlagsLookAlikes) {
    EXPECT_TRUE(confusable("p\xd0\xb0ypal.com"));  // Cyrillic a among Latin
    EXPECT_TRUE(
        confusable("\xd0\xb0\xd1\x80\xd1\x80\xd3\x8f\xd0\xb5.com"));  // all Cyrillic "apple"
    EXPECT_TRUE(confusable("xn--80ak6aa92e.com"));                    // the same as an A-label
    EXPECT_TRUE(confusable("g\xce\xbf\xce\xbfgle.com"));              // Greek omicron
    EXPECT_FALSE(
        confusable("b\xc3\xbc"
                   "cher.example"));
    EXPECT_FALSE(confusable("\xd0\xbf\xd1\x80\xd0\xb8\xd0\xbc\xd0\xb5\xd1\x80.com"));
    EXPECT_FALSE(confusable("\xe4\xbe\x8b\xe3\x81\x88.jp"));
    EXPECT_EQ(canonical_host("xn--80ak6aa92e.com")->shown, "xn--80ak6aa92e.com");
}

TEST(CanonicalHost, PortsAreExact) {
    EXPECT_EQ(canonical_host_port("a.com", 443)->text(), "a.com:443");
    EXPECT_EQ(canonical_host_port("a.com:8443", 443)->text(), "a.com:8443");
    EXPECT_EQ(canonical_host_port("[::1]:80", 443)->text(), "[::1]:80");
    EXPECT_EQ(canonical_host_port("[::1]", 443)->text(), "[::1]:443");
    EXPECT_EQ(canonical_host_port("::1", 443)->text(), "[::1]:443");
    for (const auto text : {"a.com:", "a.com:0", "a.com:65536", "a.com:0443", "a.com:+1",
                            "a.com:1a", "a.com:99999999999", "a:b:c", "[::1]x:1"}) {
        EXPECT_FALSE(canonical_host_port(text, 443).ok()) << text;
    }
}

TEST(Punycode, AgreesWithTheRfc) {
    // RFC 3492 section 7.1: (A) Arabic, (L) Japanese with digits and Latin letters.
    const std::u32string arabic = {0x0644, 0x064A, 0x0647, 0x0645, 0x0627, 0x0628,
                                   0x062A, 0x0643, 0x0644, 0x0645, 0x0648, 0x0634,
                                   0x0639, 0x0631, 0x0628, 0x064A, 0x061F};
    EXPECT_EQ(*punycode_encode(arabic), "egbpdaj6bu4bxfgehfvwxn");
    EXPECT_EQ(*punycode_decode("egbpdaj6bu4bxfgehfvwxn"), arabic);
    const std::u32string japanese = {0x0033, 0x5E74, 0x0042, 0x7D44,
                                     0x91D1, 0x516B, 0x5148, 0x751F};
    EXPECT_EQ(*punycode_encode(japanese), "3B-ww4c5e180e575a65lsy2b");
    EXPECT_EQ(*punycode_decode("3B-ww4c5e180e575a65lsy2b"), japanese);
    EXPECT_FALSE(punycode_decode("99999999999").ok());
    EXPECT_FALSE(punycode_decode("a-\xff").ok());
}

TEST(Address, FindsTheHiddenOne) {
    const auto kind = [](std::string_view text) { return classify(parse_address(text).value()); };
    EXPECT_EQ(kind("8.8.8.8"), AddressKind::global);
    EXPECT_EQ(kind("2606:4700::1111"), AddressKind::global);
    EXPECT_EQ(kind("127.9.9.9"), AddressKind::loopback);
    EXPECT_EQ(kind("::1"), AddressKind::loopback);
    EXPECT_EQ(kind("::ffff:127.0.0.1"), AddressKind::loopback);
    EXPECT_EQ(kind("::ffff:10.0.0.1"), AddressKind::private_network);
    EXPECT_EQ(kind("::10.0.0.1"), AddressKind::private_network);
    EXPECT_EQ(kind("64:ff9b::a9fe:a9fe"), AddressKind::metadata);
    EXPECT_EQ(kind("::ffff:169.254.169.254"), AddressKind::metadata);
    EXPECT_EQ(kind("2002:0a00:0001::"), AddressKind::private_network);
    EXPECT_EQ(kind("2001:0:0:0:0:0:f5ff:fffe"), AddressKind::private_network);  // Teredo
    EXPECT_EQ(kind("100.64.0.1"), AddressKind::private_network);
    EXPECT_EQ(kind("fd00:ec2::254"), AddressKind::metadata);
    EXPECT_EQ(kind("fd12::1"), AddressKind::private_network);
    EXPECT_EQ(kind("0.0.0.0"), AddressKind::unusable);
    EXPECT_EQ(kind("::"), AddressKind::unusable);
    EXPECT_EQ(kind("224.0.0.1"), AddressKind::unusable);
    EXPECT_EQ(kind("255.255.255.255"), AddressKind::unusable);
    EXPECT_FALSE(parse_address("01.2.3.4").ok());
    EXPECT_FALSE(parse_address_range("10.0.0.1/8").ok());
    EXPECT_FALSE(parse_address_range("10.0.0.0/33").ok());
    EXPECT_FALSE(parse_address_range("10.0.0.0/").ok());
}

TEST(CanonicalTime, ReadsTimesAndDurations) {
    EXPECT_EQ(base::format_time(*parse_time("2026-12-31")), "2026-12-31T00:00:00.000Z");
    EXPECT_EQ(base::format_time(*parse_time("2026-11-22T10:30:00.5+01:30")),
              "2026-11-22T09:00:00.500Z");
    for (const auto text :
         {"", "2026", "2026-13-01", "2026-02-30", "2026-11-22T09:00:00", "2026-11-22 09:00:00Z",
          "2026-11-22T24:00:00Z", "2026-11-22T09:00:60Z", "1969-12-31", "2026-11-22T09:00:00Zx",
          "2026-1-1", "+026-11-22", "2026-11-22T09:00:00.Z"}) {
        EXPECT_FALSE(parse_time(text).ok()) << text;
    }
    EXPECT_EQ(*parse_duration_ms("1h30m"), 5'400'000);
    EXPECT_EQ(*parse_duration_ms("90d"), 7'776'000'000);
    EXPECT_EQ(*parse_duration_ms("250ms"), 250);
    for (const auto text :
         {"", "0s", "5", "m", "-5m", "1m1h", "1h1h", "99999d", "1.5h", "9223372036854775807d"}) {
        EXPECT_FALSE(parse_duration_ms(text).ok()) << text;
    }
}

}  // namespace
}  // namespace hs::policy
