// The log is stopped at every single write, by a kill (what was written stays) and by a power cut
// (what was not made durable is kept, lost or torn, as chance has it), and opened again.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "audit/fixture.h"
#include "audit/log_core.h"
#include "audit/verify.h"

namespace hs::audit {
namespace {

using base::Bytes;
using base::Code;
using base::fail;
using base::Result;

enum class Ending : std::uint8_t { kill, power_cut };

// Files in memory with what the kernel promises about them and no more.
class CrashingStorage : public Storage {
  public:
    struct Version {
        std::optional<Bytes> content;  // nullopt: removed
        bool synced = false;
    };
    struct File {
        std::vector<Version> versions{{std::nullopt, true}};  // the first is durable by name
        std::vector<std::pair<std::uint64_t, Bytes>> writes;  // not synced, over the last version
    };

    explicit CrashingStorage(std::uint64_t seed) : random_(seed) {}

    std::uint64_t operations = 0;
    std::uint64_t stop_at = UINT64_MAX;
    std::map<std::uint64_t, std::string> heads;  // every root that was ever signed, by size
    std::map<std::string, File> files;

    Result<Bytes> read(const std::string& name, std::size_t bytes_max) override {
        const auto content = current(name);
        if (!content) return fail(Code::not_found, name + ": no such file");
        CHECK(content->size() <= bytes_max);
        return *content;
    }

    Result<std::vector<std::string>> list(const std::string& folder) override {
        std::vector<std::string> names;
        for (const auto& [path, file] : files) {
            if (!path.starts_with(folder + "/") || !current(path)) continue;
            const std::string rest = path.substr(folder.size() + 1);
            const std::string name = rest.substr(0, rest.find('/'));
            if (names.empty() || names.back() != name) names.push_back(name);
        }
        return names;
    }

    Result<> replace(const std::string& name, base::ByteView content, Sync sync) override {
        if (stops()) {
            // The rename may or may not have happened; it comes after the content's own sync.
            const Sync reached = sync == Sync::later ? Sync::later : Sync::content;
            if (random_.next() % 2 == 0) put(name, content, reached);
            return stopped();
        }
        put(name, content, sync);
        if (name == "checkpoint") note_head(content);
        return {};
    }

    Result<> write_at(const std::string& name, base::ByteView content,
                      std::uint64_t offset) override {
        const bool last = stops();
        const std::size_t size = last ? random_.next() % (content.size() + 1) : content.size();
        files.at(name).writes.emplace_back(offset, base::copy_bytes(content.first(size)));
        return last ? stopped() : Result<>();
    }

    Result<> sync(const std::string& name) override {
        if (stops()) return stopped();
        put(name, *current(name), Sync::name);
        return {};
    }

    Result<> sync_folders() override {
        if (stops()) return stopped();
        for (auto& [name, file] : files) {
            file.versions.erase(file.versions.begin(), file.versions.end() - 1);
        }
        return {};
    }

    void sync_soon(const std::string& name) override { syncing_.push_back(name); }

    // Each on its own: some may be durable when the disk fails.
    Result<> finish_syncs() override {
        for (const std::string& name : std::exchange(syncing_, {})) {
            if (stops()) return stopped();
            if (current(name)) files.at(name).versions.back().synced = true;
        }
        return {};
    }

    Result<> destroy(const std::string& name) override {
        if (stops()) return stopped();
        CHECK(current(name));
        files.erase(name);
        return {};
    }

    Result<> remove(const std::string& name) override {
        if (stops()) return stopped();
        if (current(name)) files[name].versions.push_back({std::nullopt, true});
        return {};
    }

    // The files as the next start finds them.
    CrashingStorage after(Ending ending, std::uint64_t seed) {
        CrashingStorage next(seed);
        next.heads = heads;
        for (const auto& [name, file] : files) {
            const auto content = ending == Ending::power_cut ? survivor(file) : current(name);
            if (content) next.files[name].versions = {{content, true}};
        }
        return next;
    }

    // Remembers a signed root; a second one for the same size is what must never be.
    void note_head(base::ByteView note) {
        const auto parsed = parse_note(base::text_of(note));
        CHECK(parsed.ok());
        const auto checkpoint = parse_checkpoint(parsed->text);
        CHECK(checkpoint.ok());
        const std::string root = base::to_hex(checkpoint->head.root);
        const auto [at, added] = heads.emplace(checkpoint->head.size, root);
        EXPECT_EQ(at->second, root) << "two roots for size " << at->first;
    }

