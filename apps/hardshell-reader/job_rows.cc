#include "hardshell-reader/job_rows.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <memory>

#include "wire/json.h"

namespace hs::reader {

using base::Bytes;
using base::Code;
using base::fail;
using base::Result;
using wire::Json;
using wire::JsonArray;
using wire::JsonObject;

namespace {

constexpr std::size_t header_bytes = 100;
constexpr std::size_t job_bytes_max = std::size_t{64} << 10U;
// SQLite's file format, "The Database Header": 1 for a rollback journal, 2 for a write-ahead log,
// which a database in memory cannot have.
constexpr std::size_t write_version_at = 18;
constexpr std::size_t read_version_at = 19;

using Opened = std::unique_ptr<sqlite3, decltype(&sqlite3_close)>;
using Rows = std::unique_ptr<sqlite3_stmt, decltype(&sqlite3_finalize)>;

Result<Opened> open(Bytes& database) {
    if (database.size() < header_bytes) return fail(Code::invalid_input, "this is no database");
    database[write_version_at] = database[read_version_at] = 1;
    sqlite3* made = nullptr;
    const int opened = sqlite3_open_v2(":memory:", &made, SQLITE_OPEN_READWRITE, nullptr);
    Opened held(made, &sqlite3_close);
    if (opened != SQLITE_OK) return fail(Code::io, "SQLite cannot be used");
    sqlite3_db_config(made, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    sqlite3_db_config(made, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
    const auto size = static_cast<sqlite3_int64>(database.size());
    const int taken =
        sqlite3_deserialize(made, "main", database.data(), size, size, SQLITE_DESERIALIZE_READONLY);
    if (taken != SQLITE_OK) return fail(Code::invalid_input, "this is no database");
    return held;
}

}  // namespace

Result<std::string> job_rows(Bytes database) {
    if (database.size() > database_bytes_max) {
        return fail(Code::exhausted,
                    fmt::format("a database of at most {} MiB is read", database_bytes_max >> 20U));
    }
    const Opened opened = TRY(open(database));
    sqlite3_stmt* prepared = nullptr;
    const int ready = sqlite3_prepare_v2(
        opened.get(), "SELECT CAST(job_json AS BLOB) FROM cron_jobs ORDER BY name LIMIT 501", -1,
        &prepared, nullptr);
    const Rows rows(prepared, &sqlite3_finalize);
    if (ready != SQLITE_OK) return fail(Code::invalid_input, "the database has no table of jobs");
    Json jobs{JsonArray{}};
    for (std::size_t count = 0;; ++count) {
        const int step = sqlite3_step(rows.get());
        if (step == SQLITE_DONE) break;
        if (step != SQLITE_ROW) return fail(Code::invalid_input, "the database is damaged");
        if (count >= jobs_max) return fail(Code::exhausted, "the database has more than 500 jobs");
        const auto* text = static_cast<const char*>(sqlite3_column_blob(rows.get(), 0));
        const auto size = static_cast<std::size_t>(sqlite3_column_bytes(rows.get(), 0));
        if (text == nullptr || size > job_bytes_max) continue;
        auto job = wire::parse_json({text, size}, {.bytes_max = job_bytes_max, .depth_max = 16});
        if (job) jobs.push(*std::move(job));
    }
    return wire::canonical_json(Json(JsonObject{{"jobs", std::move(jobs)}}));
}

}  // namespace hs::reader
