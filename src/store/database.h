// Database: one SQLite file with ordered migrations, durable commits and errors that say what to
// do.
//
// What it is for: durable records that belong to one process. Write-ahead log, synchronous=FULL
// (a commit that returned survives a power cut), foreign keys, secure_delete, no memory map.
// What it does not protect from: whoever reads the file; seal what is confidential
// (store/sealed.h). A deleted row stays in the write-ahead log until the next checkpoint.
// Threads: a Database and its Statements belong to one thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace hs::store {

// Steps are numbered 1, 2, 3 ... and never change once released: the file remembers the SHA-256 of
// each that it went through.
struct Migration {
    std::string_view name;
    std::string_view sql;
};

// A prepared statement on loan from its Database, which keeps it for the next time. Columns count
// from 0, parameters are bound from left to right.
class Statement {
  public:
    Statement(Statement&& other) noexcept;
    Statement& operator=(Statement&&) = delete;
    Statement(const Statement&) = delete;
    Statement& operator=(const Statement&) = delete;
    ~Statement();

    Statement& bind(std::int64_t value);
    Statement& bind(int value) { return bind(static_cast<std::int64_t>(value)); }
    Statement& bind(std::string_view text);
    Statement& bind(base::ByteView bytes);
    Statement& bind(std::nullptr_t);
    template <class Value>
    Statement& bind(const std::optional<Value>& value) {
        return value ? bind(*value) : bind(nullptr);
    }

    // true: there is a row to read. false: the end; the statement can be bound anew.
    base::Result<bool> step();
    // For statements without rows: runs to the end.
    base::Result<> run();

    // corrupt when the stored value is of another type.
    base::Result<std::int64_t> integer(int column) const;
    base::Result<std::string> text(int column) const;
    base::Result<base::Bytes> bytes(int column) const;
    bool is_null(int column) const;

  private:
    friend class Database;
    Statement(class Database& database, sqlite3_stmt* statement)
        : database_(&database), statement_(statement) {}
    void require_parameter(int outcome);

    Database* database_;
    sqlite3_stmt* statement_;
    int next_parameter_ = 1;
};

class Database {
  public:
    // Makes the file (0600) in an existing folder, or opens it, and brings it to the last
    // migration in one transaction. conflict when a newer version of the program wrote it, denied
    // when others may read it, corrupt when it is no database or a migration was changed.
    static base::Result<std::unique_ptr<Database>> open(const std::string& path,
                                                        std::span<const Migration> migrations);
    // A second connection to a file that open() has prepared, which can only read.
    static base::Result<std::unique_ptr<Database>> open_to_read(const std::string& path);
    // A database that lies in memory alone and ends with the object: indexes over sealed rows.
    static base::Result<std::unique_ptr<Database>> open_in_memory(std::string_view script);
    ~Database();
    Database(const Database&) = delete;
    Database& operator=(const Database&) = delete;

    // The text is the program's own, never built from input. A mistake in it is invalid_input.
    base::Result<Statement> prepare(std::string_view sql);
    // Prepares, binds all values and runs; the number of rows changed.
    template <class... Values>
    base::Result<std::int64_t> execute(std::string_view sql, const Values&... values) {
        Statement statement = TRY(prepare(sql));
        (statement.bind(values), ...);
        TRY(statement.run());
        return rows_changed();
    }
    // Runs work between BEGIN IMMEDIATE and COMMIT; rolls back when work or the commit fails.
    // work is called as Result<>(). It must not begin a transaction itself.
    template <class Work>
    base::Result<> in_transaction(Work&& work) {
        TRY(execute("BEGIN IMMEDIATE"));
        const base::Result<> done = work();
        if (!done) {
            roll_back();
            return done;
        }
        const auto committed = execute("COMMIT");
        if (committed) return {};
        roll_back();
        return committed.failure();
    }

    // Reads every page: corrupt names what SQLite found first.
    base::Result<> check_integrity();
    // Moves the write-ahead log into the file and empties it.
    base::Result<> checkpoint();

    // Whether a transaction is open: SQLite ends one by itself after some failures (a full disk).
    bool transaction_open() const;
    std::int64_t last_row_id() const;
    std::int64_t rows_changed() const;
    const std::string& path() const { return path_; }

  private:
    friend class Statement;
    explicit Database(std::string path) : path_(std::move(path)) {}
    enum class Access : std::uint8_t { read, write, memory, make };
    base::Result<> connect(Access access);
    base::Result<> configure(Access access);
    static base::Result<> make_new(const std::string& path, std::span<const Migration> migrations);
    base::Result<> claim();
    base::Result<> migrate(std::span<const Migration> migrations);
    base::Result<> apply(std::span<const Migration> migrations, std::size_t applied);
    base::Result<> run_script(std::string_view sql);
    base::Failure failure(std::string_view action, int outcome) const;
    void roll_back();
    void give_back(sqlite3_stmt* statement);

    struct Kept {
        std::string sql;
        sqlite3_stmt* statement;
        bool lent;
    };
    std::string path_;
    sqlite3* connection_ = nullptr;
    std::vector<Kept> kept_;  // at most statements_max, the least recently used first
};

}  // namespace hs::store