  private:
    bool stops() { return ++operations >= stop_at; }
    static Result<> stopped() { return fail(Code::io, "the disk failed (by order of the test)"); }

    void put(const std::string& name, base::ByteView content, Sync sync) {
        File& file = files[name];
        file.versions.push_back({base::copy_bytes(content), sync != Sync::later});
        file.writes.clear();
        if (sync == Sync::name) file.versions.erase(file.versions.begin(), file.versions.end() - 1);
    }

    std::optional<Bytes> current(const std::string& name) const {
        const auto found = files.find(name);
        if (found == files.end()) return std::nullopt;
        std::optional<Bytes> content = found->second.versions.back().content;
        for (const auto& [offset, bytes] : found->second.writes) {
            std::copy(bytes.begin(), bytes.end(),
                      content->begin() + static_cast<std::ptrdiff_t>(offset));
        }
        return content;
    }

    // Any version since the last durable name; unsynced content torn; unsynced writes by sector.
    std::optional<Bytes> survivor(const File& file) {
        const Version& version = file.versions[random_.next() % file.versions.size()];
        std::optional<Bytes> content = version.content;
        if (content && !version.synced && random_.next() % 2 == 0) {
            content->resize(random_.next() % (content->size() + 1));
        }
        for (const auto& [offset, bytes] : file.writes) {
            for (std::size_t i = 0; i < bytes.size();) {
                const std::size_t sector = std::min(bytes.size() - i, 512 - (offset + i) % 512);
                const bool kept = random_.next() % 2 == 0;
                if (kept && content && offset + i + sector <= content->size()) {
                    std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(i), sector,
                                content->begin() + static_cast<std::ptrdiff_t>(offset + i));
                }
                i += sector;
            }
        }
        return content;
    }

