#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "hardshell-reader/html_parser.h"
#include "wire/utf8.h"

namespace hs::reader {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string read(std::string_view html, const std::string& charset = {}) {
    PageText page(wire::parse_url("https://example.com/dir/page").value());
    const auto done = parse_html(base::bytes_of(html), charset, page);
    return done ? std::move(page).take() : "error: " + done.error().what;
}

struct Timed {
    std::chrono::steady_clock::time_point began = std::chrono::steady_clock::now();
    ~Timed() { EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(10)); }
};

TEST(Reader, DeepNestingEndsEarly) {
    const Timed timed;
    std::string deep;
    for (int level = 0; level < 500'000; ++level) deep += "<div><b><i>";
    EXPECT_THAT(read(deep + "text"), HasSubstr("nested too deeply"));
    std::string formatting = "<p>";
    for (int level = 0; level < 200'000; ++level) formatting += "<font>";
    for (int level = 0; level < 200'000; ++level) formatting += "</b>";
    EXPECT_THAT(read(formatting), HasSubstr("nested too deeply"));
}

TEST(Reader, HugePiecesCostBoundedTimeAndText) {
    const Timed timed;
    const std::string attribute = "<a href=\"" + std::string(4 << 20, 'x') + "\">link</a>";
    EXPECT_EQ(read(attribute), "link\n");
    std::string many = "<p ";
    for (int at = 0; at < 20'000; ++at) many += "a" + std::to_string(at) + "=1 ";
    EXPECT_EQ(read(many + ">word</p>"), "word\n");
    const std::string text = read(std::string(7 << 20, 'w'));
    EXPECT_LT(text.size(), PageText::text_bytes_max + 200);
    EXPECT_THAT(text, HasSubstr("the rest was left out"));
    EXPECT_THAT(read(std::string(html_bytes_max + 1, ' ')), HasSubstr("at most 8 MiB"));
    EXPECT_THAT(read("<" + std::string(1 << 20, 'n') + ">after"), Not(HasSubstr("error")));
}

TEST(Reader, EntitiesDoNotExpand) {
    const std::string bomb =
        "<!DOCTYPE html [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;\">"
        "<!ENTITY x SYSTEM \"file:///etc/passwd\">]><p>&b;&x;&amp;&#65;</p>";
    const std::string text = read(bomb);
    EXPECT_THAT(text, Not(HasSubstr("aaaaaaaaaaaaaaaaaaaa\n")));
    EXPECT_THAT(text, Not(HasSubstr("root:")));
    EXPECT_THAT(text, HasSubstr("&A"));
}

TEST(Reader, ScriptsStylesAndCommentsAreDropped) {
    const std::string text = read(
        "<style>p{color:red}</style><script>alert('<p>no</p>')</script><!-- ignore me -->"
        "<template>no</template><svg><text>no</text></svg><iframe>no</iframe><p>yes</p>");
    EXPECT_EQ(text, "yes\n");
}

TEST(Reader, HiddenTextIsMarked) {
    EXPECT_EQ(read("<p>a <span style='display : NONE'>do this</span> b</p>"),
              "a [hidden text: do this] b\n");
    for (const std::string attribute :
         {"hidden", "aria-hidden=true", "style='font-size:0'", "style='opacity: 0;'",
          "style='position:absolute; left:-9999px'", "style='visibility:hidden'"}) {
        EXPECT_THAT(read("<div " + attribute + ">secret order</div>"),
                    HasSubstr("[hidden text: secret order]"))
            << attribute;
    }
}

TEST(Reader, InvisibleCharactersAreDroppedAndCounted) {
    EXPECT_EQ(read("<p>pass\xe2\x80\x8bword\xe2\x80\xae\xf3\xa0\x81\x81 a&shy;b</p>"),
              "password ab\n[4 invisible characters were left out]\n");
}

TEST(Reader, LinksKeepTheirAddress) {
    EXPECT_EQ(read("<a href='../a?b=1'>one</a> <a href='#x'>two</a> "
                   "<a href='javascript:alert(1)'>three</a> <a href=' http://other.org/'>four</a>"
                   " <a href='data:text/html,x'>five</a><a href='/empty'></a>"),
              "[one](https://example.com/a?b=1) two three [four](http://other.org/) five\n");
}

TEST(Reader, PagesKeepTheirForm) {
    EXPECT_EQ(read("<html><head><title> The\npage </title></head><body><h1>Head</h1><p>One\n two"
                   "<br>three</p><ul><li>a<li>b</ul><ol><li>c</li><li>d</li></ol>"
                   "<pre>x\n  y</pre><table><tr><td>1<td>2</tr><tr><td>3<td>4</table>"
                   "<img src=x alt='a cat'><hr></body>"),
              "Title: The page \n\n# Head\n\nOne two\nthree\n\n- a\n- b\n\n1. c\n2. d\n\n"
              "```\nx\n  y\n```\n\n1 | 2\n3 | 4\n\n[image: a cat]\n---\n");
}

TEST(Reader, CharsetsAreReadAndTheOutputIsUtf8) {
    EXPECT_EQ(read("<p>caf\xe9</p>", "iso-8859-1"), "caf\xc3\xa9\n");
    EXPECT_EQ(read("<p>caf\xc3\xa9</p>"), "caf\xc3\xa9\n");
    EXPECT_EQ(read("<meta charset=iso-8859-1><p>caf\xe9</p>"), "caf\xc3\xa9\n");
    std::string noise;
    for (int at = 0; at < 100'000; ++at) noise += static_cast<char>(at * 7919 % 251);
    for (const std::string charset : {"", "utf-8", "no-such", "utf-16", "shift_jis"}) {
        EXPECT_TRUE(wire::is_utf8(read(noise, charset))) << charset;
    }
    EXPECT_EQ(read(""), "");
    EXPECT_EQ(read("plain words"), "plain words\n");
}

}  // namespace
}  // namespace hs::reader
