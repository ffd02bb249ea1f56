#include "audit/verify.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <functional>

#include "audit/fixture.h"
#include "audit/tiles.h"

namespace hs::audit {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t log_size = 1500;

std::string bundle_path(std::uint64_t tile) {
    TileName name{TileName::Kind::entries, 0, tile, tile_width};
    if (tile == log_size / tile_width) name.width = log_size % tile_width;
    return name.path();
}
std::string tile_path(std::uint64_t tile) {
    TileName name{TileName::Kind::hashes, 0, tile, tile_width};
    if (tile == log_size / tile_width) name.width = log_size % tile_width;
    return name.path();
}

std::vector<base::Bytes> leaves_of(const std::string& bundle) {
    std::vector<base::Bytes> leaves;
    for (const auto leaf : split_bundle(base::bytes_of(bundle)).leaves) {
        leaves.push_back(base::copy_bytes(leaf));
    }
    return leaves;
}
std::string bundle_of(const std::vector<base::Bytes>& leaves) {
    base::Bytes bytes;
    for (const auto& leaf : leaves) append_entry(bytes, leaf);
    return std::string(base::text_of(bytes));
}

// A copy by hard links: cheap, and a file that is rewritten becomes one of its own.
void link_copy(const std::string& from, const std::string& to) {
    fs::remove_all(to);
    for (const auto& entry : fs::recursive_directory_iterator(from)) {
        const fs::path target = fs::path(to) / fs::relative(entry.path(), from);
        if (entry.is_directory()) {
            fs::create_directories(target);
        } else {
            fs::create_directories(target.parent_path());
            fs::create_hard_link(entry.path(), target);
        }
    }
}

class VerifyTest : public testing::Test {
  protected:
    static void SetUpTestSuite() {
        built = new fixture::Folder();
        fixture::build_log(built->log(), log_size, {300, 301, 1024});
    }
    static void TearDownTestSuite() { delete built; }

    void SetUp() override { link_copy(built->log(), copy()); }
    std::string copy() const { return work.path + "/copy"; }
    VerifyReport verify(const VerifyOptions& options = {}) {
        auto report = verify_folder(copy(), options);
        EXPECT_TRUE(report);
        return *report;
    }
    void edit_bundle(std::uint64_t tile,
                     const std::function<void(std::vector<base::Bytes>&)>& edit) {
        const std::string path = copy() + "/" + bundle_path(tile);
        auto leaves = leaves_of(fixture::read_text(path));
        edit(leaves);
        fixture::write_text(path, bundle_of(leaves));
    }
    // Rewrites records and the tiles over them, as one would who cannot sign.
    void rewrite_from(std::uint64_t first) {
        Tree tree;
        std::vector<Digest> hashes;
        for (std::uint64_t i = 0; i < log_size; ++i) {
            const auto leaf = i < first ? fixture::leaf_number(i) : fixture::leaf_number(i + 9000);
            hashes.push_back(leaf_hash(leaf));
        }
        for (std::uint64_t tile = first / tile_width; tile * tile_width < log_size; ++tile) {
            const std::uint64_t begin = tile * tile_width;
            const std::size_t count = std::min<std::size_t>(tile_width, log_size - begin);
            edit_bundle(tile, [&](auto& leaves) {
                for (std::size_t i = 0; i < count; ++i) {
                    if (begin + i >= first) leaves[i] = fixture::leaf_number(begin + i + 9000);
                }
            });
            const auto bytes = encode_hashes(std::span(hashes).subspan(begin, count));
            fixture::write_text(copy() + "/" + tile_path(tile), base::text_of(bytes));
        }
        std::vector<Digest> level;
        for (std::uint64_t tile = 0; (tile + 1) * tile_width <= log_size; ++tile) {
            level.push_back(subtree_root(std::span(hashes).subspan(tile * tile_width, tile_width)));
        }
        fixture::write_text(copy() + "/tile/1/000.p/5", base::text_of(encode_hashes(level)));
    }
    void expect_fault(const VerifyReport& report, Fault fault, std::optional<std::uint64_t> index) {
        ASSERT_FALSE(report.verified());
        EXPECT_EQ(report.first_bad(), index) << report.problems[0].text;
        EXPECT_TRUE(std::any_of(report.problems.begin(), report.problems.end(),
                                [&](const Problem& found) { return found.fault == fault; }))
            << report.problems[0].text;
    }