    base::ScriptedRandom random_;
    std::vector<std::string> syncing_;
};

LogOptions crash_options() {
    LogOptions options = fixture::make_options();
    options.journal_bytes = Journal::header_bytes + leaf_bytes_max;  // the smallest: it wraps often
    return options;
}

Bytes record(std::uint64_t number) {
    return fixture::leaf_number(number, 150);
}

struct Outcome {
    std::uint64_t acknowledged = 0;
    bool ended = false;
};

// Batches of several sizes, checkpoints, two epochs, tiles that fill and a journal that wraps.
Outcome scenario(CrashingStorage& storage, const LogKeys& keys, base::Random& random) {
    Outcome outcome;
    auto core = LogCore::open(storage, keys, crash_options(), random, 1000);
    if (!core) return outcome;
    std::uint64_t next = 0;
    constexpr std::array<std::uint64_t, 12> batches = {1,   3,   40, 200, 17, 5,
                                                       120, 150, 2,  90,  1,  30};
    for (std::size_t step = 0; step < batches.size(); ++step) {
        std::vector<Bytes> batch;
        for (std::uint64_t i = 0; i < batches[step]; ++i) batch.push_back(record(next++));
        if (!(*core)->commit(std::move(batch), 2000)) return outcome;
        outcome.acknowledged = next;
        if (!(*core)->integrate()) return outcome;
        if (step % 3 == 1 && !(*core)->checkpoint(3000)) return outcome;
        if (step % 5 == 3 && !(*core)->advance_epoch(4000)) return outcome;
    }
    outcome.ended = (*core)->settle(5000).ok();
    return outcome;
}

void write_to(const CrashingStorage& storage, const std::string& folder) {
    std::filesystem::remove_all(folder);
    for (const auto& [name, file] : storage.files) {
        if (!file.versions.back().content || name == "journal") continue;
        const std::string path = folder + "/" + name;
        std::filesystem::create_directories(std::filesystem::path(path).parent_path());
        fixture::write_text(path, base::text_of(*file.versions.back().content));
    }
}

// All that was acknowledged is there, in order, under signatures that agree with every earlier one.
void expect_whole(CrashingStorage& storage, const LogKeys& keys, const Outcome& outcome,
                  const std::string& folder) {
    base::ScriptedRandom random(77);
    {
        const auto core = LogCore::open(storage, keys, crash_options(), random, 6000);
        ASSERT_TRUE(core) << core.error().what;
        ASSERT_GE((*core)->size(), outcome.acknowledged);
    }
    std::vector<Digest> leaves;
    for (std::uint64_t tile = 0;; ++tile) {
        TileName name{TileName::Kind::entries, 0, tile, tile_width};
        auto content = storage.read(name.path(), bundle_bytes_max);
        for (name.width = tile_width - 1; !content && name.width > 0; --name.width) {
            content = storage.read(name.path(), bundle_bytes_max);
        }
        if (!content) break;
        for (const auto leaf : split_bundle(*content).leaves) leaves.push_back(leaf_hash(leaf));
    }
    ASSERT_GE(leaves.size(), outcome.acknowledged);
    Tree tree;
    for (std::size_t i = 0; i < leaves.size(); ++i) {
        ASSERT_EQ(leaves[i], leaf_hash(record(i))) << i;
        tree.append(leaves[i]);
        const auto head = storage.heads.find(i + 1);
        if (head == storage.heads.end()) continue;
        ASSERT_EQ(base::to_hex(tree.root()), head->second) << "signed at " << i + 1;
    }
    ASSERT_LE(storage.heads.rbegin()->first, leaves.size());
    const auto names = storage.list("private");
    EXPECT_EQ(std::count_if(names->begin(), names->end(),
                            [](const std::string& name) { return name.starts_with("epoch-"); }),
              1);
    write_to(storage, folder);
    const auto report = verify_folder(folder, {});
    ASSERT_TRUE(report);
    EXPECT_TRUE(report->verified()) << report->problems[0].text;
    EXPECT_EQ(report->checkpoint.head.size, leaves.size());
}

class CrashTest : public testing::TestWithParam<Ending> {};

TEST_P(CrashTest, AtEveryWriteNothingAcknowledgedIsLost) {
    const fixture::Folder folder;
    const LogKeys keys = fixture::make_keys();
    std::uint64_t operations = 0;
    {
        base::ScriptedRandom random(1);
        CrashingStorage storage(1);
        ASSERT_TRUE(scenario(storage, keys, random).ended);
        operations = storage.operations;
    }
    ASSERT_GT(operations, 80U);
    const std::uint64_t rounds = GetParam() == Ending::power_cut ? 3 : 1;
    for (std::uint64_t stop = 1; stop <= operations; ++stop) {
        for (std::uint64_t seed = 1; seed <= rounds; ++seed) {
            SCOPED_TRACE(testing::Message() << "stopped at " << stop << ", seed " << seed);
            base::ScriptedRandom random(seed);
            CrashingStorage storage(seed);
            storage.stop_at = stop;
            const Outcome outcome = scenario(storage, keys, random);
            auto next = storage.after(GetParam(), seed);
            expect_whole(next, keys, outcome, folder.log());
            if (HasFatalFailure()) return;
        }
    }
}

// The start after a crash is itself stopped at every write.
TEST_P(CrashTest, ACrashDuringRecoveryLosesNothingEither) {
    const fixture::Folder folder;
    const LogKeys keys = fixture::make_keys();
    for (const std::uint64_t stop : {37U, 52U, 71U}) {
        for (std::uint64_t again = 1; again < 60; ++again) {
            SCOPED_TRACE(testing::Message() << "stopped at " << stop << ", then at " << again);
            base::ScriptedRandom random(stop);
            CrashingStorage storage(stop);
            storage.stop_at = stop;
            const Outcome outcome = scenario(storage, keys, random);
            auto second = storage.after(GetParam(), again);
            second.stop_at = again;
            const bool opened = LogCore::open(second, keys, crash_options(), random, 5500).ok();
            auto third = second.after(GetParam(), again + 1);
            expect_whole(third, keys, outcome, folder.log());
            if (HasFatalFailure() || opened) break;
        }
    }
}

std::vector<std::string> seeds_in(CrashingStorage& storage) {
    auto names = *storage.list("private");
    std::erase_if(names, [](const std::string& name) { return !name.starts_with("epoch-"); });
    return names;
}

// The new key is there before its note, the note before the old key goes: whatever of that was
// done, the start finds one key, the one that the last note names, and the chain goes on.
TEST_P(CrashTest, AHalfEpochChangeIsCompletedAtTheNextStart) {
    const fixture::Folder folder;
    const LogKeys keys = fixture::make_keys();
    std::set<std::uint64_t> found;
    for (std::uint64_t stop = 1;; ++stop) {
        SCOPED_TRACE(testing::Message() << "stopped at " << stop << " of the change");
        base::ScriptedRandom random(stop);
        CrashingStorage storage(stop);
        bool ended = false;
        {
            const auto core = LogCore::open(storage, keys, crash_options(), random, 1000);
            ASSERT_TRUE(core && (*core)->commit({record(0), record(1)}, 2000));
            storage.stop_at = storage.operations + stop;
            ended = (*core)->advance_epoch(3000).ok();
        }
        auto next = storage.after(GetParam(), stop);
        const auto core = LogCore::open(next, keys, crash_options(), random, 4000);
        ASSERT_TRUE(core) << core.error().what;
        const std::uint64_t number = (*core)->epoch().number;
        found.insert(number);
        EXPECT_EQ(seeds_in(next), std::vector<std::string>{fmt::format("epoch-{:06}", number)});
        EXPECT_EQ((*core)->size(), 2U);
        ASSERT_TRUE((*core)->commit({record(2)}, 5000) && (*core)->advance_epoch(6000));
        EXPECT_EQ((*core)->epoch().number, number + 1);
        write_to(next, folder.log());
        const auto report = verify_folder(folder.log(), {});
        ASSERT_TRUE(report && report->verified()) << report->problems[0].text;
        EXPECT_EQ(report->epochs, number + 2);
        if (ended) break;
    }
    EXPECT_EQ(found, (std::set<std::uint64_t>{0, 1}));
}

INSTANTIATE_TEST_SUITE_P(Endings, CrashTest, testing::Values(Ending::kill, Ending::power_cut));

class OpenTest : public testing::Test {
  protected:
    void SetUp() override {
        base::ScriptedRandom random(1);
        ASSERT_TRUE(scenario(storage, keys, random).ended);
    }
    Code open_code(const LogKeys& with) {
        base::ScriptedRandom random(2);
        const auto core = LogCore::open(storage, with, crash_options(), random, 6000);
        return core ? Code::cancelled : core.error().code;
    }
    Bytes& content(const std::string& name) {
        return *storage.files.at(name).versions.back().content;
    }

