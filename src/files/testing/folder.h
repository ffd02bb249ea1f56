// TemporaryFolder: a folder for one test, removed with all that is in it.
// Threads: one owner.
#pragma once

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

#include "base/result.h"

namespace hs::files::testing {

class TemporaryFolder {
  public:
    TemporaryFolder() {
        std::string name = std::filesystem::temp_directory_path().string() + "/hs-files-XXXXXX";
        CHECK(::mkdtemp(name.data()) != nullptr);
        path_ = std::filesystem::canonical(name).string();
    }
    ~TemporaryFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;

    const std::string& path() const { return path_; }
    std::string operator/(std::string_view name) const { return path_ + "/" + std::string(name); }
    void write(std::string_view name, std::string_view text) const {
        const std::filesystem::path target = *this / name;
        std::filesystem::create_directories(target.parent_path());
        std::ofstream(target, std::ios::binary) << text;
    }
    std::string read(std::string_view name) const {
        std::ifstream stream(*this / name, std::ios::binary);
        return {std::istreambuf_iterator<char>(stream), {}};
    }
    bool has(std::string_view name) const {
        return std::filesystem::symlink_status(*this / name).type() !=
               std::filesystem::file_type::not_found;
    }

  private:
    std::string path_;
};

}  // namespace hs::files::testing
