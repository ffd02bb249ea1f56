#include "cedar/extension.h"

#include <gtest/gtest.h>

#include <limits>

namespace hs::cedar {
namespace {

constexpr std::int64_t largest = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t smallest = std::numeric_limits<std::int64_t>::min();

TEST(Ip, RefusesWhatIsNoAddress) {
    for (const char* wrong : {"",
                              "1.2.3",
                              "1.2.3.4.5",
                              "1.2.3.256",
                              "01.2.3.4",
                              "1.2.3.04",
                              "1.2.3.4 ",
                              " 1.2.3.4",
                              "1.2.3.4/33",
                              "1.2.3.4/08",
                              "1.2.3.4/+8",
                              "1.2.3.4/",
                              "1.2.3.4/ 8",
                              "1.2.3.4/0000008",
                              "1..3.4",
                              "0x1.2.3.4",
                              "1.2.3.4/8/8",
                              "::1/129",
                              "::1/-1",
                              ":",
                              ":::",
                              "1::2::3",
                              "1:2",
                              "1:2:3:4:5:6:7:8:9",
                              "1:2:3:4:5:6:7:8::",
                              "1:2:3:4:5:6:7::8",
                              "00001::",
                              "g::",
                              "::ffff:1.2.3.4",
                              "::1.2",
                              "[::1]",
                              "fe80::1%eth0",
                              "1:2:3:4:5:6:7:",
                              ":1:2:3:4:5:6:7",
                              "localhost",
                              "١.2.3.4"}) {
        EXPECT_FALSE(parse_ip(wrong)) << wrong;
    }
}

TEST(Ip, ReadsAndWritesAddresses) {
    const std::vector<std::pair<std::string, std::string>> table = {
        {"1.2.3.4", "1.2.3.4"},
        {"1.2.3.4/32", "1.2.3.4"},
        {"10.0.0.0/8", "10.0.0.0/8"},
        {"0.0.0.0/0", "0.0.0.0/0"},
        {"::", "::"},
        {"::1", "::1"},
        {"1::", "1::"},
        {"1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"},
        {"1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"},
        {"2001:DB8:0:0:1:0:0:1/64", "2001:db8::1:0:0:1/64"},
        {"0:0:0:1:0:0:0:0", "0:0:0:1::"},
        {"::1/128", "::1"},
    };
    for (const auto& [text, wanted] : table) {
        const auto address = parse_ip(text);
        ASSERT_TRUE(address) << text;
        EXPECT_EQ(ip_text(*address), wanted);
        EXPECT_EQ(parse_ip(ip_text(*address)), address);
    }
}

TEST(Ip, KnowsRangesAndKinds) {
    const auto in = [](const char* inner, const char* outer) {
        return is_in_range(*parse_ip(inner), *parse_ip(outer));
    };
    EXPECT_TRUE(in("10.1.2.3", "10.0.0.0/8"));
    EXPECT_FALSE(in("11.1.2.3", "10.0.0.0/8"));
    EXPECT_TRUE(in("10.0.0.0/9", "10.0.0.0/8"));
    EXPECT_FALSE(in("10.0.0.0/7", "10.0.0.0/8"));
    EXPECT_TRUE(in("1.2.3.4", "0.0.0.0/0"));
    EXPECT_TRUE(in("192.168.129.1", "192.168.128.0/17"));
    EXPECT_FALSE(in("192.168.127.1", "192.168.128.0/17"));
    EXPECT_FALSE(in("1.2.3.4", "::/0"));
    EXPECT_TRUE(in("2001:db8::5", "2001:db8::/32"));
    EXPECT_TRUE(is_loopback(*parse_ip("127.9.9.9")));
    EXPECT_FALSE(is_loopback(*parse_ip("127.0.0.1/4")));
    EXPECT_TRUE(is_loopback(*parse_ip("::1")));
    EXPECT_FALSE(is_loopback(*parse_ip("::1/64")));
    EXPECT_FALSE(is_loopback(*parse_ip("::ffff:7f00:1")));
    EXPECT_TRUE(is_multicast(*parse_ip("239.1.1.1")));
    EXPECT_FALSE(is_multicast(*parse_ip("224.0.0.0/3")));
    EXPECT_TRUE(is_multicast(*parse_ip("ff02::1")));
}

TEST(Decimal, ReadsAndWrites) {
    EXPECT_EQ(parse_decimal("1.0"), 10'000);
    EXPECT_EQ(parse_decimal("-1.2345"), -12'345);
    EXPECT_EQ(parse_decimal("-0.5"), -5'000);
    EXPECT_EQ(parse_decimal("-0.0"), 0);
    EXPECT_EQ(parse_decimal("00000000000000000000000001.1"), 11'000);
    EXPECT_EQ(parse_decimal("922337203685477.5807"), largest);
    EXPECT_EQ(parse_decimal("-922337203685477.5808"), smallest);
    for (const char* wrong : {"", "1", "1.", ".1", "-", "-.1", "1.23456", "+1.0", "1.0 ", "1,0",
                              "1e1", "922337203685477.5808", "-922337203685477.5809", "1.-1",
                              "1.1.1", "٣.1", "99999999999999999999.0"}) {
        EXPECT_FALSE(parse_decimal(wrong)) << wrong;
    }
    for (const std::int64_t units : {std::int64_t{0}, std::int64_t{1}, std::int64_t{-5'000},
                                     std::int64_t{12'300}, largest, smallest}) {
        EXPECT_EQ(parse_decimal(decimal_text(units)), units) << decimal_text(units);
    }
}

TEST(Datetime, ReadsAndWrites) {
    EXPECT_EQ(parse_datetime("1970-01-01"), 0);
    EXPECT_EQ(parse_datetime("1969-12-31T23:59:59.999Z"), -1);
    EXPECT_EQ(parse_datetime("2024-02-29T00:00:00Z"), 1'709'164'800'000);
    EXPECT_EQ(parse_datetime("2024-10-15T11:38:02.101+1134"),
              *parse_datetime("2024-10-15T00:04:02.101Z"));
    EXPECT_EQ(parse_datetime("2024-10-15T11:38:02-1134"), *parse_datetime("2024-10-15T23:12:02Z"));
    for (const char* wrong : {"",
                              "2024",
                              "2024-1-1",
                              "24-01-01",
                              "2024-13-01",
                              "2024-00-01",
                              "2024-02-30",
                              "2023-02-29",
                              "2024-01-01T",
                              "2024-01-01T00:00Z",
                              "2024-01-01T00:00:00",
                              "2024-01-01T24:00:00Z",
                              "2024-01-01T00:60:00Z",
                              "2016-12-31T23:59:60Z",
                              "2024-01-01T00:00:00.1Z",
                              "2024-01-01T00:00:00.1234Z",
                              "2024-01-01T00:00:00+2400",
                              "2024-01-01T00:00:00+0060",
                              "2024-01-01T00:00:00+01:00",
                              "2024-01-01T00:00:00ZZ",
                              "2024-01-01 00:00:00Z",
                              "2024-01-01t00:00:00Z",
                              "2024-01-01T00:00:00z",
                              "10000-01-01",
                              "-2024-01-01",
                              "2024-01-01Z"}) {
        EXPECT_FALSE(parse_datetime(wrong)) << wrong;
    }
    for (const char* text : {"0000-01-01", "9999-12-31T23:59:59.999Z", "1969-12-31T23:59:59.999Z",
                             "2026-11-22T09:00:00Z"}) {
        EXPECT_EQ(datetime_text(*parse_datetime(text)), text);
    }
    EXPECT_EQ(datetime_text(largest), "");
    EXPECT_EQ(datetime_text(smallest), "");
}

TEST(Duration, ReadsAndWrites) {
    EXPECT_EQ(parse_duration("1d2h3m4s5ms"), 93'784'005);
    EXPECT_EQ(parse_duration("-1d"), -day_ms);
    EXPECT_EQ(parse_duration("0ms"), 0);
    EXPECT_EQ(parse_duration("00001d"), day_ms);
    EXPECT_EQ(parse_duration("9223372036854775807ms"), largest);
    EXPECT_EQ(parse_duration("-9223372036854775808ms"), smallest);
    for (const char* wrong :
         {"", "-", "1", "d", "1h1d", "1d1d", "1ms1s", "1d 1h", " 1d", "+1d", "1D", "--1d", "1d-1h",
          "9223372036854775808ms", "106751991168d", "1.5d", "99999999999999999999999ms", "1msx"}) {
        EXPECT_FALSE(parse_duration(wrong)) << wrong;
    }
    EXPECT_EQ(parse_duration(duration_text(smallest)), smallest);
}

}  // namespace
}  // namespace hs::cedar
