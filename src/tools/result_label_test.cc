#include "tools/result_label.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

namespace hs::tools {
namespace {

TEST(ResultLabel, DependenciesLogsAndMailsOfAProjectAreStrangers) {
    std::string made = std::filesystem::temp_directory_path() / "label.XXXXXX";
    ASSERT_NE(mkdtemp(made.data()), nullptr);
    const std::string project = std::filesystem::canonical(made);
    const auto roots = files::Roots::open({{project}, ""});
    ASSERT_TRUE(roots.ok());
    const auto integrity = [&](const std::string& path) {
        return label_of_file(*roots, project + "/" + path, nullptr).integrity;
    };
    for (const auto path :
         {"README.md", "src/main.cc", "builder/x.cc", "my.logs/a", "vendored.c"}) {
        EXPECT_EQ(integrity(path), flow::Integrity::internal) << path;
    }
    for (const auto path : {"node_modules/left/README.md", "a/vendor/x.go", "logs/app.log",
                            "inbox.eml", "saved.html", ".git/FETCH_HEAD", "build/out.txt"}) {
        EXPECT_EQ(integrity(path), flow::Integrity::untrusted) << path;
    }
    // The project's history, once there is one, knows its own files; what it does not know may be
    // anybody's. A history that cannot be read knows none.
    Histories histories;
    const auto held = [&] {
        return label_of_file(*roots, project + "/README.md", &histories).integrity;
    };
    EXPECT_EQ(held(), flow::Integrity::internal);
    std::filesystem::create_directories(project + "/.git");
    EXPECT_EQ(held(), flow::Integrity::untrusted);
    std::string index("DIRC\0\0\0\x02\0\0\0\x01", 12);
    index += std::string(60, '\0') + std::string("\0\x09README.md\0", 12);
    std::ofstream(project + "/.git/index") << index;
    EXPECT_EQ(held(), flow::Integrity::internal);
    EXPECT_EQ(label_of_file(*roots, project + "/letter.txt", &histories).integrity,
              flow::Integrity::untrusted);
    EXPECT_EQ(label_of_names(*roots, project).integrity, flow::Integrity::internal);
    EXPECT_EQ(label_of_file(*roots, "/etc/hosts", nullptr), flow::Label::unknown());
    std::filesystem::remove_all(project);
}

}  // namespace
}  // namespace hs::tools
