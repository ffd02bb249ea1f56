#include "hardshell-reader/job_rows.h"

#include <gtest/gtest.h>
#include <sqlite3.h>

namespace hs::reader {
namespace {

base::Bytes database_of(const char* statements) {
    sqlite3* made = nullptr;
    EXPECT_EQ(sqlite3_open(":memory:", &made), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(made, statements, nullptr, nullptr, nullptr), SQLITE_OK);
    sqlite3_int64 size = 0;
    unsigned char* bytes = sqlite3_serialize(made, "main", &size, 0);
    base::Bytes copy(bytes, bytes + size);
    sqlite3_free(bytes);
    sqlite3_close(made);
    return copy;
}

constexpr const char* two_jobs =
    "CREATE TABLE cron_jobs (name TEXT, job_json TEXT);"
    "INSERT INTO cron_jobs VALUES ('b', '{\"name\":\"b\"}'), ('a', '{\"name\":\"a\"}'),"
    "('c', 'no json'), ('d', NULL);";

TEST(JobRows, RefusesWhatIsNoSuchDatabase) {
    EXPECT_FALSE(job_rows({}).ok());
    EXPECT_FALSE(job_rows(base::Bytes(5'000, 'x')).ok());
    EXPECT_FALSE(job_rows(database_of("CREATE TABLE other (x)")).ok());
    auto cut = database_of(two_jobs);
    cut.resize(cut.size() / 2);
    EXPECT_FALSE(job_rows(std::move(cut)).ok());
    auto broken = database_of(two_jobs);
    for (std::size_t i = 4'200; i < broken.size(); ++i) broken[i] = 0xff;
    EXPECT_FALSE(job_rows(std::move(broken)).ok());
    // A view under the table's name would run what its author wrote.
    EXPECT_FALSE(job_rows(database_of("CREATE VIEW cron_jobs AS SELECT 'x' AS name, "
                                      "load_extension('/tmp/x') AS job_json"))
                     .ok());
}

TEST(JobRows, GivesTheJobsThatAreJson) {
    EXPECT_EQ(job_rows(database_of(two_jobs)).value(), R"({"jobs":[{"name":"a"},{"name":"b"}]})");
    auto logged = database_of(two_jobs);
    logged[18] = logged[19] = 2;  // as a database with a write-ahead log says
    EXPECT_TRUE(job_rows(std::move(logged)).ok());
}

}  // namespace
}  // namespace hs::reader
