#include <gtest/gtest.h>
#include <zlib.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <random>

#include "cedar/archive_test_support.h"

namespace hs::cedar {
namespace {

constexpr std::size_t block = 512;

std::string inflate_file(const std::string& path) {
    std::string out;
    const gzFile file = gzopen(path.c_str(), "rb");
    if (file == nullptr) return out;
    std::array<char, 1U << 16U> buffer{};
    int count = 0;
    while ((count = gzread(file, buffer.data(), buffer.size())) > 0) {
        out.append(buffer.data(), static_cast<std::size_t>(count));
    }
    EXPECT_EQ(count, 0) << "damaged gzip: " << path;
    gzclose(file);
    return out;
}

std::size_t octal(std::string_view field) {
    std::size_t value = 0;
    for (const char c : field) {
        if (c < '0' || c > '7') break;
        value = value * 8 + static_cast<std::size_t>(c - '0');
    }
    return value;
}

}  // namespace

std::shared_ptr<const Archive> Archive::load(const std::string& path) {
    if (!std::filesystem::exists(path)) return nullptr;
    const std::string tar = inflate_file(path);
    auto archive = std::make_shared<Archive>();
    for (std::size_t at = 0; at + block <= tar.size();) {
        const std::string_view header = std::string_view(tar).substr(at, block);
        if (header[0] == '\0') break;
        std::string name(header.substr(0, 100));
        name.resize(std::min(name.size(), name.find('\0')));
        const std::size_t size = octal(header.substr(124, 12));
        const char kind = header[156];
        const std::size_t body = at + block;
        at = body + (size + block - 1) / block * block;
        const std::string base = name.substr(name.rfind('/') + 1);
        if ((kind != '0' && kind != '\0') || base.starts_with("._")) continue;
        if (body + size > tar.size()) {
            ADD_FAILURE() << "damaged tar: " << path;
            break;
        }
        archive->files_.emplace(base, tar.substr(body, size));
    }
    return archive;
}

std::optional<std::string_view> Archive::find(const std::string& name) const {
    const auto found = files_.find(name);
    if (found == files_.end()) return std::nullopt;
    return found->second;
}

std::vector<std::string> Archive::stems(std::string_view ending) const {
    std::vector<std::string> out;
    for (const auto& [name, text] : files_) {
        if (!name.ends_with(ending)) continue;
        const std::string stem = name.substr(0, name.size() - ending.size());
        // `x.json` is the case, `x.entities.json` one of its files.
        if (stem.find('.') == std::string::npos) out.push_back(stem);
    }
    return out;
}

std::string cedar_corpus_folder() {
    if (const char* folder = std::getenv("HARDSHELL_CORPORA"))
        return std::string(folder) + "/cedar";
    return std::string(HS_TESTDATA) + "/../../../../shared/corpora/cedar";
}

bool runs_in_full() {
    const char* full = std::getenv("HS_FULL");
    return full != nullptr && std::string_view(full) == "1";
}

std::vector<std::string> choose(std::vector<std::string> names, std::size_t count) {
    if (runs_in_full() || names.size() <= count) return names;
    std::mt19937_64 random(20'261'122);
    std::shuffle(names.begin(), names.end(), random);
    names.resize(count);
    return names;
}

TEST(ArchiveReader, FindsTheCasesOfTheCorpus) {
    const auto archive = Archive::load(cedar_corpus_folder() + "/corpus-tests.tar.gz");
    if (archive == nullptr) GTEST_SKIP() << "no corpus at " << cedar_corpus_folder();
    EXPECT_EQ(archive->files().size(), 31'236U);
    EXPECT_EQ(archive->stems(".json").size(), 7'809U);
    EXPECT_EQ(archive->stems(".cedarschema").size(), 7'809U);
}

}  // namespace hs::cedar
