#include <sqlite3.h>

#include "store/database.h"

namespace hs::store {

using base::Code;
using base::fail;
using base::Result;

Statement::Statement(Statement&& other) noexcept
    : database_(other.database_),
      statement_(std::exchange(other.statement_, nullptr)),
      next_parameter_(other.next_parameter_) {}

Statement::~Statement() {
    if (statement_ != nullptr) database_->give_back(statement_);
}

// Binding fails only for a parameter that the text does not have, or a value beyond 1 GB.
void Statement::require_parameter(int outcome) {
    CHECK(outcome == SQLITE_OK);
    ++next_parameter_;
}

Statement& Statement::bind(std::int64_t value) {
    require_parameter(sqlite3_bind_int64(statement_, next_parameter_, value));
    return *this;
}

Statement& Statement::bind(std::string_view text) {
    const char* data = text.data() == nullptr ? "" : text.data();
    require_parameter(sqlite3_bind_text64(statement_, next_parameter_, data, text.size(),
                                          SQLITE_TRANSIENT, SQLITE_UTF8));
    return *this;
}

Statement& Statement::bind(base::ByteView bytes) {
    const void* data = bytes.data() == nullptr ? static_cast<const void*>("") : bytes.data();
    require_parameter(
        sqlite3_bind_blob64(statement_, next_parameter_, data, bytes.size(), SQLITE_TRANSIENT));
    return *this;
}

Statement& Statement::bind(std::nullptr_t) {
    require_parameter(sqlite3_bind_null(statement_, next_parameter_));
    return *this;
}

Result<bool> Statement::step() {
    CHECK(next_parameter_ == sqlite3_bind_parameter_count(statement_) + 1);
    const int outcome = sqlite3_step(statement_);
    if (outcome == SQLITE_ROW) return true;
    sqlite3_reset(statement_);
    if (outcome != SQLITE_DONE) return database_->failure("a query failed", outcome);
    next_parameter_ = 1;
    return false;
}

Result<> Statement::run() {
    if (TRY(step())) {
        sqlite3_reset(statement_);
        return fail(Code::invalid_input, "a statement that should give no rows gave one");
    }
    return {};
}

Result<std::int64_t> Statement::integer(int column) const {
    if (sqlite3_column_type(statement_, column) != SQLITE_INTEGER) {
        return fail(Code::corrupt, "a stored value should be an integer and is not");
    }
    return sqlite3_column_int64(statement_, column);
}

Result<std::string> Statement::text(int column) const {
    if (sqlite3_column_type(statement_, column) != SQLITE_TEXT) {
        return fail(Code::corrupt, "a stored value should be text and is not");
    }
    const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
    const int size = sqlite3_column_bytes(statement_, column);
    return std::string(text, static_cast<std::size_t>(size));
}

Result<base::Bytes> Statement::bytes(int column) const {
    if (sqlite3_column_type(statement_, column) != SQLITE_BLOB) {
        return fail(Code::corrupt, "a stored value should be bytes and is not");
    }
    const auto* data = static_cast<const std::uint8_t*>(sqlite3_column_blob(statement_, column));
    const int size = sqlite3_column_bytes(statement_, column);
    return base::Bytes(data, data + size);
}

bool Statement::is_null(int column) const {
    return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

}  // namespace hs::store
