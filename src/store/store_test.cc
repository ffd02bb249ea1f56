#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <future>
#include <thread>

#include "os/file.h"
#include "store/commit_queue.h"
#include "store/database.h"
#include "store/sealed.h"

namespace hs::store {
namespace {

using base::bytes_of;
using base::ByteView;
using base::Code;
using base::Result;

constexpr std::array first_steps = {
    Migration{"notes",
              "CREATE TABLE note (id INTEGER PRIMARY KEY, body BLOB NOT NULL,"
              " title TEXT) STRICT"}};
constexpr std::array two_steps = {
    first_steps[0],
    Migration{"tags",
              "CREATE TABLE tag (note INTEGER NOT NULL REFERENCES note, name TEXT NOT"
              " NULL) STRICT; CREATE INDEX tag_name ON tag (name);"}};

class StoreTest : public testing::Test {
  protected:
    void SetUp() override {
        char name[] = "/tmp/hs-store-XXXXXX";
        folder = mkdtemp(name);
        path = folder + "/notes.db";
    }
    void TearDown() override { std::filesystem::remove_all(folder); }

    std::unique_ptr<Database> open(std::span<const Migration> steps = two_steps) {
        auto database = Database::open(path, steps);
        EXPECT_TRUE(database) << (database ? "" : database.error().what);
        return database ? *std::move(database) : nullptr;
    }
    std::int64_t count(Database& database) {
        auto statement = database.prepare("SELECT count(*) FROM note");
        EXPECT_TRUE(*statement->step());
        return *statement->integer(0);
    }
    std::string folder;
    std::string path;
};

TEST_F(StoreTest, ValuesGoRoundWithTheirTypes) {
    const auto database = open();
    const base::Bytes body{0, 1, 0xff};
    ASSERT_TRUE(database->execute("INSERT INTO note (id, body, title) VALUES (?, ?, ?)", 7,
                                  ByteView(body), std::string_view("hé")));
    ASSERT_TRUE(database->execute("INSERT INTO note (id, body, title) VALUES (?, ?, ?)", 8,
                                  ByteView(), nullptr));
    auto statement =
        database->prepare("SELECT id, body, title FROM note WHERE id >= ? ORDER BY id");
    statement->bind(7);
    ASSERT_TRUE(*statement->step());
    EXPECT_EQ(*statement->integer(0), 7);
    EXPECT_EQ(*statement->bytes(1), body);
    EXPECT_EQ(*statement->text(2), "hé");
    EXPECT_EQ(statement->integer(1).error().code, Code::corrupt);
    ASSERT_TRUE(*statement->step());
    EXPECT_TRUE(statement->bytes(1)->empty());
    EXPECT_TRUE(statement->is_null(2));
    EXPECT_FALSE(*statement->step());
}

TEST_F(StoreTest, IsPrivateAndDurableByItsSettings) {
    const auto database = open();
    struct stat facts {};
    for (const char* suffix : {"", "-wal", "-shm"}) {
        ASSERT_EQ(::stat((path + suffix).c_str(), &facts), 0) << suffix;
        EXPECT_EQ(facts.st_mode & 0777U, 0600U) << suffix;
    }
    const auto pragma = [&](const char* sql) {
        auto statement = database->prepare(sql);
        EXPECT_TRUE(*statement->step());
        const auto text = statement->text(0);
        return text ? *text : std::to_string(*statement->integer(0));
    };
    EXPECT_EQ(pragma("PRAGMA journal_mode"), "wal");
    EXPECT_EQ(pragma("PRAGMA synchronous"), "2");
    EXPECT_EQ(pragma("PRAGMA secure_delete"), "1");
    EXPECT_EQ(pragma("PRAGMA foreign_keys"), "1");
    EXPECT_EQ(database->execute("INSERT INTO tag (note, name) VALUES (99, 'x')").error().code,
              Code::conflict);
}

TEST_F(StoreTest, AFileThatOthersMayReadIsRefusedWithTheRemedy) {
    open();
    ::chmod(path.c_str(), 0644);
    const auto refused = Database::open(path, two_steps);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Code::denied);
    EXPECT_NE(refused.error().what.find("chmod 600"), std::string::npos);
}

TEST_F(StoreTest, MigratesForwardOnlyAndKnowsItsSteps) {
    open(first_steps)->execute("INSERT INTO note (id, body) VALUES (1, x'00')").ok();
    EXPECT_EQ(count(*open(two_steps)), 1);
    const auto older = Database::open(path, first_steps);
    EXPECT_EQ(older.error().code, Code::conflict);
    EXPECT_NE(older.error().what.find("newer version"), std::string::npos);
    auto changed = two_steps;
    changed[0].sql = "CREATE TABLE other (id INTEGER)";
    EXPECT_EQ(Database::open(path, changed).error().code, Code::corrupt);
}

TEST_F(StoreTest, AMigrationThatFailsLeavesTheOldState) {
    open(first_steps);
    constexpr std::array broken = {first_steps[0],
                                   Migration{"bad", "CREATE TABLE a (x); CREATE TABEL b (x);"}};
    EXPECT_EQ(Database::open(path, broken).error().code, Code::invalid_input);
    EXPECT_NE(open(two_steps), nullptr);
}

TEST_F(StoreTest, ForeignAndDamagedFilesAreToldApart) {
    ASSERT_TRUE(os::write_file_atomic(path, bytes_of(std::string(4096, 'x')), 0600));
    EXPECT_EQ(Database::open(path, two_steps).error().code, Code::corrupt);
    std::filesystem::remove(path);
    {
        const auto database = open();
        base::Bytes body(200'000, 7);
        ASSERT_TRUE(database->execute("INSERT INTO note (id, body) VALUES (1, ?)", ByteView(body)));
        ASSERT_TRUE(database->checkpoint());
    }
    const os::Fd file = *os::open_file(path, O_RDWR);
    // A leaf page of the tree becomes nonsense.
    ASSERT_TRUE(os::write_all_at(file.get(), base::Bytes(4096, 0xee), 4096));
    const auto opened = Database::open(path, two_steps);
    const auto found = opened ? (*opened)->check_integrity() : Result<>(opened.failure());
    EXPECT_EQ(found.error().code, Code::corrupt);
}

TEST_F(StoreTest, AFullDiskIsNamedAndLosesNothing) {
    const auto database = open();
    ASSERT_TRUE(database->execute("INSERT INTO note (id, body) VALUES (1, x'00')"));
    // SQLite's own page limit gives SQLITE_FULL as a full disk does.
    {
        auto statement = database->prepare("PRAGMA max_page_count=16");
        ASSERT_TRUE(*statement->step());
    }
    const base::Bytes large(1 << 20, 1);
    const auto refused = database->in_transaction([&]() -> Result<> {
        TRY(database->execute("INSERT INTO note (id, body) VALUES (2, ?)", ByteView(large)));
        return {};
    });
    EXPECT_EQ(refused.error().code, Code::exhausted);
    EXPECT_NE(refused.error().what.find("free space"), std::string::npos);
    EXPECT_EQ(count(*database), 1);
    EXPECT_TRUE(database->execute("INSERT INTO note (id, body) VALUES (3, x'00')"));
}

TEST_F(StoreTest, AFailedTransactionLeavesNoTrace) {
    const auto database = open();
    const auto failed = database->in_transaction([&]() -> Result<> {
        TRY(database->execute("INSERT INTO note (id, body) VALUES (1, x'00')"));
        return base::fail(Code::denied, "no");
    });
    EXPECT_EQ(failed.error().code, Code::denied);
    EXPECT_EQ(count(*database), 0);
    const auto reader = Database::open_to_read(path);
    EXPECT_EQ((*reader)->execute("DELETE FROM note").error().code, Code::denied);
}

TEST_F(StoreTest, CommitsOfManyThreadsAreGroupedAndDurable) {
    CommitQueue queue(open());
    constexpr int writers = 16;
    constexpr int each = 40;
    std::atomic<int> stored{0};
    std::vector<std::thread> threads;
    for (int writer = 0; writer < writers; ++writer) {
        threads.emplace_back([&, writer] {
            for (int i = 0; i < each; ++i) {
                const auto done = queue.commit([&, i](Database& database) -> Result<> {
                    TRY(database.execute("INSERT INTO note (id, body) VALUES (?, x'00')",
                                         writer * 1000 + i));
                    if (i % 10 == 9) return base::fail(Code::denied, "undone");
                    return {};
                });
                if (done) ++stored;
            }
        });
    }
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(stored, writers * each * 9 / 10);
    // Another connection sees what was answered, before the queue stops.
    const auto reader = Database::open_to_read(path);
    EXPECT_EQ(count(**reader), stored);
}

TEST_F(StoreTest, AStoppedQueueFinishesWhatItTookAndRefusesMore) {
    CommitQueue queue(open());
    std::atomic<int> done{0};
    for (int i = 0; i < 100; ++i) {
        ASSERT_TRUE(queue.submit(
            [i](Database& database) -> Result<> {
                TRY(database.execute("INSERT INTO note (id, body) VALUES (?, x'00')", i));
                return {};
            },
            [&](const Result<>& outcome) { done += outcome.ok() ? 1 : 0; }));
    }
    queue.stop();
    queue.stop();
    EXPECT_EQ(done, 100);
    EXPECT_EQ(queue.commit([](Database&) -> Result<> { return {}; }).error().code, Code::cancelled);
}

CommitQueue::Change note(int id) {
    return [id](Database& database) -> Result<> {
        TRY(database.execute("INSERT INTO note (id, body) VALUES (?, x'00')", id));
        return {};
    };
}

TEST_F(StoreTest, WhatIsWantedSoonGoesWithTheNextOrComesByItself) {
    CommitQueue queue(open());
    std::vector<int> order;
    const auto done = [&](int number) {
        return [&, number](const Result<>& outcome) {
            EXPECT_TRUE(outcome);
            order.push_back(number);
        };
    };
    for (int i = 0; i < 3; ++i) {
        ASSERT_TRUE(queue.submit(note(i), done(i), CommitQueue::When::soon));
    }
    // One that is waited for takes along what came before it.
    EXPECT_TRUE(queue.commit(note(3)));
    EXPECT_EQ(order, (std::vector<int>{0, 1, 2}));
    std::promise<void> alone;
    ASSERT_TRUE(queue.submit(
        note(4), [&](const Result<>&) { alone.set_value(); }, CommitQueue::When::soon));
    EXPECT_EQ(alone.get_future().wait_for(std::chrono::seconds(20)), std::future_status::ready);
    // Nothing that was accepted is lost by a stop.
    ASSERT_TRUE(queue.submit(note(5), done(5), CommitQueue::When::soon));
    queue.stop();
    EXPECT_EQ(order.back(), 5);
    const auto reader = Database::open_to_read(path);
    EXPECT_EQ(count(**reader), 6);
}

TEST_F(StoreTest, AFailedChangeOfAGroupUndoesNoOther) {
    CommitQueue queue(open());
    std::vector<Code> failures;
    for (const int id : {1, 2, 2, 3}) {
        ASSERT_TRUE(queue.submit(
            note(id),
            [&](const Result<>& outcome) {
                if (!outcome) failures.push_back(outcome.error().code);
            },
            CommitQueue::When::soon));
    }
    EXPECT_TRUE(queue.commit(note(4)));
    EXPECT_EQ(failures, std::vector<Code>{Code::conflict});
    const auto reader = Database::open_to_read(path);
    EXPECT_EQ(count(**reader), 4);
}

TEST_F(StoreTest, SealedColumnsOpenOnlyInTheirPlace) {
    base::ScriptedRandom random(1);
    const auto key = crypto::SecretBytes::random(32, random);
    const Compartment compartment("personal", crypto::SecretBytes::copy_of(key.view()));
    const Place place{"sessions", "message", "01ABC", "body"};
    const auto sealed = compartment.seal(place, "hello", random);
    EXPECT_EQ(*compartment.open_text(place, sealed), "hello");
    for (const Place& other : {Place{"sessionsm", "essage", "01ABC", "body"},
                               Place{"sessions", "messag", "01ABC", "body"},
                               Place{"sessions", "message", "01ABD", "body"},
                               Place{"sessions", "message", "01ABC", "t"}}) {
        const auto refused = compartment.open(other, sealed);
        EXPECT_EQ(refused.error().code, Code::corrupt);
        EXPECT_EQ(refused.error().what.find("hello"), std::string::npos);
    }
    const Compartment renamed("work", crypto::SecretBytes::copy_of(key.view()));
    EXPECT_FALSE(renamed.open(place, sealed));
    const Compartment foreign("personal", crypto::SecretBytes::random(32, random));
    EXPECT_FALSE(foreign.open(place, sealed));
}

}  // namespace
}  // namespace hs::store
