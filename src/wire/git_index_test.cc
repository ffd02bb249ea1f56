#include "wire/git_index.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hs::wire {
namespace {

using testing::ElementsAre;

void add_number(std::string& out, std::uint32_t value, int bytes) {
    for (int shift = (bytes - 1) * 8; shift >= 0; shift -= 8) {
        out += static_cast<char>((value >> shift) & 0xFFU);
    }
}

std::string header(std::uint32_t version, std::uint32_t count) {
    std::string out = "DIRC";
    add_number(out, version, 4);
    add_number(out, count, 4);
    return out;
}

std::string entry(std::string_view path) {
    std::string out(60, '\x01');
    add_number(out, static_cast<std::uint32_t>(path.size()), 2);
    out += path;
    do out += '\0';
    while (out.size() % 8 != 0);
    return out;
}

auto parse(const std::string& text) {
    return tracked_in_git_index(base::bytes_of(text));
}

TEST(GitIndex, ListsThePaths) {
    const auto tracked = parse(header(2, 2) + entry("README.md") + entry("src/main.cc") + "TREE");
    EXPECT_THAT(tracked.value(), ElementsAre("README.md", "src/main.cc"));
    EXPECT_TRUE(parse(header(2, 0)).value().empty());
}

TEST(GitIndex, Version4LeavesOutWhatThePathBeforeHad) {
    std::string text = header(4, 2) + std::string(62, '\0') + '\0' + "src/a.cc" + '\0';
    text += std::string(62, '\0') + '\x04' + "b.cc" + '\0';
    EXPECT_THAT(parse(text).value(), ElementsAre("src/a.cc", "src/b.cc"));
    text[text.size() - 6] = '\x7f';  // drops more than there was
    EXPECT_FALSE(parse(text).ok());
}

TEST(GitIndex, RefusesWhatIsNone) {
    const std::string whole = header(2, 1) + entry("README.md");
    for (std::size_t size = 0; size < whole.size(); ++size) {
        EXPECT_FALSE(parse(whole.substr(0, size)).ok()) << size;
    }
    for (const auto path :
         {"../x", "/etc/passwd", "a//b", "a/./b", ".git/config", "a/../../b", ""}) {
        EXPECT_FALSE(parse(header(2, 1) + entry(path)).ok()) << path;
    }
    EXPECT_FALSE(parse(header(5, 0)).ok());
    EXPECT_FALSE(parse(header(2, 0xFFFFFFFF)).ok());
}

}  // namespace
}  // namespace hs::wire