    LogKeys keys = fixture::make_keys();
    CrashingStorage storage{1};
};

TEST_F(OpenTest, AnotherKeyIsRefused) {
    EXPECT_EQ(open_code(fixture::make_keys(2)), Code::denied);
}

TEST_F(OpenTest, MissingStateBesideRecordsIsNoNewLog) {
    storage.files.erase("private/state");
    EXPECT_EQ(open_code(keys), Code::corrupt);
}

TEST_F(OpenTest, MissingEpochsBesideRecordsIsNoNewLog) {
    std::erase_if(storage.files,
                  [](const auto& file) { return file.first.starts_with("epochs/"); });
    EXPECT_EQ(open_code(keys), Code::corrupt);
}

TEST_F(OpenTest, AMissingEpochKeyIsNamed) {
    std::erase_if(storage.files,
                  [](const auto& file) { return file.first.starts_with("private/epoch"); });
    EXPECT_EQ(open_code(keys), Code::corrupt);
}

TEST_F(OpenTest, AChangedUnfinishedBundleOrTileIsNotSignedOver) {
    const TileName bundle{TileName::Kind::entries, 0, 2, 659 % 256};
    const TileName hashes{TileName::Kind::hashes, 0, 2, 659 % 256};
    for (const TileName& name : {bundle, hashes}) {
        ASSERT_TRUE(storage.files.contains(name.path())) << name.path();
        content(name.path())[40] ^= 1U;
        EXPECT_EQ(open_code(keys), Code::corrupt) << name.path();
        content(name.path())[40] ^= 1U;
    }
    EXPECT_EQ(open_code(keys), Code::cancelled);
}

// A snapshot of the tiles from before, under the state of now.
TEST_F(OpenTest, ATruncatedLogIsNotSignedOver) {
    std::string state(base::text_of(content("private/state")));
    const std::size_t at = state.find("base 659");
    ASSERT_NE(at, std::string::npos);
    state.replace(at, 8, "base 512");
    content("private/state") = base::copy_bytes(base::bytes_of(state));
    EXPECT_EQ(open_code(keys), Code::corrupt);
    content("private/state").resize(20);
    EXPECT_EQ(open_code(keys), Code::corrupt);
}

}  // namespace
}  // namespace hs::audit
