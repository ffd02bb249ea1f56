#include "audit/log.h"

#include <gtest/gtest.h>

#include <atomic>
#include <set>
#include <thread>

#include "audit/fixture.h"
#include "audit/read.h"
#include "audit/verify.h"

namespace hs::audit {
namespace {

using base::Code;
using base::Result;

// A wall clock that can be set apart from the steady one.
class SetClock : public base::Clock {
  public:
    base::WallTime_ms wall_ms() const override { return system_.wall_ms() + set_ms; }
    std::chrono::steady_clock::time_point steady() const override { return system_.steady(); }
    std::atomic<std::int64_t> set_ms{0};

  private:
    os::SystemClock system_;
};

class LogTest : public testing::Test {
  protected:
    std::unique_ptr<Log> open(LogOptions options = fixture::make_options()) {
        auto log = Log::open(folder.log(), fixture::make_keys(), options, {clock, random});
        EXPECT_TRUE(log) << (log ? "" : log.error().what);
        return log ? *std::move(log) : nullptr;
    }
    static Event event(int number) {
        Event made(EventKind::doctor);
        made.detail("number", number);
        return made;
    }
    fixture::Folder folder;
    SetClock clock;
    os::SystemRandom random;
};

TEST_F(LogTest, WhatNobodyAwaitsIsDurableBeforeTheNextThatSomebodyDoes) {
    auto log = open();
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(log->append_later(event(i)));
    const auto index = log->append_and_wait(event(3));
    ASSERT_TRUE(index) << index.error().what;
    EXPECT_EQ(*index, 3U);
    // And by itself within moments, though nobody asks.
    ASSERT_TRUE(log->append_later(event(4)));
    for (int tries = 0; tries < 400 && log->status().size < 5; ++tries) {
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    EXPECT_EQ(log->status().size, 5U);
    ASSERT_TRUE(log->append_later(event(5)));
    log->stop();
    EXPECT_EQ(log->status().size, 6U);
}

TEST_F(LogTest, SixteenThreadsGetEachTheirOwnIndexAndAllIsThere) {
    constexpr int writers = 16;
    constexpr int each = 60;
    std::vector<std::atomic<int>> seen(writers * each);
    auto log = open();
    std::vector<std::thread> threads;
    for (int writer = 0; writer < writers; ++writer) {
        threads.emplace_back([&, writer] {
            for (int i = 0; i < each; ++i) {
                const auto index = log->append_and_wait(event(writer * 1000 + i));
                ASSERT_TRUE(index) << index.error().what;
                ++seen.at(*index);
            }
        });
    }
    for (auto& thread : threads) thread.join();
    for (const auto& count : seen) EXPECT_EQ(count, 1);
    const VerifierKey key = log->log_key();
    VerifyOptions options;
    options.log_key = key;
    options.genesis_key = log->genesis_key();
    log->stop();
    EXPECT_EQ(log->append_and_wait(event(1)).error().code, Code::cancelled);
    const auto report = verify_folder(folder.log(), options);
    EXPECT_TRUE(report->verified()) << report->problems[0].text;
    EXPECT_EQ(report->checkpoint.head.size, seen.size());
    EXPECT_TRUE(report->foreign.empty()) << report->foreign[0];
    auto reader = *Reader::open(folder.log(), key);
    const auto record = *reader.record(17);
    EXPECT_TRUE(parse_event(record.leaf));
}

TEST_F(LogTest, ACheckpointFollowsByItselfAndOnDemand) {
    auto log = open();
    ASSERT_TRUE(log->append_and_wait(event(1)));
    ASSERT_TRUE(log->checkpoint_and_wait());
    EXPECT_EQ(log->status().signed_head.size, 1U);
    ASSERT_TRUE(log->append_and_wait(event(2)));
    for (int i = 0; i < 300 && log->status().signed_head.size < 2; ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    EXPECT_EQ(log->status().signed_head.size, 2U);
    // The live folder verifies while the log is open.
    const auto report = verify_folder(folder.log(), {});
    EXPECT_TRUE(report->verified()) << report->problems[0].text;
}

// A log that is never at rest is signed all the same.
TEST_F(LogTest, UnderLoadThereIsACheckpointAgainAndAgain) {
    LogOptions options = fixture::make_options();
    options.checkpoint_every_ms = 30;
    options.checkpoint_idle_ms = 60'000;
    auto log = open(options);
    std::atomic<bool> go_on{true};
    std::thread writer([&] {
        for (int i = 0; go_on; ++i) ASSERT_TRUE(log->append_and_wait(event(i)));
    });
    std::set<std::uint64_t> heads;
    for (int i = 0; i < 10'000 && heads.size() < 4; ++i) {
        heads.insert(log->status().signed_head.size);
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    go_on = false;
    writer.join();
    EXPECT_GE(heads.size(), 4U);
}

TEST_F(LogTest, ItGoesOnWhereItStopped) {
    open()->append_and_wait(event(1)).ok();
    auto log = open();
    EXPECT_EQ(*log->append_and_wait(event(2)), 1U);
}

TEST_F(LogTest, ASecondLogOnOneFolderIsRefused) {
    const auto log = open();
    const auto second =
        Log::open(folder.log(), fixture::make_keys(), fixture::make_options(), {clock, random});
    EXPECT_EQ(second.error().code, Code::conflict);
    EXPECT_NE(second.error().what.find("in use"), std::string::npos);
}

TEST_F(LogTest, EpochsAdvanceAndOldKeysAreGone) {
    auto log = open();
    for (int i = 0; i < 3; ++i) {
        ASSERT_TRUE(log->append_and_wait(event(i)));
        ASSERT_TRUE(log->advance_epoch_and_wait());
    }
    EXPECT_EQ(log->status().epoch, 3U);
    EXPECT_TRUE(std::filesystem::exists(folder.log() + "/private/epoch-000003"));
    EXPECT_FALSE(std::filesystem::exists(folder.log() + "/private/epoch-000002"));
    log->stop();
    const auto report = verify_folder(folder.log(), {});
    EXPECT_TRUE(report->verified()) << report->problems[0].text;
    EXPECT_EQ(report->epochs, 4U);
    EXPECT_EQ(report->checkpoint.head.size, 6U);  // each change is a record too
}

TEST_F(LogTest, EpochsAdvanceByThemselvesWhileRecordsComeIn) {
    LogOptions options = fixture::make_options();
    options.epoch_ms = 50;
    auto log = open(options);
    for (int i = 0; i < 200 && log->status().epoch < 2; ++i) {
        ASSERT_TRUE(log->append_and_wait(event(i)));
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    EXPECT_GE(log->status().epoch, 2U);
}

TEST_F(LogTest, AClockThatIsSetIsRecorded) {
    auto log = open();
    ASSERT_TRUE(log->append_and_wait(event(1)));
    clock.set_ms = -std::int64_t{3600} * 1000;
    ASSERT_TRUE(log->append_and_wait(event(2)));
    ASSERT_TRUE(log->append_and_wait(event(3)));
    log->stop();
    auto reader = *Reader::open(folder.log());
    ASSERT_EQ(reader.size(), 4U);
    const auto jump = parse_event(reader.record(1)->leaf);
    ASSERT_TRUE(jump);
    EXPECT_EQ(jump->kind, EventKind::clock_jump);
    const auto by_ms = *wire::integer_at(*jump->json.find("detail"), "jump_ms");
    EXPECT_NEAR(static_cast<double>(by_ms), -3600'000.0, 1000.0);
}

TEST_F(LogTest, AClockBehindTheLastSignatureIsRecordedAtTheNextStart) {
    open()->append_and_wait(event(1)).ok();
    clock.set_ms = -std::int64_t{1'700'000'000'000};  // 1970 and a bit
    open()->append_and_wait(event(2)).ok();
    auto reader = *Reader::open(folder.log());
    ASSERT_EQ(reader.size(), 3U);
    EXPECT_EQ(parse_event(reader.record(1)->leaf)->kind, EventKind::clock_jump);
}

// A machine without a battery for its clock: the log begins in 1970 and says when that ended.
TEST_F(LogTest, ALogThatBeginsIn1970HoldsAndSaysWhenTheClockWasSet) {
    const std::int64_t now_ms = os::SystemClock().wall_ms();
    clock.set_ms = -now_ms + 5'000;
    {
        auto log = open();
        ASSERT_TRUE(log->append_and_wait(event(1)));
        ASSERT_TRUE(log->advance_epoch_and_wait());
        clock.set_ms = 0;
        ASSERT_TRUE(log->append_and_wait(event(2)));
    }
    const auto report = verify_folder(folder.log(), {});
    EXPECT_TRUE(report->verified()) << report->problems[0].text;
    auto reader = *Reader::open(folder.log());
    ASSERT_EQ(reader.size(), 4U);  // the record of the epoch is the second
    EXPECT_LT(parse_event(reader.record(0)->leaf)->time_ms, 60'000);
    const auto jump = *parse_event(reader.record(2)->leaf);
    EXPECT_EQ(jump.kind, EventKind::clock_jump);
    EXPECT_GT(*wire::integer_at(*jump.json.find("detail"), "jump_ms"), 1'700'000'000'000);
    EXPECT_TRUE(open()->append_and_wait(event(3)));
}

// What others have left in the folder is neither a part of the log nor touched.
TEST_F(LogTest, AFolderWithForeignFilesOpensGoesOnAndKeepsThem) {
    for (int i = 0; i < 3; ++i) open()->append_and_wait(event(i)).ok();
    const std::vector<std::string> foreign = {"notes.txt",      "epochs/readme",  "epochs/000009~",
                                              "tile/0/backup~", "tile/entries/x", "private/old"};
    for (const std::string& name : foreign) fixture::write_text(folder.log() + "/" + name, "x");
    {
        auto log = open();
        ASSERT_TRUE(log);
        for (int i = 0; i < 600; ++i) ASSERT_TRUE(log->append_and_wait(event(i)));
        ASSERT_TRUE(log->advance_epoch_and_wait());
    }
    ASSERT_TRUE(open());
    for (const std::string& name : foreign) {
        EXPECT_EQ(fixture::read_text(folder.log() + "/" + name), "x") << name;
    }
    // Beside the notes of the epochs there may be nothing: that is named as wrong.
    auto report = verify_folder(folder.log(), {});
    EXPECT_FALSE(report->verified());
    EXPECT_NE(report->problems[0].text.find("epochs/"), std::string::npos);
    for (const char* name : {"epochs/readme", "epochs/000009~"}) {
        std::filesystem::remove(folder.log() + "/" + name);
    }
    report = verify_folder(folder.log(), {});
    EXPECT_TRUE(report->verified()) << report->problems[0].text;
    for (const char* name : {"notes.txt", "tile/0/backup~"}) {
        EXPECT_NE(std::find(report->foreign.begin(), report->foreign.end(), name),
                  report->foreign.end())
            << name;
    }
}

// A checkpoint that somebody laid beside our records is not taken for ours, and not signed over
// another root.
TEST_F(LogTest, AnotherLogsCheckpointIsNamedAndReplacedByOursAtTheNextStart) {
    for (int i = 0; i < 3; ++i) open()->append_and_wait(event(i)).ok();
    const std::string ours = fixture::read_text(folder.log() + "/checkpoint");
    fixture::Folder other;
    LogOptions options = fixture::make_options();
    options.origin = "other.example/log";
    (*Log::open(other.log(), fixture::make_keys(2), options, {clock, random}))
        ->append_and_wait(event(1))
        .ok();
    fixture::write_text(folder.log() + "/checkpoint",
                        fixture::read_text(other.log() + "/checkpoint"));
    VerifyOptions strict;
    strict.log_key = VerifierKey{"test.example/log", fixture::make_keys().signing.public_key()};
    EXPECT_FALSE(verify_folder(folder.log(), strict)->verified());
    open().reset();
    EXPECT_TRUE(verify_folder(folder.log(), strict)->verified());
    EXPECT_EQ(fixture::read_text(folder.log() + "/checkpoint").substr(0, ours.find("\n\n")),
              ours.substr(0, ours.find("\n\n")));
}

// Fails from a given call on, as a full disk does, or once, as a disk with one bad moment does.
class FullStorage : public Storage {
  public:
    enum class Fails : std::uint8_t { for_good, once };
    FullStorage(std::unique_ptr<Storage> below, std::atomic<int>& left, Fails how = Fails::for_good)
        : below_(std::move(below)), left_(left), how_(how) {}
    Result<base::Bytes> read(const std::string& name, std::size_t bytes_max) override {
        return below_->read(name, bytes_max);
    }
    Result<std::vector<std::string>> list(const std::string& folder) override {
        return below_->list(folder);
    }
    Result<> replace(const std::string& name, base::ByteView content, Sync sync) override {
        TRY(room());
        return below_->replace(name, content, sync);
    }
    Result<> write_at(const std::string& name, base::ByteView content,
                      std::uint64_t offset) override {
        TRY(room());
        return below_->write_at(name, content, offset);
    }
    Result<> sync(const std::string& name) override {
        TRY(room());
        return below_->sync(name);
    }
    Result<> sync_folders() override { return below_->sync_folders(); }
    void sync_soon(const std::string& name) override { below_->sync_soon(name); }
    Result<> finish_syncs() override {
        TRY(room());
        return below_->finish_syncs();
    }
    Result<> destroy(const std::string& name) override { return below_->destroy(name); }
    Result<> remove(const std::string& name) override { return below_->remove(name); }

  private:
    Result<> room() {
        const int left = left_.fetch_sub(1);
        if (left > 0 || (left < 0 && how_ == Fails::once)) return {};
        if (how_ == Fails::once) return base::fail(Code::io, "writing a file: Input/output error");
        return base::fail(Code::exhausted, "writing a file: No space left on device");
    }
    std::unique_ptr<Storage> below_;
    std::atomic<int>& left_;
    const Fails how_;
};

// What a failed write has left behind is not known until the folder is opened anew, so a disk that
// works again does not make the log work again.
TEST_F(LogTest, AnIoErrorAtAnyWriteRefusesEveryAppendFromThenOnAndLosesNothing) {
    int failed = 0;
    for (int spare = 0; spare < 40; ++spare) {
        std::filesystem::remove_all(folder.log());
        std::atomic<int> left{1000};
        std::uint64_t recorded = 0;
        {
            auto storage = std::make_unique<FullStorage>(*FolderStorage::open(folder.log()), left,
                                                         FullStorage::Fails::once);
            auto log = *Log::open(std::move(storage), fixture::make_keys(), fixture::make_options(),
                                  {clock, random});
            left = spare;
            for (int i = 0; i < 12; ++i) {
                const bool refused = log->status().failure.has_value();
                const auto index = log->append_and_wait(event(i));
                EXPECT_FALSE(refused && index) << "spare " << spare;
                if (index) recorded = *index + 1;
                if (i % 4 == 3) log->checkpoint_and_wait().ok();
                if (i == 7) log->advance_epoch_and_wait().ok();
            }
            failed += log->status().failure ? 1 : 0;
        }
        auto log = open();
        EXPECT_GE(log->status().size, recorded) << "spare " << spare;
        log->stop();
        const auto report = verify_folder(folder.log(), {});
        EXPECT_TRUE(report->verified()) << report->problems[0].text;
    }
    EXPECT_GT(failed, 25);
}

TEST_F(LogTest, AFullDiskRefusesEveryAppendUntilItIsOpenedAnew) {
    for (int spare = 0; spare < 12; ++spare) {
        std::atomic<int> left{1000};
        std::uint64_t recorded = 0;
        {
            auto storage = std::make_unique<FullStorage>(*FolderStorage::open(folder.log()), left);
            auto log = *Log::open(std::move(storage), fixture::make_keys(), fixture::make_options(),
                                  {clock, random});
            left = spare;
            Result<std::uint64_t> last = std::uint64_t{0};
            for (int i = 0; i < 50 && last; ++i) {
                last = log->append_and_wait(event(i));
                if (last) recorded = *last + 1;
                if (i % 4 == 3) log->checkpoint_and_wait().ok();
            }
            ASSERT_FALSE(last);
            EXPECT_EQ(last.error().code, Code::exhausted);
            EXPECT_NE(log->append_and_wait(event(1)).error().what.find("nothing may be done"),
                      std::string::npos);
            EXPECT_TRUE(log->status().failure);
        }
        auto log = open();
        EXPECT_GE(log->status().size, recorded);
        log->stop();
        const auto report = verify_folder(folder.log(), {});
        EXPECT_TRUE(report->verified()) << report->problems[0].text;
    }
}

TEST_F(LogTest, SearchFindsByFieldTimeAndKindNewestFirst) {
    auto log = open();
    for (int i = 0; i < 600; ++i) {
        Event made(i % 2 == 0 ? EventKind::connection : EventKind::secret_use);
        made.set(Field::person, i % 3 == 0 ? "anna" : "ben").set(Field::host, "h.example");
        ASSERT_TRUE(log->append(made, {}));
    }
    ASSERT_TRUE(log->checkpoint_and_wait());
    auto reader = *Reader::open(folder.log(), log->log_key());
    EventQuery query;
    query.kinds = {EventKind::connection};
    query.matches = {{Field::person, "anna"}};
    const auto found = reader.search(query, 5);
    ASSERT_EQ(found->size(), 5U);
    EXPECT_EQ(found->front().index, 594U);
    query.matches.push_back({Field::host, "other.example"});
    EXPECT_TRUE(reader.search(query, 5)->empty());
    EXPECT_EQ(reader.search({.contains = "secret.use"}, 10'000)->size(), 300U);
    EXPECT_TRUE(reader.search({.to_ms = 1000}, 10)->empty());
    EXPECT_EQ(reader.search({}, 0).error().code, Code::invalid_input);
    EXPECT_EQ(reader.record(600).error().code, Code::not_found);
}

TEST_F(LogTest, ProofsVerifyAgainstTheCheckpoint) {
    fixture::build_log(folder.log(), 70'000);
    auto reader = *Reader::open(folder.log());
    const Head head = reader.checkpoint().head;
    for (const std::uint64_t index : {0U, 255U, 256U, 65'535U, 65'536U, 69'999U}) {
        const auto proof = reader.prove_inclusion(index);
        ASSERT_TRUE(proof) << proof.error().what;
        EXPECT_TRUE(
            includes(leaf_hash(fixture::leaf_number(index)), index, head.size, *proof, head.root));
    }
    Tree tree;
    for (std::uint64_t size = 1; size <= 66'000; ++size) {
        tree.append(leaf_hash(fixture::leaf_number(size - 1)));
        if (size % 13'001 != 0 && size != 65'536) continue;
        const auto proof = reader.prove_consistency(size);
        ASSERT_TRUE(proof);
        EXPECT_TRUE(extends({size, tree.root()}, head, *proof));
    }
    const std::string text = *reader.portable_proof(5);
    EXPECT_TRUE(text.starts_with("c2sp.org/tlog-proof@v1\nextra "));
    EXPECT_TRUE(text.ends_with(fixture::read_text(folder.log() + "/checkpoint")));
}

}  // namespace
}  // namespace hs::audit
