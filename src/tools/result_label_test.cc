#include "tools/result_label.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>

namespace hs::tools {
namespace {

TEST(ResultLabel, DependenciesLogsAndMailsOfAProjectAreStrangers) {
    std::string made = std::filesystem::temp_directory_path() / "label.XXXXXX";
    ASSERT_NE(mkdtemp(made.data()), nullptr);
    const std::string project = std::filesystem::canonical(made);
    const auto roots = files::Roots::open({{project}, ""});
    ASSERT_TRUE(roots.ok());
    const auto integrity = [&](const std::string& path) {
        return label_of_file(*roots, project + "/" + path).integrity;
    };
    for (const auto path :
         {"README.md", "src/main.cc", "builder/x.cc", "my.logs/a", "vendored.c"}) {
        EXPECT_EQ(integrity(path), flow::Integrity::internal) << path;
    }
    for (const auto path : {"node_modules/left/README.md", "a/vendor/x.go", "logs/app.log",
                            "inbox.eml", "saved.html", ".git/FETCH_HEAD", "build/out.txt"}) {
        EXPECT_EQ(integrity(path), flow::Integrity::untrusted) << path;
    }
    EXPECT_EQ(label_of_file(*roots, "/etc/hosts"), flow::Label::unknown());
    std::filesystem::remove_all(project);
}

}  // namespace
}  // namespace hs::tools
