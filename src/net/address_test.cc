#include "net/address.h"

#include <gtest/gtest.h>

namespace hs::net {
namespace {

TEST(AddressTest, RefusesEveryFormThatOnlySomeParsersRead) {
    for (const char* text : {"",           "127.1",
                             "127.0.1",    "2130706433",
                             "0x7f000001", "0x7f.0.0.1",
                             "0177.0.0.1", "127.0.0.01",
                             "127.0.0.1.", " 127.0.0.1",
                             "127.0.0.1 ", "127.0.0.1:80",
                             "256.0.0.1",  "1.2.3.4.5",
                             "[::1]",      "fe80::1%eth0",
                             "::1::",      "::ffff:0x7f.0.0.1",
                             "1e1.0.0.1",  "١٢٧.0.0.1",
                             "localhost"}) {
        EXPECT_FALSE(Address::parse(text).ok()) << text;
    }
    EXPECT_FALSE(Address::parse(std::string_view("127.0.0.1\0.example", 18)).ok());
}

void expect_class(std::string_view text, AddressClass which) {
    const auto address = Address::parse(text);
    ASSERT_TRUE(address.ok()) << text;
    EXPECT_EQ(address_class_name(address->classify()), address_class_name(which)) << text;
}

TEST(AddressTest, NamesTheClassOfEachRange) {
    expect_class("169.254.169.254", AddressClass::metadata);
    expect_class("fd00:ec2::254", AddressClass::metadata);
    expect_class("100.100.100.200", AddressClass::metadata);
    expect_class("0.0.0.0", AddressClass::unspecified);
    expect_class("0.1.2.3", AddressClass::unspecified);
    expect_class("::", AddressClass::unspecified);
    expect_class("127.255.255.255", AddressClass::loopback);
    expect_class("::1", AddressClass::loopback);
    expect_class("169.254.1.1", AddressClass::link_local);
    expect_class("febf::1", AddressClass::link_local);
    expect_class("10.255.0.1", AddressClass::private_net);
    expect_class("172.31.255.255", AddressClass::private_net);
    expect_class("172.32.0.0", AddressClass::public_net);
    expect_class("172.15.255.255", AddressClass::public_net);
    expect_class("192.168.0.1", AddressClass::private_net);
    expect_class("fc00::1", AddressClass::unique_local);
    expect_class("fdff::1", AddressClass::unique_local);
    expect_class("100.64.0.1", AddressClass::carrier_nat);
    expect_class("100.127.255.255", AddressClass::carrier_nat);
    expect_class("100.128.0.0", AddressClass::public_net);
    expect_class("224.0.0.1", AddressClass::multicast);
    expect_class("ff02::1", AddressClass::multicast);
    expect_class("255.255.255.255", AddressClass::reserved);
    expect_class("198.19.0.1", AddressClass::reserved);
    expect_class("2001:db8::1", AddressClass::reserved);
    expect_class("2001:0:4136:e378:8000:63bf:3fff:fdd2", AddressClass::reserved);  // Teredo
    expect_class("64:ff9b:1::7f00:1", AddressClass::reserved);
    expect_class("4000::1", AddressClass::reserved);
    expect_class("1.1.1.1", AddressClass::public_net);
    expect_class("2606:4700::1111", AddressClass::public_net);
}

TEST(AddressTest, SeesThroughAddressesThatCarryAnIpv4Address) {
    expect_class("::ffff:127.0.0.1", AddressClass::loopback);
    expect_class("::ffff:a9fe:a9fe", AddressClass::metadata);
    expect_class("::ffff:0:10.0.0.1", AddressClass::private_net);
    expect_class("::127.0.0.1", AddressClass::loopback);
    expect_class("::10.0.0.1", AddressClass::private_net);
    expect_class("64:ff9b::169.254.169.254", AddressClass::metadata);
    expect_class("64:ff9b::8.8.8.8", AddressClass::public_net);
    expect_class("2002:7f00:1::", AddressClass::loopback);
    expect_class("2002:a9fe:a9fe::1", AddressClass::metadata);
    expect_class("2002:c0a8:0101::", AddressClass::private_net);
}

TEST(AddressTest, TellsHostsThatAResolverCouldReadAsNumbers) {
    for (const char* host : {"127.1", "2130706433", "0x7f.1", "a.0x7f", "1.2.3.4", "foo.09"}) {
        EXPECT_TRUE(looks_numeric(host)) << host;
    }
    for (const char* host : {"example.com", "1e100.net", "a1", "x0x7f"}) {
        EXPECT_FALSE(looks_numeric(host)) << host;
    }
}

TEST(AddressTest, HostNamesHaveOneForm) {
    EXPECT_EQ(*canonical_host("API.Example.COM"), "api.example.com");
    for (const char* host : {"", ".", "a..b", ".a", "a.", "a b", "a/b", "a@b", "a:80", "ex%61mple",
                             "exämple.com", "a\tb", "[::1]", "a\\b", "a#b"}) {
        EXPECT_FALSE(canonical_host(host).ok()) << host;
    }
    EXPECT_FALSE(canonical_host(std::string(64, 'a')).ok());
    EXPECT_FALSE(canonical_host(std::string(127, 'a') + "." + std::string(127, 'b')).ok());
}

TEST(AddressTest, UnknownClassBitsAreRefused) {
    EXPECT_FALSE(AddressClasses::from_bits(1U << 10U).ok());
    const AddressClasses some{AddressClass::public_net, AddressClass::loopback};
    EXPECT_EQ(*AddressClasses::from_bits(some.bits()), some);
    EXPECT_FALSE(some.has(AddressClass::metadata));
}

}  // namespace
}  // namespace hs::net
