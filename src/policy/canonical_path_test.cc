#include "policy/canonical_path.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hs::policy {
namespace {

std::string canonical(std::string_view text) {
    auto path = CanonicalPath::from_text(text);
    return path ? path->text() : "refused";
}

TEST(CanonicalPath, RefusesWhatItCannotTrust) {
    const std::string_view hostile[] = {
        "",
        "relative/path",
        "~/x",
        "/..",
        "/a/../..",
        "/a/../../etc/passwd",
        std::string_view("/a\0b", 4),
        "/a\nb",
        "/a\x1b[31mb",
        "/a\x7f",
        "/\xff\xfe",
        "/a\xc0\xaf..",  // overlong slash
        "/a\xe2\x81\x84"
        "etc",  // U+2044 fraction slash
        "/a\xe2\x88\x95"
        "etc",  // U+2215 division slash
        "/a\xef\xbc\x8f"
        "etc",                              // U+FF0F full-width slash
        "/a/\xef\xbc\x8e\xef\xbc\x8e/etc",  // full-width dots
        "/a/\xe2\x80\xa4\xe2\x80\xa4/etc",  // one dot leaders
        "/a/\xe2\x80\xa5/etc",              // two dot leader
        "/a\xe2\x80\x8b/b",                 // zero width space
        "/a\xe2\x80\xae/b",                 // right-to-left override
        "/a\xef\xbb\xbf",                   // byte order mark
        "/a\xc2\x85",                       // C1 control
        "/a\xe2\x80\xa8"
        "b",               // line separator
        "/a\xee\x80\x80",  // private use
    };
    for (const auto text : hostile) EXPECT_EQ(canonical(text), "refused") << text;
    EXPECT_EQ(canonical("/" + std::string(300, 'a')), "refused");
    EXPECT_EQ(canonical("/" + std::string(5000, '/')), "refused");
    std::string deep;
    for (int i = 0; i < 129; ++i) deep += "/d";
    EXPECT_EQ(canonical(deep), "refused");
}

TEST(CanonicalPath, HasOneSpelling) {
    EXPECT_EQ(canonical("/"), "/");
    EXPECT_EQ(canonical("//"), "/");
    EXPECT_EQ(canonical("/a/./b//c/"), "/a/b/c");
    EXPECT_EQ(canonical("/a/b/../c"), "/a/c");
    EXPECT_EQ(canonical("/a/.../b"), "/a/.../b");
    EXPECT_EQ(canonical("/home/j\xc3\xb6rg/x"), "/home/j\xc3\xb6rg/x");
    EXPECT_EQ(canonical("/a b/c"), "/a b/c");
    EXPECT_EQ(canonical("/a\\..\\b"), "/a\\..\\b");
}

TEST(CanonicalPath, ResolvedFormMustBeCanonicalAlready) {
    EXPECT_TRUE(CanonicalPath::from_resolved("/a/b").ok());
    EXPECT_FALSE(CanonicalPath::from_resolved("/a//b").ok());
    EXPECT_FALSE(CanonicalPath::from_resolved("/a/../b").ok());
    EXPECT_FALSE(CanonicalPath::from_resolved("/a/b/").ok());
}

TEST(CanonicalPath, KnowsItsFolders) {
    const auto path = CanonicalPath::from_text("/a/b/c").value();
    EXPECT_THAT(path.ancestors(), testing::ElementsAre("/a/b", "/a", "/"));
    EXPECT_THAT(path.segments(), testing::ElementsAre("a", "b", "c"));
    EXPECT_EQ(path.name(), "c");
    const auto root = CanonicalPath::from_text("/").value();
    EXPECT_TRUE(root.ancestors().empty());
    EXPECT_EQ(root.name(), "");
    EXPECT_TRUE(path.lies_in(root));
    EXPECT_TRUE(path.lies_in(path));
    EXPECT_TRUE(path.lies_in(CanonicalPath::from_text("/a/b").value()));
    EXPECT_FALSE(CanonicalPath::from_text("/a/bc").value().lies_in(
        CanonicalPath::from_text("/a/b").value()));
}

TEST(CanonicalPath, FoldsNamesForComparison) {
    EXPECT_EQ(folded_name("ID_RSA"), "id_rsa");
    EXPECT_EQ(folded_name("\xef\xbc\x8e\xef\xbd\x85nv"), ".env");  // full-width ". e"
    EXPECT_EQ(folded_name("\xff"), "");
}

}  // namespace
}  // namespace hs::policy
