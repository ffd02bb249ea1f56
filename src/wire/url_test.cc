#include "wire/url.h"

#include <gtest/gtest.h>

namespace hs::wire {
namespace {

std::string canonical(std::string_view text) {
    const auto url = parse_url(text);
    return url ? url->text() : "refused: " + url.error().what;
}

TEST(Url, RefusesWhatCouldBeReadInTwoWays) {
    for (const std::string_view bad : {"http://user@example.com/",
                                       "http://user:pw@example.com/",
                                       "http://a@b@c/",
                                       "http://example.com\\@evil.example/",
                                       "http://example.com/a\\b",
                                       "http://ex ample.com/",
                                       "http://example.com/a b",
                                       "http://example.com/\t",
                                       "http://example.com/\r\nHost: x",
                                       "http://example.com/\x7f",
                                       "http://exam%70le.com/",
                                       "http://example.com:/",
                                       "http://example.com:080/",
                                       "http://example.com:0/",
                                       "http://example.com:65536/",
                                       "http://example.com:8a/",
                                       "http://example.com:+80/",
                                       "http://example.com:80:80/",
                                       "http:///path",
                                       "http://",
                                       "http:/example.com",
                                       "http:example.com",
                                       "//example.com/",
                                       "example.com",
                                       "",
                                       "ftp://example.com/",
                                       "javascript://x/",
                                       "file:///etc/passwd",
                                       " http://example.com/",
                                       "http://example.com/ ",
                                       "http://example.com./",
                                       "http://.example.com/",
                                       "http://a..b/",
                                       "http://-a.example/",
                                       "http://a-.example/",
                                       "http://exa*mple/",
                                       "http://a,b/",
                                       "http://example.com/..",
                                       "http://example.com/a/../b",
                                       "http://example.com/./",
                                       "http://example.com/%2e%2E/x",
                                       "http://example.com/%",
                                       "http://example.com/%4",
                                       "http://example.com/%zz",
                                       "http://example.com/%00",
                                       "http://example.com/%0a",
                                       "http://example.com/?q=%00",
                                       "http://[::1",
                                       "http://::1/",
                                       "http://[::1%25eth0]/",
                                       "http://[::1%eth0]/",
                                       "http://[127.0.0.1]/",
                                       "http://[]/",
                                       "http://[::1]x/",
                                       "http://[v1.x]/"}) {
        EXPECT_TRUE(canonical(bad).starts_with("refused")) << bad << " -> " << canonical(bad);
    }
    EXPECT_FALSE(parse_url(std::string_view("http://a\0b/", 11)));
    EXPECT_FALSE(parse_url(std::string_view("http://[::1\0]/", 14)));
    EXPECT_FALSE(parse_url("http://example.com/\xff"));
    EXPECT_FALSE(parse_url("http://example.com/" + std::string(url_bytes_max, 'a')));
    // Escaping trebles the size, and the limit holds for the result too.
    EXPECT_FALSE(parse_url("http://example.com/" + std::string(url_bytes_max / 2, '|')));
}

TEST(Url, RefusesEveryOddFormOfAnIpv4Address) {
    for (const std::string_view bad :
         {"http://2130706433/", "http://0x7f000001/", "http://0x7f.1/", "http://127.1/",
          "http://0177.0.0.1/", "http://127.0.0.01/", "http://127.0.0.1.1/", "http://1.2.3.256/",
          "http://example.0x1/", "http://a.1/", "http://0x/", "http://127.0.0.1./"}) {
        EXPECT_TRUE(canonical(bad).starts_with("refused")) << bad << " -> " << canonical(bad);
    }
    EXPECT_EQ(parse_url("http://127.0.0.1:8080/")->host_kind, HostKind::ipv4);
    EXPECT_EQ(parse_url("http://1.2.3.4.example/")->host_kind, HostKind::name);
}

TEST(Url, RefusesUnicodeThatTurnsIntoSomethingElse) {
    for (const std::string_view bad :
         {"http://ｅxample.com/", "http://example。com/", "http://a\u2100b/",
          "http://ex\u00adample/", "http://exa\u200bmple/", "http://\u202eexample/",
          "http://BÜCHER.example/", "http://bu\u0308cher.example/", "http://faß.example/",
          "http://①.example/", "http://\u2028.example/", "http://\ue000.example/",
          "http://😀.example/", "http://a\uff0f.example/"}) {
        EXPECT_TRUE(canonical(bad).starts_with("refused")) << bad << " -> " << canonical(bad);
    }
    EXPECT_EQ(canonical("https://bücher.example/x"), "https://bücher.example/x");
    EXPECT_EQ(canonical("https://例え.テスト/"), "https://例え.テスト/");
    EXPECT_EQ(canonical("https://xn--bcher-kva.example/"), "https://xn--bcher-kva.example/");
}

TEST(Url, OneResourceHasOneText) {
    EXPECT_EQ(canonical("HTTP://Example.COM"), "http://example.com/");
    EXPECT_EQ(canonical("https://example.com:443/a"), "https://example.com/a");
    EXPECT_EQ(canonical("http://example.com:443/a"), "http://example.com:443/a");
    EXPECT_EQ(canonical("http://example.com/%61%7e%2f%c3%a9"), "http://example.com/a~%2F%C3%A9");
    EXPECT_EQ(canonical("http://example.com/é?q=ü&a[]=1|2"),
              "http://example.com/%C3%A9?q=%C3%BC&a%5B%5D=1%7C2");
    EXPECT_EQ(canonical("http://example.com/a?q=%0a"), "http://example.com/a?q=%0A");
    EXPECT_EQ(canonical("http://example.com?x"), "http://example.com/?x");
    EXPECT_EQ(canonical("http://example.com/a?"), "http://example.com/a?");
    EXPECT_EQ(canonical("http://example.com/a//b"), "http://example.com/a//b");
    EXPECT_EQ(canonical("http://example.com/...;v=1/..a"), "http://example.com/...;v=1/..a");
    EXPECT_EQ(canonical("http://example.com/a#frag?x/.."), "http://example.com/a");
    EXPECT_EQ(parse_url("http://example.com/a#fr%61g")->fragment, "frag");
    EXPECT_EQ(canonical("http://my_host:3000/"), "http://my_host:3000/");
}

TEST(Url, Ipv6IsWrittenAsRfc5952Asks) {
    EXPECT_EQ(canonical("http://[2001:DB8:0:0:0:0:0:1]:8080/"), "http://[2001:db8::1]:8080/");
    EXPECT_EQ(canonical("http://[::FFFF:127.0.0.1]/"), "http://[::ffff:127.0.0.1]/");
    const auto url = parse_url("http://[::1]:9/x");
    ASSERT_TRUE(url);
    EXPECT_EQ(url->host, "::1");
    EXPECT_EQ(url->port, 9);
    EXPECT_EQ(url->authority(), "[::1]:9");
    EXPECT_EQ(url->target(), "/x");
}

// RFC 3986 section 5.4, with a hierarchical base, as far as http references go.
TEST(Url, ResolvesTheExamplesOfRfc3986) {
    const auto from = parse_url("http://a/b/c/d;p?q");
    ASSERT_TRUE(from);
    const std::pair<std::string_view, std::string_view> cases[] = {
        {"g", "http://a/b/c/g"},
        {"./g", "http://a/b/c/g"},
        {"g/", "http://a/b/c/g/"},
        {"/g", "http://a/g"},
        {"//g", "http://g/"},
        {"?y", "http://a/b/c/d;p?y"},
        {"g?y", "http://a/b/c/g?y"},
        {"#s", "http://a/b/c/d;p?q"},
        {"g#s", "http://a/b/c/g"},
        {";x", "http://a/b/c/;x"},
        {"", "http://a/b/c/d;p?q"},
        {".", "http://a/b/c/"},
        {"./", "http://a/b/c/"},
        {"..", "http://a/b/"},
        {"../", "http://a/b/"},
        {"../g", "http://a/b/g"},
        {"../..", "http://a/"},
        {"../../g", "http://a/g"},
        {"../../../../g", "http://a/g"},
        {"/./g", "http://a/g"},
        {"/../g", "http://a/g"},
        {"g.", "http://a/b/c/g."},
        {"..g", "http://a/b/c/..g"},
        {"./../g", "http://a/b/g"},
        {"./g/.", "http://a/b/c/g/"},
        {"g/../h", "http://a/b/c/h"},
        {"g;x=1/../y", "http://a/b/c/y"},
        {"g?y/../x", "http://a/b/c/g?y/../x"},
        {"https://x/a/../b", "https://x/b"},
        {"%2e%2e/g", "http://a/b/g"},
    };
    for (const auto& [reference, expected] : cases) {
        const auto url = resolve_url(*from, reference);
        ASSERT_TRUE(url) << reference << ": " << url.error().what;
        EXPECT_EQ(url->text(), expected) << reference;
    }
    for (const std::string_view bad : {"javascript:alert(1)", "data:,x", "file:///x", "//u@h/",
                                       "/a\r\nb", "http:g", "\\\\evil\\x", "//[::1", "g:h"}) {
        EXPECT_FALSE(resolve_url(*from, bad)) << bad;
    }
    EXPECT_EQ(resolve_url(*from, "#s")->fragment, "s");
}

TEST(Url, EscapesAComponentWhole) {
    EXPECT_EQ(escape_url_component("a/b?c=é ~"), "a%2Fb%3Fc%3D%C3%A9%20~");
}

}  // namespace
}  // namespace hs::wire
