#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "cedar/case_file_test_support.h"

namespace hs::cedar {

std::string read_test_file(const std::string& name) {
    std::ifstream stream(std::string(HS_TESTDATA) + "/" + name, std::ios::binary);
    EXPECT_TRUE(stream.good()) << "testdata/" << name << " is missing";
    std::ostringstream out;
    out << stream.rdbuf();
    return out.str();
}

std::vector<TextCase> read_cases(const std::string& name) {
    std::vector<TextCase> cases;
    std::istringstream stream(read_test_file(name));
    for (std::string line; std::getline(stream, line);) {
        if (!line.starts_with("=== ")) {
            if (!cases.empty()) cases.back().text += line + "\n";
            continue;
        }
        TextCase& made = cases.emplace_back();
        const std::size_t colon = line.find(": ");
        made.title = line.substr(colon + 2);
        std::istringstream words(line.substr(4, colon - 4));
        for (std::string word; words >> word;) made.words.push_back(word);
    }
    return cases;
}

TEST(CaseFile, ReadsBlocks) {
    const auto cases = read_cases("schema-cases.txt");
    ASSERT_GT(cases.size(), 2U);
    EXPECT_EQ(cases[0].words, (std::vector<std::string>{"accept", "human"}));
    EXPECT_EQ(cases[0].title, "nothing at all");
    EXPECT_EQ(cases[1].text, "// nothing\n\n");
}

}  // namespace hs::cedar
