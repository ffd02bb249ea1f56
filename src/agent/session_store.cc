#include "agent/session_store.h"

#include <array>

#include "models/chat_json.h"
#include "wire/json.h"

namespace hs::agent {
namespace {

using base::Code;
using base::fail;
using base::Result;
using wire::Json;

constexpr std::string_view status_names[] = {"running", "done", "failed", "cancelled",
                                             "interrupted"};

constexpr std::array<store::Migration, 2> migrations{{
    {"sessions, messages, turns, ledger",
     "CREATE TABLE session (id TEXT PRIMARY KEY, created_ms INTEGER NOT NULL, "
     "  updated_ms INTEGER NOT NULL, facts BLOB NOT NULL) WITHOUT ROWID;"
     "CREATE TABLE message (session TEXT NOT NULL, sequence INTEGER NOT NULL, body BLOB NOT NULL, "
     "  PRIMARY KEY (session, sequence)) WITHOUT ROWID;"
     "CREATE TABLE turn (id TEXT PRIMARY KEY, session TEXT NOT NULL, status TEXT NOT NULL, "
     "  started_ms INTEGER NOT NULL, approval TEXT, call TEXT) WITHOUT ROWID;"
     "CREATE INDEX turn_status ON turn (status);"
     "CREATE TABLE ledger (id INTEGER PRIMARY KEY, body BLOB NOT NULL);"},
    // Nearly all turns are done and nobody asks for those, so they cost no entry.
    {"an index of the turns that are not done",
     "DROP INDEX turn_status;"
     "CREATE INDEX turn_open ON turn (status) WHERE status <> 'done';"},
}};

constexpr std::string_view database_name = "sessions";

store::Place message_place(const std::string& row) {
    return {database_name, "message", row, "body"};
}

Result<TurnStatus> status_from(const std::string& name) {
    for (std::size_t i = 0; i < std::size(status_names); ++i) {
        if (status_names[i] == name) return static_cast<TurnStatus>(i);
    }
    return fail(Code::corrupt, "a turn has a status that this version does not know");
}

Result<> write_turn(store::Database& database, const TurnFacts& turn) {
    std::optional<std::string_view> approval;
    std::optional<std::string_view> call;
    if (turn.waiting) {
        approval = turn.waiting->approval;
        call = turn.waiting->call_id;
    }
    TRY(database.execute("UPDATE turn SET status = ?, approval = ?, call = ? WHERE id = ?",
                         name_of(turn.status), approval, call, std::string_view(turn.id)));
    return {};
}

Result<> write_message(store::Database& database, const std::string& session, std::int64_t sequence,
                       const base::Bytes& sealed) {
    TRY(database.execute("INSERT INTO message (session, sequence, body) VALUES (?, ?, ?)",
                         std::string_view(session), sequence, base::ByteView(sealed)));
    return {};
}

Result<> write_session(store::Database& database, const SessionFacts& session,
                       const base::Bytes& sealed) {
    TRY(database.execute(
        "INSERT INTO session (id, created_ms, updated_ms, facts) VALUES (?, ?, ?, ?)",
        std::string_view(session.id), session.created_ms, session.updated_ms,
        base::ByteView(sealed)));
    return {};
}

// A session's time is that of the last message that began a turn, to some seconds: it sorts a list.
constexpr std::int64_t session_time_ms = 5000;

Result<> write_turn_begin(store::Database& database, const TurnFacts& turn, std::int64_t sequence,
                          const base::Bytes& sealed) {
    const auto added = TRY(database.execute(
        "INSERT OR IGNORE INTO turn (id, session, status, started_ms) VALUES (?, ?, ?, ?)",
        std::string_view(turn.id), std::string_view(turn.session), name_of(turn.status),
        turn.started_ms));
    if (added == 0) return fail(Code::conflict, "this request was received before");
    TRY(write_message(database, turn.session, sequence, sealed));
    TRY(database.execute(
        "UPDATE session SET updated_ms = ?1 WHERE id = ?2 AND updated_ms < ?1 - ?3",
        turn.started_ms, std::string_view(turn.session), session_time_ms));
    return {};
}

Result<TurnFacts> turn_from(store::Statement& row) {
    TurnFacts turn;
    turn.id = TRY(row.text(0));
    turn.session = TRY(row.text(1));
    turn.status = TRY(status_from(TRY(row.text(2))));
    turn.started_ms = TRY(row.integer(3));
    if (!row.is_null(4)) turn.waiting = WaitingCall{TRY(row.text(4)), TRY(row.text(5))};
    return turn;
}

}  // namespace

std::string_view name_of(TurnStatus status) {
    return status_names[static_cast<std::size_t>(status)];
}

Result<std::unique_ptr<SessionStore>> SessionStore::open(const std::string& path,
                                                         crypto::SecretBytes key,
                                                         base::Random& random) {
    auto writer = TRY(store::Database::open(path, migrations));
    std::unique_ptr<SessionStore> made(
        new SessionStore(store::Compartment("sessions", std::move(key)), random));
    auto reader = TRY(store::Database::open_to_read(path));
    made->reader_ = std::make_unique<base::Guarded<Reader>>(Reader{std::move(reader)});
    made->queue_ = std::make_unique<store::CommitQueue>(std::move(writer));
    return made;
}

base::Bytes SessionStore::sealed_message(const std::string& session, const StoredMessage& message) {
    Json body;
    body["turn"] = message.turn;
    body["message"] = models::message_to_json(message.message);
    body["label"] = flow::to_json(message.label);
    if (!message.trace.is_null()) body["trace"] = message.trace;
    const std::string row = session + "/" + std::to_string(message.sequence);
    return compartment_.seal(message_place(row), wire::canonical_json(body), random_);
}

Result<StoredMessage> SessionStore::open_message(const std::string& session, std::int64_t sequence,
                                                 base::ByteView sealed) const {
    const std::string row = session + "/" + std::to_string(sequence);
    const Json body =
        TRY(wire::parse_json(TRY(compartment_.open_text(message_place(row), sealed))));
    StoredMessage message;
    message.sequence = sequence;
    message.turn = TRY(wire::text_at(body, "turn"));
    const Json* said = body.find("message");
    if (said == nullptr) return fail(Code::corrupt, "a stored message is empty");
    message.message = TRY(models::message_from_json(*said));
    message.label = flow::label_or_unknown(body.find("label"));
    if (const Json* trace = body.find("trace")) message.trace = *trace;
    return message;
}

base::Bytes SessionStore::sealed_facts(const SessionFacts& session) {
    Json body;
    body["title"] = session.title;
    body["person"] = session.person;
    body["space"] = session.space;
    body["project"] = session.project;
    body["origin"] = session.origin;
    if (!session.has_memory) body["memory"] = false;
    return compartment_.seal({database_name, "session", session.id, "facts"},
                             wire::canonical_json(body), random_);
}

Result<SessionFacts> SessionStore::open_facts(store::Statement& row) const {
    SessionFacts session;
    session.id = TRY(row.text(0));
    session.created_ms = TRY(row.integer(1));
    session.updated_ms = TRY(row.integer(2));
    const base::Bytes sealed = TRY(row.bytes(3));
    const Json body = TRY(wire::parse_json(
        TRY(compartment_.open_text({database_name, "session", session.id, "facts"}, sealed))));
    session.title = TRY(wire::text_at(body, "title"));
    session.person = TRY(wire::text_at(body, "person"));
    session.space = TRY(wire::text_at(body, "space"));
    session.project = TRY(wire::text_at(body, "project"));
    session.origin = TRY(wire::text_at(body, "origin"));
    session.has_memory = TRY(wire::boolean_at_or(body, "memory", true));
    return session;
}

Result<> SessionStore::create(const SessionFacts& session) {
    const base::Bytes sealed = sealed_facts(session);
    return queue_->commit(
        [&](store::Database& database) { return write_session(database, session, sealed); });
}

Result<> SessionStore::change_facts(const std::string& session,
                                    const std::function<void(SessionFacts&)>& change) {
    auto facts = TRY(find(session));
    if (!facts) return fail(Code::not_found, "there is no such session");
    change(*facts);
    const base::Bytes sealed = sealed_facts(*facts);
    return queue_->commit([&](store::Database& database) -> Result<> {
        TRY(database.execute("UPDATE session SET facts = ? WHERE id = ?", base::ByteView(sealed),
                             std::string_view(session)));
        return {};
    });
}

Result<> SessionStore::rename(const std::string& session, const std::string& title) {
    return change_facts(session, [&title](SessionFacts& facts) { facts.title = title; });
}

Result<> SessionStore::end_memory(const std::string& session) {
    return change_facts(session, [](SessionFacts& facts) { facts.has_memory = false; });
}

Result<> SessionStore::remove(const std::string& session) {
    return queue_->commit([&](store::Database& database) -> Result<> {
        const std::string_view id = session;
        TRY(database.execute("DELETE FROM message WHERE session = ?", id));
        TRY(database.execute("DELETE FROM turn WHERE session = ?", id));
        if (TRY(database.execute("DELETE FROM session WHERE id = ?", id)) == 0) {
            return fail(Code::not_found, "there is no such session; see: hardshell sessions");
        }
        return {};
    });
}

store::CommitQueue::Change SessionStore::change_for(const TurnBeginning& beginning) {
    base::Bytes facts;
    if (beginning.fresh) facts = sealed_facts(*beginning.fresh);
    return [turn = beginning.turn, fresh = beginning.fresh, facts = std::move(facts),
            sequence = beginning.message.sequence,
            sealed = sealed_message(beginning.turn.session, beginning.message)](
               store::Database& database) -> Result<> {
        if (fresh) TRY(write_session(database, *fresh, facts));
        return write_turn_begin(database, turn, sequence, sealed);
    };
}

Result<> SessionStore::begin_turn(const TurnBeginning& beginning) {
    return queue_->commit(change_for(beginning));
}

Result<> SessionStore::begin_turn_later(const TurnBeginning& beginning,
                                        store::CommitQueue::Done done) {
    return queue_->submit(change_for(beginning), std::move(done), store::CommitQueue::When::soon);
}

Result<> SessionStore::append(const std::string& session, const StoredMessage& message) {
    const base::Bytes sealed = sealed_message(session, message);
    return queue_->commit([&](store::Database& database) {
        return write_message(database, session, message.sequence, sealed);
    });
}

Result<> SessionStore::append_later(const std::string& session, const StoredMessage& message,
                                    std::optional<TurnFacts> turn, store::CommitQueue::Done done) {
    return queue_->submit(
        [this, session, sequence = message.sequence, sealed = sealed_message(session, message),
         turn = std::move(turn)](store::Database& database) -> Result<> {
            TRY(write_message(database, session, sequence, sealed));
            if (turn) return write_turn(database, *turn);
            return {};
        },
        std::move(done));
}

Result<> SessionStore::fold(const std::string& session, std::int64_t up_to,
                            const StoredMessage& summary) {
    const base::Bytes sealed = sealed_message(session, summary);
    return queue_->commit([&](store::Database& database) -> Result<> {
        TRY(database.execute("DELETE FROM message WHERE session = ? AND sequence <= ?",
                             std::string_view(session), up_to));
        return write_message(database, session, summary.sequence, sealed);
    });
}

Result<> SessionStore::set_turn(const TurnFacts& turn) {
    return queue_->commit([&](store::Database& database) { return write_turn(database, turn); });
}

Result<> SessionStore::save_ledger(const std::string& json) {
    return queue_->submit(
        [sealed = compartment_.seal({database_name, "ledger", "1", "body"}, json, random_)](
            store::Database& database) -> Result<> {
            TRY(database.execute("INSERT OR REPLACE INTO ledger (id, body) VALUES (1, ?)",
                                 base::ByteView(sealed)));
            return {};
        },
        [](Result<>) {}, store::CommitQueue::When::soon);
}

Result<std::string> SessionStore::load_ledger() {
    return reader_->with([&](Reader& reader) -> Result<std::string> {
        store::Statement row =
            TRY(reader.database->prepare("SELECT body FROM ledger WHERE id = 1"));
        if (!TRY(row.step())) return std::string();
        return compartment_.open_text({database_name, "ledger", "1", "body"}, TRY(row.bytes(0)));
    });
}

Result<std::optional<SessionFacts>> SessionStore::find(const std::string& session) {
    return reader_->with([&](Reader& reader) -> Result<std::optional<SessionFacts>> {
        store::Statement row = TRY(reader.database->prepare(
            "SELECT id, created_ms, updated_ms, facts FROM session WHERE id = ?"));
        row.bind(std::string_view(session));
        if (!TRY(row.step())) return std::optional<SessionFacts>();
        return std::optional<SessionFacts>(TRY(open_facts(row)));
    });
}

Result<std::vector<SessionFacts>> SessionStore::list(std::size_t sessions_max) {
    return reader_->with([&](Reader& reader) -> Result<std::vector<SessionFacts>> {
        store::Statement row =
            TRY(reader.database->prepare("SELECT id, created_ms, updated_ms, facts FROM session "
                                         "ORDER BY updated_ms DESC LIMIT ?"));
        row.bind(static_cast<std::int64_t>(sessions_max));
        std::vector<SessionFacts> sessions;
        while (TRY(row.step())) sessions.push_back(TRY(open_facts(row)));
        return sessions;
    });
}

Result<std::vector<StoredMessage>> SessionStore::messages(const std::string& session) {
    return reader_->with([&](Reader& reader) -> Result<std::vector<StoredMessage>> {
        store::Statement row = TRY(reader.database->prepare(
            "SELECT sequence, body FROM message WHERE session = ? ORDER BY sequence"));
        row.bind(std::string_view(session));
        std::vector<StoredMessage> messages;
        while (TRY(row.step())) {
            const std::int64_t sequence = TRY(row.integer(0));
            messages.push_back(TRY(open_message(session, sequence, TRY(row.bytes(1)))));
        }
        return messages;
    });
}

Result<std::vector<TurnFacts>> SessionStore::turns_with(TurnStatus status) {
    CHECK(status != TurnStatus::done);
    return reader_->with([&](Reader& reader) -> Result<std::vector<TurnFacts>> {
        store::Statement row = TRY(reader.database->prepare(
            "SELECT id, session, status, started_ms, approval, call FROM turn "
            "WHERE status <> 'done' AND status = ?"));
        row.bind(name_of(status));
        std::vector<TurnFacts> turns;
        while (TRY(row.step())) turns.push_back(TRY(turn_from(row)));
        return turns;
    });
}

Result<std::optional<TurnFacts>> SessionStore::find_turn(const std::string& id) {
    return reader_->with([&](Reader& reader) -> Result<std::optional<TurnFacts>> {
        store::Statement row = TRY(reader.database->prepare(
            "SELECT id, session, status, started_ms, approval, call FROM turn WHERE id = ?"));
        row.bind(std::string_view(id));
        if (!TRY(row.step())) return std::optional<TurnFacts>();
        return std::optional<TurnFacts>(TRY(turn_from(row)));
    });
}

}  // namespace hs::agent