    static inline fixture::Folder* built = nullptr;
    fixture::Folder work;
};

TEST_F(VerifyTest, AGoodLogIsVerifiedAndSaysWhoseItIs) {
    const auto report = verify();
    EXPECT_TRUE(report.verified()) << report.problems[0].text;
    EXPECT_EQ(report.checkpoint.head.size, log_size);
    EXPECT_EQ(report.epochs, 4U);
    EXPECT_EQ(report.log_key.name, "test.example/log");
    EXPECT_TRUE(report.foreign.empty());
    EXPECT_FALSE(report.first_bad());
}

TEST_F(VerifyTest, AChangedRecordIsNamed) {
    edit_bundle(2, [](auto& leaves) { leaves[10][3] ^= 1U; });
    expect_fault(verify(), Fault::changed, 522);
}

TEST_F(VerifyTest, AMissingAnInsertedAndASwappedRecordAreToldApart) {
    edit_bundle(1, [](auto& leaves) { leaves.erase(leaves.begin() + 7); });
    expect_fault(verify(), Fault::missing, 263);
    SetUp();
    edit_bundle(1,
                [](auto& leaves) { leaves.insert(leaves.begin() + 7, fixture::leaf_number(1)); });
    expect_fault(verify(), Fault::inserted, 263);
    SetUp();
    edit_bundle(1, [](auto& leaves) { std::swap(leaves[7], leaves[90]); });
    expect_fault(verify(), Fault::reordered, 263);
    SetUp();
    edit_bundle(5, [](auto& leaves) { leaves.push_back(fixture::leaf_number(1)); });
    expect_fault(verify(), Fault::inserted, 1500);
}

TEST_F(VerifyTest, CutAndMissingFilesAreNamedByTheirFirstRecord) {
    fixture::write_text(copy() + "/" + bundle_path(0), "");
    expect_fault(verify(), Fault::missing, 0);
    SetUp();
    fs::remove(copy() + "/" + bundle_path(3));
    expect_fault(verify(), Fault::missing, 768);
    SetUp();
    fs::remove(copy() + "/" + tile_path(4));
    expect_fault(verify(), Fault::tile, 1024);
    SetUp();
    const std::string half = fixture::read_text(copy() + "/" + tile_path(4)).substr(0, 100);
    fixture::write_text(copy() + "/" + tile_path(4), half);
    expect_fault(verify(), Fault::tile, 1027);
    SetUp();
    fs::remove(copy() + "/tile/1/000.p/5");
    expect_fault(verify(), Fault::tile, 0);
}

TEST_F(VerifyTest, ARewrittenTailIsCaughtByTheEpochsBefore) {
    rewrite_from(1100);
    expect_fault(verify(), Fault::rewritten, 1024);
    SetUp();
    rewrite_from(302);
    expect_fault(verify(), Fault::rewritten, 301);
}

TEST_F(VerifyTest, AnEarlierCheckpointShowsATruncatedLogThatIsConsistentInItself) {
    VerifyOptions options;
    options.since = fixture::read_text(copy() + "/checkpoint");
    fixture::Folder other;
    fixture::build_log(other.log(), 1499, {300, 301, 1024});
    const auto truncated = verify_folder(other.log(), options);
    ASSERT_TRUE(truncated);
    EXPECT_FALSE(truncated->verified());
    EXPECT_TRUE(verify(options).verified());
    EXPECT_TRUE(verify_folder(other.log(), {})->verified());
    expect_fault(*truncated, Fault::truncated, 1499);
}

TEST_F(VerifyTest, AnotherLogsCheckpointOrKeyIsNamed) {
    VerifyOptions options;
    base::ScriptedRandom random(1);
    options.log_key =
        VerifierKey{"test.example/log", crypto::SigningKey::generate(random).public_key()};
    EXPECT_TRUE(verify(options).verified());  // the fixture's own key
    options.log_key->key = crypto::SigningKey::generate(random).public_key();
    expect_fault(verify(options), Fault::epoch, std::nullopt);
    options = {};
    options.genesis_key = VerifierKey{"test.example/log/epoch", {}};
    expect_fault(verify(options), Fault::other_log, std::nullopt);
    options = {};
    options.since = "garbage";
    expect_fault(verify(options), Fault::checkpoint, std::nullopt);
    fixture::write_text(copy() + "/checkpoint",
                        "This is an example message.\n\n\xe2\x80\x94 example.com/foo AAAAAAA=\n");
    expect_fault(verify(), Fault::checkpoint, std::nullopt);
}

TEST_F(VerifyTest, ACheckpointWithoutTheEpochsSignatureIsRefused) {
    std::string note = fixture::read_text(copy() + "/checkpoint");
    note.resize(note.rfind("\xe2\x80\x94"));
    fixture::write_text(copy() + "/checkpoint", note);
    expect_fault(verify(), Fault::signature, std::nullopt);
}

TEST_F(VerifyTest, ABrokenChainOfEpochsIsNamed) {
    fs::remove(copy() + "/epochs/000001");
    expect_fault(verify(), Fault::epoch, std::nullopt);
    SetUp();
    fixture::write_text(copy() + "/epochs/000002", "x");
    expect_fault(verify(), Fault::epoch, std::nullopt);
    SetUp();
    fs::remove_all(copy() + "/epochs");
    expect_fault(verify(), Fault::epoch, std::nullopt);
}

TEST_F(VerifyTest, ASizeBeyondAllReasonEndsWithBoundedProblems) {
    std::string note = fixture::read_text(copy() + "/checkpoint");
    note.replace(note.find("\n1500\n"), 6, "\n9000000000000000000\n");
    fixture::write_text(copy() + "/checkpoint", note);
    const auto report = verify();
    EXPECT_FALSE(report.verified());
    EXPECT_LE(report.problems.size(), problems_max + 2);
}

TEST_F(VerifyTest, ForeignFilesAreNamedAndNoProblem) {
    fixture::write_text(copy() + "/notes.txt", "x");
    fixture::write_text(copy() + "/tile/0/backup", "x");
    fs::create_symlink("/dev/zero", copy() + "/tile/1/zero");
    const auto report = verify();
    EXPECT_TRUE(report.verified());
    EXPECT_EQ(report.foreign,
              (std::vector<std::string>{"notes.txt", "tile/0/backup", "tile/1/zero"}));
    EXPECT_FALSE(verify_folder(work.path + "/none", {}));
}

// One seeded corruption of a copy of the log.
class Corruption {
  public:
    Corruption(std::string folder, std::uint64_t size, std::uint64_t seed)
        : folder_(std::move(folder)), size_(size), random_(seed) {}

