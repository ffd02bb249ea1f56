#include "repository.h"

#include <stdlib.h>

#include <array>
#include <filesystem>
#include <fstream>

#include "base/result.h"

namespace hs::bench_workday {
namespace {

// In the order of git's index: by the bytes of the path.
constexpr std::array<std::string_view, 21> tracked = {".github/workflows/ci.yml",
                                                      "CHANGELOG.md",
                                                      "Makefile",
                                                      "README.md",
                                                      "docs/api.md",
                                                      "docs/guide.md",
                                                      "include/app.h",
                                                      "package.json",
                                                      "src/auth.c",
                                                      "src/cache.c",
                                                      "src/main.c",
                                                      "src/parse.c",
                                                      "src/queue.c",
                                                      "src/render.c",
                                                      "src/server.c",
                                                      "src/store.c",
                                                      "tests/cache_test.c",
                                                      "tests/parse_test.c",
                                                      "tests/render_test.c",
                                                      "tests/server_test.c",
                                                      "tests/store_test.c"};
constexpr std::array<std::string_view, 4> untracked = {"logs/app.log", "notes.txt", ".env",
                                                       ".git/config"};

void append_number(std::string& out, std::size_t value, int bytes) {
    for (int shift = (bytes - 1) * 8; shift >= 0; shift -= 8) {
        out += static_cast<char>((value >> shift) & 0xFFU);
    }
}

std::string index_text() {
    std::string out = "DIRC";
    append_number(out, 2, 4);
    append_number(out, tracked.size(), 4);
    for (const std::string_view path : tracked) {
        std::string entry(60, '\0');
        append_number(entry, path.size(), 2);
        entry += path;
        do entry += '\0';
        while (entry.size() % 8 != 0);
        out += entry;
    }
    return out;
}

void write(const std::string& path, std::string_view text) {
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    std::ofstream(path, std::ios::binary) << text;
    CHECK(std::filesystem::exists(path));
}

}  // namespace

Repository::Repository() {
    std::string made = std::filesystem::temp_directory_path() / "bench-workday.XXXXXX";
    CHECK(::mkdtemp(made.data()) != nullptr);
    home_ = std::filesystem::canonical(made);
    project_ = home_ + "/project";
    for (const std::string_view path : tracked) {
        write(project_ + "/" + std::string(path), "What stands here is of no matter.\n");
    }
    for (const std::string_view path : untracked) {
        write(project_ + "/" + std::string(path), "KEY=value\n");
    }
    write(project_ + "/.git/index", index_text());
    write(home_ + "/.ssh/id_ed25519", "no key\n");
}

Repository::~Repository() {
    std::filesystem::remove_all(home_);
}

}  // namespace hs::bench_workday
