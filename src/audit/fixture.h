// What this room's tests share: a folder that goes away, keys that repeat, and a built log.
//
// It is no part of the product; only *_test.cc include it. Threads: one test at a time.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "audit/log.h"
#include "os/file.h"
#include "os/system.h"

namespace hs::audit::fixture {

class Folder {
  public:
    Folder() {
        // In memory where that is possible: the tests count files, not what the disk keeps.
        path = (std::filesystem::is_directory("/dev/shm") ? "/dev/shm" : "/tmp");
        path += "/hs-audit-XXXXXX";
        CHECK(::mkdtemp(path.data()) != nullptr);
    }
    ~Folder() { std::filesystem::remove_all(path); }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    std::string log() const { return path + "/log"; }

    std::string path;
};

inline LogKeys make_keys(std::uint64_t seed = 1) {
    base::ScriptedRandom random(seed);
    auto signing = crypto::SigningKey::generate(random);
    return {std::move(signing), crypto::SecretBytes::random(32, random)};
}

inline LogOptions make_options() {
    LogOptions options;
    options.origin = "test.example/log";
    options.journal_bytes = std::size_t{256} << 10U;
    return options;
}

inline base::Bytes leaf_number(std::uint64_t number, std::size_t padding = 0) {
    const std::string text = "{\"n\":" + std::to_string(number) + "}" + std::string(padding, ' ');
    return base::copy_bytes(base::bytes_of(text));
}

// Leaves out every sync: a test's log need not survive a power cut.
class LooseStorage : public Storage {
  public:
    explicit LooseStorage(std::unique_ptr<Storage> below) : below_(std::move(below)) {}
    base::Result<base::Bytes> read(const std::string& name, std::size_t bytes_max) override {
        return below_->read(name, bytes_max);
    }
    base::Result<std::vector<std::string>> list(const std::string& folder) override {
        return below_->list(folder);
    }
    base::Result<> replace(const std::string& name, base::ByteView content, Sync) override {
        return below_->replace(name, content, Sync::later);
    }
    base::Result<> write_at(const std::string& name, base::ByteView content,
                            std::uint64_t offset) override {
        return below_->write_at(name, content, offset);
    }
    base::Result<> sync(const std::string&) override { return {}; }
    base::Result<> sync_folders() override { return {}; }
    void sync_soon(const std::string&) override {}
    base::Result<> finish_syncs() override { return {}; }
    base::Result<> destroy(const std::string& name) override { return below_->destroy(name); }
    base::Result<> remove(const std::string& name) override { return below_->remove(name); }

  private:
    std::unique_ptr<Storage> below_;
};

// A settled log of that many records with an epoch change after each of the sizes.
inline void build_log(const std::string& folder, std::uint64_t count,
                      const std::vector<std::uint64_t>& epoch_sizes = {}) {
    os::SystemRandom random;
    const LogKeys keys = make_keys();
    LooseStorage storage(*FolderStorage::open(folder));
    auto core = *LogCore::open(storage, keys, make_options(), random, 1000);
    std::vector<base::Bytes> batch;
    for (std::uint64_t i = 0; i < count; ++i) {
        batch.push_back(leaf_number(i));
        const bool epoch_here =
            std::find(epoch_sizes.begin(), epoch_sizes.end(), i + 1) != epoch_sizes.end();
        if (batch.size() < 256 && !epoch_here && i + 1 != count) continue;
        CHECK(core->commit(std::move(batch), 2000).ok());
        CHECK(core->integrate().ok());
        batch.clear();
        if (epoch_here) CHECK(core->advance_epoch(3000).ok());
    }
    CHECK(core->settle(4000).ok());
}

inline std::string read_text(const std::string& path) {
    std::ifstream stream(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
}
inline void write_text(const std::string& path, std::string_view text) {
    std::filesystem::remove(path);  // a hard link must not change with its other name
    std::ofstream(path, std::ios::binary) << text;
}

inline std::string source_root() {
    return std::filesystem::path(HS_TESTDATA).parent_path().parent_path().parent_path().string();
}
inline std::string tools() {
    return source_root() + "/tools";
}

// The folder of test data from third parties, or empty where there is none.
inline std::string corpora(const std::string& name) {
    const char* set = std::getenv("HARDSHELL_CORPORA");
    const std::string base = set != nullptr ? set : source_root() + "/../shared/corpora";
    return std::filesystem::exists(base + "/" + name) ? base + "/" + name : std::string();
}

}  // namespace hs::audit::fixture
