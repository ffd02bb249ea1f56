#include "store/database.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>

#include "crypto/hash.h"
#include "os/file.h"

namespace hs::store {
namespace {

using base::Code;
using base::fail;
using base::Result;

constexpr int busy_wait_ms = 5000;
constexpr std::size_t statements_max = 64;
constexpr std::int64_t application_id = 0x48534831;  // "HSH1"
constexpr std::size_t path_bytes_max = 4096;

struct Explained {
    Code code;
    std::string_view advice;
};

Explained explain(int outcome) {
    switch (outcome & 0xff) {
        case SQLITE_FULL:
            return {Code::exhausted, "the disk is full; free space and try again"};
        case SQLITE_NOMEM:
            return {Code::exhausted, "memory is short; free some and try again"};
        case SQLITE_TOOBIG:
            return {Code::exhausted, "a value is too large to be stored"};
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
            return {Code::conflict, "another process holds the file; stop it and try again"};
        case SQLITE_CONSTRAINT:
            return {Code::conflict, "the change contradicts what is stored"};
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB:
            return {Code::corrupt,
                    "the file is damaged; keep a copy of it and restore it from a backup"};
        case SQLITE_READONLY:
        case SQLITE_PERM:
        case SQLITE_AUTH:
            return {Code::denied, "the file may not be written; check its owner and mode"};
        case SQLITE_CANTOPEN:
            return {Code::io,
                    "the file cannot be opened; check that its folder exists and is ours"};
        case SQLITE_IOERR:
            return {Code::io, "the disk failed; check the kernel's messages and the volume"};
        case SQLITE_INTERRUPT:
            return {Code::cancelled, "the operation was interrupted"};
        default:
            return {Code::invalid_input, "the statement is wrong"};
    }
}

// The file is made by us first, so that it never exists with another mode than 0600; SQLite gives
// its log and index the mode of the file.
Result<> make_private_file(const std::string& path) {
    if (path.size() > path_bytes_max) return fail(Code::invalid_input, "a path is too long");
    const os::Fd file = TRY(os::open_file(path, O_RDWR | O_CREAT, 0600));
    const auto facts = TRY(os::facts_of(file.get()));
    if (facts.kind != os::FileFacts::Kind::regular) {
        return fail(Code::denied, fmt::format("{} should be a regular file and is not", path));
    }
    if ((facts.mode & 077U) == 0) return {};
    return fail(Code::denied,
                fmt::format("{} can be read or written by others; run: chmod 600 {}", path, path));
}

Result<base::Bytes> checksum_of(const Migration& migration) {
    const auto digest = crypto::sha256(base::bytes_of(migration.sql));
    return base::Bytes(digest.begin(), digest.end());
}

}  // namespace

Result<std::unique_ptr<Database>> Database::open(const std::string& path,
                                                 std::span<const Migration> migrations) {
    const auto facts = os::facts_of_path(path);
    if (!facts && facts.error().code == Code::not_found) TRY(make_new(path, migrations));
    TRY(make_private_file(path));
    std::unique_ptr<Database> database(new Database(path));
    TRY(database->connect(Access::write));
    TRY(database->claim());
    TRY(database->migrate(migrations));
    return database;
}

// A new file is put together beside its place and moved there when it is durable: one wait for the
// disk instead of one for each step, and a crash leaves either the whole file or none.
Result<> Database::make_new(const std::string& path, std::span<const Migration> migrations) {
    const std::string beside = path + ".new";
    for (const char* rest : {"", "-journal", "-wal", "-shm"}) {
        const auto removed = os::remove_file(beside + rest);
        if (!removed && removed.error().code != Code::not_found) return removed;
    }
    TRY(make_private_file(beside));
    {
        Database database(beside);
        TRY(database.connect(Access::make));
        TRY(database.claim());
        TRY(database.migrate(migrations));
        TRY(database.run_script("PRAGMA journal_mode=WAL;"));
    }
    TRY(os::sync_data(TRY(os::open_file(beside, O_RDWR, 0600)).get()));
    // What is left of a file that is gone would be played back into the new one.
    for (const char* rest : {"-journal", "-wal", "-shm"}) {
        const auto removed = os::remove_file(path + rest);
        if (!removed && removed.error().code != Code::not_found) return removed;
    }
    TRY(os::rename_file(beside, path));
    return os::sync_folder(path.substr(0, path.rfind('/')));
}

Result<std::unique_ptr<Database>> Database::open_to_read(const std::string& path) {
    std::unique_ptr<Database> database(new Database(path));
    TRY(database->connect(Access::read));
    return database;
}

Result<std::unique_ptr<Database>> Database::open_in_memory(std::string_view script) {
    std::unique_ptr<Database> database(new Database(":memory:"));
    TRY(database->connect(Access::memory));
    TRY(database->run_script(script));
    return database;
}

Database::~Database() {
    for (const Kept& kept : kept_) {
        CHECK(!kept.lent);
        sqlite3_finalize(kept.statement);
    }
    if (connection_ != nullptr) sqlite3_close(connection_);
}

Result<> Database::connect(Access access) {
    const int how = access == Access::read ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
    const int outcome = sqlite3_open_v2(path_.c_str(), &connection_,
                                        how | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nullptr);
    if (outcome != SQLITE_OK) return failure("a database could not be opened", outcome);
    return configure(access);
}

Result<> Database::configure(Access access) {
    sqlite3_busy_timeout(connection_, busy_wait_ms);
    sqlite3_db_config(connection_, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    sqlite3_db_config(connection_, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
    sqlite3_db_config(connection_, SQLITE_DBCONFIG_DQS_DML, 0, nullptr);
    sqlite3_db_config(connection_, SQLITE_DBCONFIG_DQS_DDL, 0, nullptr);
    sqlite3_limit(connection_, SQLITE_LIMIT_ATTACHED, 0);
    TRY(
        run_script("PRAGMA mmap_size=0; PRAGMA temp_store=MEMORY; PRAGMA foreign_keys=ON;"
                   "PRAGMA cell_size_check=ON;"));
    if (access == Access::memory) return run_script("PRAGMA journal_mode=OFF;");
    if (access == Access::read) return {};
    if (access == Access::make) {
        return run_script("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;");
    }
    return run_script(
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA secure_delete=ON;"
        "PRAGMA journal_size_limit=16777216;");
}

// Marks a new file as ours; refuses one that another program made.
Result<> Database::claim() {
    std::int64_t id = 0;
    {
        Statement statement = TRY(prepare("PRAGMA application_id"));
        if (TRY(statement.step())) id = TRY(statement.integer(0));
    }
    if (id == application_id) return {};
    Statement statement = TRY(prepare("SELECT count(*) FROM sqlite_schema"));
    TRY(statement.step());
    if (id != 0 || TRY(statement.integer(0)) != 0) {
        return fail(Code::conflict,
                    fmt::format("{} belongs to another program; move it away", path_));
    }
    return run_script(fmt::format("PRAGMA application_id={}", application_id));
}

Result<> Database::migrate(std::span<const Migration> migrations) {
    TRY(
        run_script("CREATE TABLE IF NOT EXISTS hs_migration (version INTEGER PRIMARY KEY,"
                   " name TEXT NOT NULL, checksum BLOB NOT NULL) STRICT"));
    std::size_t applied = 0;
    {
        Statement statement =
            TRY(prepare("SELECT version, name, checksum FROM hs_migration ORDER BY version"));
        while (TRY(statement.step())) {
            if (applied == migrations.size()) {
                return fail(Code::conflict,
                            fmt::format("{} was written by a newer version of Hardshell (step {}); "
                                        "install that version or restore an older backup",
                                        path_, TRY(statement.integer(0))));
            }
            const Migration& migration = migrations[applied++];
            if (TRY(statement.integer(0)) != static_cast<std::int64_t>(applied) ||
                TRY(statement.bytes(2)) != TRY(checksum_of(migration))) {
                return fail(Code::corrupt,
                            fmt::format("{}: step {} ({}) is not the one that this program knows; "
                                        "restore the file from a backup",
                                        path_, applied, TRY(statement.text(1))));
            }
        }
    }
    if (applied == migrations.size()) return {};
    return in_transaction([&] { return apply(migrations, applied); });
}

Result<> Database::apply(std::span<const Migration> migrations, std::size_t applied) {
    for (std::size_t i = applied; i < migrations.size(); ++i) {
        TRY(run_script(migrations[i].sql));
        const base::Bytes checksum = TRY(checksum_of(migrations[i]));
        TRY(execute("INSERT INTO hs_migration (version, name, checksum) VALUES (?, ?, ?)",
                    static_cast<std::int64_t>(i + 1), migrations[i].name,
                    base::ByteView(checksum)));
    }
    return {};
}

Result<> Database::run_script(std::string_view sql) {
    const std::string text(sql);
    const int outcome = sqlite3_exec(connection_, text.c_str(), nullptr, nullptr, nullptr);
    if (outcome != SQLITE_OK) return failure("a database step failed", outcome);
    return {};
}

base::Failure Database::failure(std::string_view action, int outcome) const {
    const Explained explained = explain(outcome);
    // SQLite's own text names tables and columns, never values.
    const char* detail =
        connection_ == nullptr ? sqlite3_errstr(outcome) : sqlite3_errmsg(connection_);
    return fail(explained.code,
                fmt::format("{}: {}: {} ({})", path_, action, explained.advice, detail));
}

void Database::roll_back() {
    // After some errors SQLite has rolled back by itself; then there is nothing to do.
    if (transaction_open()) {
        sqlite3_exec(connection_, "ROLLBACK", nullptr, nullptr, nullptr);
    }
}

Result<Statement> Database::prepare(std::string_view sql) {
    const auto found = std::find_if(kept_.begin(), kept_.end(), [&](const Kept& kept) {
        return !kept.lent && kept.sql == sql;
    });
    if (found != kept_.end()) {
        std::rotate(found, found + 1, kept_.end());
        kept_.back().lent = true;
        return Statement(*this, kept_.back().statement);
    }
    sqlite3_stmt* statement = nullptr;
    const int outcome = sqlite3_prepare_v3(connection_, sql.data(), static_cast<int>(sql.size()),
                                           SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
    if (outcome != SQLITE_OK) return failure("a statement could not be prepared", outcome);
    CHECK(statement != nullptr);
    if (kept_.size() >= statements_max) {
        const auto idle =
            std::find_if(kept_.begin(), kept_.end(), [](const Kept& kept) { return !kept.lent; });
        if (idle != kept_.end()) {
            sqlite3_finalize(idle->statement);
            kept_.erase(idle);
        }
    }
    kept_.push_back({std::string(sql), statement, true});
    return Statement(*this, statement);
}

void Database::give_back(sqlite3_stmt* statement) {
    const auto found = std::find_if(kept_.begin(), kept_.end(),
                                    [&](const Kept& kept) { return kept.statement == statement; });
    CHECK(found != kept_.end());
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
    found->lent = false;
}

Result<> Database::check_integrity() {
    Statement statement = TRY(prepare("PRAGMA integrity_check(1)"));
    if (!TRY(statement.step())) return fail(Code::corrupt, path_ + ": no integrity result");
    const std::string found = TRY(statement.text(0));
    if (found == "ok") return {};
    return fail(Code::corrupt, fmt::format("{}: the file is damaged ({}); keep a copy of it and "
                                           "restore it from a backup",
                                           path_, found));
}

Result<> Database::checkpoint() {
    return run_script("PRAGMA wal_checkpoint(TRUNCATE)");
}

bool Database::transaction_open() const {
    return sqlite3_get_autocommit(connection_) == 0;
}
std::int64_t Database::last_row_id() const {
    return sqlite3_last_insert_rowid(connection_);
}
std::int64_t Database::rows_changed() const {
    return sqlite3_changes64(connection_);
}

}  // namespace hs::store