    void apply() {
        switch (random_.next() % 12) {
            case 0:
                return flip(bundle());
            case 1:
                return flip(tile(0));
            case 2:
                return flip(tile(1));
            case 3:
                return cut(bundle());
            case 4:
                return cut(tile(0));
            case 5:
                fs::remove(folder_ + "/" + bundle());
                return;
            case 6:
                return records([&](auto& leaves) { leaves.erase(at(leaves)); });
            case 7:
                return records([&](auto& l) { l.insert(at(l), fixture::leaf_number(1 << 20)); });
            case 8:
                return swap_records();
            case 9:
                return flip("checkpoint");
            case 10:
                return flip("epochs/00000" + std::to_string(below(4)));
            default:
                return change_with_tile();
        }
    }

  private:
    std::uint64_t below(std::uint64_t end) { return random_.next() % end; }
    std::vector<base::Bytes>::iterator at(std::vector<base::Bytes>& leaves) {
        return leaves.begin() + static_cast<std::ptrdiff_t>(below(leaves.size()));
    }
    std::string sized(TileName name) const {
        const std::uint64_t hashes = size_ >> (8 * name.level);
        if (name.index == hashes / tile_width) name.width = hashes % tile_width;
        return name.path();
    }
    std::string bundle() {
        last_tile_ = below((size_ + 255) / 256);
        return sized({TileName::Kind::entries, 0, last_tile_, tile_width});
    }
    std::string tile(unsigned level) {
        const std::uint64_t hashes = size_ >> (8 * level);
        return sized({TileName::Kind::hashes, level, below((hashes + 255) / 256), tile_width});
    }
    void change(const std::string& name, const std::function<void(std::string&)>& edit) {
        std::string text = fixture::read_text(folder_ + "/" + name);
        edit(text);
        fixture::write_text(folder_ + "/" + name, text);
    }
    void flip(const std::string& name) {
        change(name, [&](std::string& text) {
            const std::size_t place = below(text.size());
            text[place] = static_cast<char>(text[place] ^ (1U << below(8)));
        });
    }
    void cut(const std::string& name) {
        change(name, [&](std::string& text) { text.resize(below(text.size())); });
    }
    void records(const std::function<void(std::vector<base::Bytes>&)>& edit) {
        change(bundle(), [&](std::string& text) {
            auto leaves = leaves_of(text);
            edit(leaves);
            text = bundle_of(leaves);
        });
    }
    void swap_records() {
        records([&](auto& leaves) {
            const std::size_t first = below(leaves.size() - 1);
            std::swap(leaves[first], leaves[first + 1 + below(leaves.size() - first - 1)]);
        });
    }
    void change_with_tile() {
        std::vector<base::Bytes> changed;
        records([&](auto& leaves) {
            leaves[below(leaves.size())][2] ^= 4U;
            changed = leaves;
        });
        change(sized({TileName::Kind::hashes, 0, last_tile_, tile_width}), [&](std::string& text) {
            std::vector<Digest> hashes;
            for (const auto& leaf : changed) hashes.push_back(leaf_hash(leaf));
            text = base::text_of(encode_hashes(hashes));
        });
    }

