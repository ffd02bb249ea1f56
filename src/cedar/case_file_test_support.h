// Case files of the tests: blocks of `=== words: title`, then the text up to the next block.
#pragma once

#include <string>
#include <vector>

namespace hs::cedar {

struct TextCase {
    std::vector<std::string> words;
    std::string title;
    std::string text;
};

// A file of testdata/; one that is missing fails the test.
std::string read_test_file(const std::string& name);
std::vector<TextCase> read_cases(const std::string& name);

}  // namespace hs::cedar