    std::string folder_;
    std::uint64_t size_;
    base::ScriptedRandom random_;
    std::uint64_t last_tile_ = 0;
};

std::string run_python(const std::vector<std::string>& folders) {
    std::string command = "python3 " + fixture::tools() + "/verify_log.py";
    for (const std::string& folder : folders) command += " " + folder;
    std::string output;
    std::FILE* pipe = ::popen(command.c_str(), "r");
    CHECK(pipe != nullptr);
    std::array<char, 4096> buffer{};
    while (std::fgets(buffer.data(), buffer.size(), pipe) != nullptr) output += buffer.data();
    ::pclose(pipe);
    return output;
}

// "verified 1500" or "bad 17" or "bad -": the part on which both implementations must agree.
std::string verdict_of(const VerifyReport& report) {
    if (report.verified()) return "verified " + std::to_string(report.checkpoint.head.size);
    const auto index = report.first_bad();
    return "bad " + (index ? std::to_string(*index) : std::string("-"));
}

void expect_agreement(const std::string& log, std::uint64_t size, std::uint64_t count) {
    const fixture::Folder work;
    constexpr std::uint64_t at_once = 50;
    for (std::uint64_t begin = 0; begin < count; begin += at_once) {
        std::vector<std::string> folders;
        for (std::uint64_t seed = begin; seed < std::min(count, begin + at_once); ++seed) {
            folders.push_back(work.path + "/" + std::to_string(seed));
            link_copy(log, folders.back());
            Corruption(folders.back(), size, seed + 1).apply();
        }
        const std::string theirs = run_python(folders);
        std::size_t line = 0;
        for (const std::string& folder : folders) {
            const std::size_t end = theirs.find('\n', line);
            ASSERT_NE(end, std::string::npos) << "the Python tool stopped at " << folder;
            const std::string their_line = theirs.substr(line, end - line);
            line = end + 1;
            const auto report = verify_folder(folder, {});
            ASSERT_TRUE(report);
            EXPECT_FALSE(report->verified()) << folder << ": a corruption was not found";
            const std::string ours = folder + ": " + verdict_of(*report);
            EXPECT_TRUE(their_line == ours || their_line.starts_with(ours + " "))
                << "ours:   " << ours << (report->verified() ? "" : " " + report->problems[0].text)
                << "\ntheirs: " << their_line;
            fs::remove_all(folder);
        }
    }
}

TEST_F(VerifyTest, TheIndependentImplementationAgreesOnEveryCorruption) {
    EXPECT_EQ(run_python({copy()}), copy() + ": verified 1500\n");
    expect_agreement(built->log(), log_size, 200);
}

TEST_F(VerifyTest, ItAgreesOnALogOfThreeLevels) {
    const bool full = std::getenv("HS_FULL") != nullptr;
    const std::uint64_t size = full ? 100'000 : 66'000;
    const fixture::Folder large;
    fixture::build_log(large.log(), size, {10, 65'536, 65'800});
    EXPECT_EQ(run_python({large.log()}), large.log() + ": verified " + std::to_string(size) + "\n");
    EXPECT_TRUE(verify_folder(large.log(), {})->verified());
    expect_agreement(large.log(), size, full ? 1000 : 8);
}

}  // namespace
}  // namespace hs::audit
