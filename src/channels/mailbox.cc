#include "channels/mailbox.h"

#include <array>

#include "base/bytes.h"
#include "crypto/hash.h"
#include "wire/json.h"

namespace hs::channels {

using base::Result;
using wire::Json;
using wire::JsonObject;

namespace {

constexpr std::array<store::Migration, 1> migrations{{
    {"messages that came and answers that go",
     "CREATE TABLE incoming (id INTEGER PRIMARY KEY AUTOINCREMENT, key BLOB NOT NULL UNIQUE, "
     "  at_ms INTEGER NOT NULL, body BLOB);"
     "CREATE INDEX incoming_open ON incoming (id) WHERE body IS NOT NULL;"
     "CREATE INDEX incoming_at ON incoming (at_ms);"
     "CREATE TABLE outgoing (id INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL UNIQUE, "
     "  body BLOB NOT NULL);"
     "CREATE TABLE note (name TEXT PRIMARY KEY, body BLOB NOT NULL) WITHOUT ROWID;"},
}};

constexpr std::string_view database_name = "channels";
constexpr int forget_at_once = 5'000;

std::string packed(const std::string& channel, const Incoming& message) {
    return wire::canonical_json(JsonObject{{"channel", channel},
                                           {"id", message.id},
                                           {"tenant", message.from.tenant},
                                           {"user", message.from.user},
                                           {"conversation", message.spot.conversation},
                                           {"thread", message.spot.thread},
                                           {"text", message.text},
                                           {"direct", message.is_direct},
                                           {"named", message.is_named},
                                           {"shared", message.is_shared},
                                           {"passed_on", message.is_passed_on},
                                           {"files", message.files},
                                           {"schedule", message.schedule}});
}

Result<Received> received_from(std::int64_t row, const std::string& text) {
    const Json json = TRY(wire::parse_json(text));
    Received made;
    made.row = row;
    made.channel = TRY(wire::text_at(json, "channel"));
    made.message.id = TRY(wire::text_at(json, "id"));
    made.message.from = {TRY(wire::text_at(json, "tenant")), TRY(wire::text_at(json, "user"))};
    made.message.spot = {TRY(wire::text_at(json, "conversation")),
                         TRY(wire::text_at(json, "thread"))};
    made.message.text = TRY(wire::text_at(json, "text"));
    made.message.is_direct = TRY(wire::boolean_at(json, "direct"));
    made.message.is_named = TRY(wire::boolean_at(json, "named"));
    made.message.is_shared = TRY(wire::boolean_at(json, "shared"));
    made.message.is_passed_on = TRY(wire::boolean_at(json, "passed_on"));
    made.message.files = TRY(wire::integer_at(json, "files"));
    made.message.schedule = TRY(wire::text_at_or(json, "schedule", ""));
    return made;
}

std::string packed(const Answer& answer) {
    return wire::canonical_json(JsonObject{{"channel", answer.channel},
                                           {"conversation", answer.message.spot.conversation},
                                           {"thread", answer.message.spot.thread},
                                           {"text", answer.message.text},
                                           {"label", flow::to_json(answer.message.label)}});
}

Result<Answer> answer_from(std::int64_t row, std::string key, const std::string& text) {
    const Json json = TRY(wire::parse_json(text));
    Answer made;
    made.row = row;
    made.channel = TRY(wire::text_at(json, "channel"));
    made.message.spot = {TRY(wire::text_at(json, "conversation")),
                         TRY(wire::text_at(json, "thread"))};
    made.message.text = TRY(wire::text_at(json, "text"));
    made.message.key = std::move(key);
    made.message.label = flow::label_or_unknown(json.find("label"));
    made.is_left = true;
    return made;
}

}  // namespace

base::Bytes message_key(const std::string& channel, const std::string& id) {
    const std::string whole = channel + '\0' + id;
    const auto digest = crypto::sha256(base::bytes_of(whole));
    return {digest.begin(), digest.end()};
}

Result<std::unique_ptr<Mailbox>> Mailbox::open(const std::string& path, crypto::SecretBytes key,
                                               const base::Clock& clock, base::Random& random) {
    auto writer = TRY(store::Database::open(path, migrations));
    std::unique_ptr<Mailbox> made(
        new Mailbox(store::Compartment("channels", std::move(key)), clock, random));
    made->reader_ = std::make_unique<base::Guarded<std::unique_ptr<store::Database>>>(
        TRY(store::Database::open_to_read(path)));
    made->queue_ = std::make_unique<store::CommitQueue>(std::move(writer));
    return made;
}

base::Bytes Mailbox::seal(std::string_view table, const std::string& row, const std::string& text) {
    return compartment_.seal(store::Place{database_name, table, row, "body"}, text, random_);
}

Result<std::string> Mailbox::open_text(std::string_view table, const std::string& row,
                                       base::ByteView sealed) const {
    return compartment_.open_text(store::Place{database_name, table, row, "body"}, sealed);
}

void Mailbox::take(const std::string& channel, const Incoming& message, Kept kept) {
    const base::Bytes key = message_key(channel, message.id);
    const auto row = std::make_shared<std::int64_t>(0);
    const base::Bytes body = seal("incoming", base::to_hex(key), packed(channel, message));
    const base::WallTime_ms at_ms = clock_.wall_ms();
    auto told = std::make_shared<Kept>(std::move(kept));
    const auto queued = queue_->submit(
        [row, key, body, at_ms](store::Database& database) -> Result<> {
            const auto added = TRY(database.execute(
                "INSERT OR IGNORE INTO incoming (key, at_ms, body) VALUES (?, ?, ?)",
                base::ByteView(key), at_ms, base::ByteView(body)));
            *row = added == 0 ? 0 : database.last_row_id();
            return {};
        },
        [row, told](Result<> done) {
            (*told)(done ? Result<std::int64_t>(*row) : Result<std::int64_t>(done.failure()));
        });
    if (!queued) (*told)(queued.failure());
}

store::CommitQueue::Change Mailbox::insert(std::shared_ptr<std::vector<Answer>> answers) {
    std::vector<base::Bytes> bodies;
    for (const Answer& answer : *answers) {
        bodies.push_back(seal("outgoing", answer.message.key, packed(answer)));
    }
    return [answers, bodies = std::move(bodies)](store::Database& database) -> Result<> {
        for (std::size_t i = 0; i < answers->size(); ++i) {
            TRY(database.execute("INSERT OR IGNORE INTO outgoing (key, body) VALUES (?, ?)",
                                 std::string_view((*answers)[i].message.key),
                                 base::ByteView(bodies[i])));
            (*answers)[i].row = database.last_row_id();
        }
        return {};
    };
}

Result<> Mailbox::end(std::int64_t row, std::vector<Answer>& answers) {
    const auto held = std::make_shared<std::vector<Answer>>(answers);
    auto add = std::make_shared<store::CommitQueue::Change>(insert(held));
    TRY(queue_->commit([row, add](store::Database& database) -> Result<> {
        TRY(database.execute("UPDATE incoming SET body = NULL WHERE id = ?", row));
        return (*add)(database);
    }));
    answers = *held;
    return {};
}

Result<> Mailbox::add(Answer& answer) {
    const auto held = std::make_shared<std::vector<Answer>>(1, answer);
    TRY(queue_->commit(insert(held)));
    answer = held->front();
    return {};
}

Result<> Mailbox::sent(std::int64_t row) {
    // Not waited for: after a crash the platform is asked whether it has arrived.
    return queue_->submit(
        [row](store::Database& database) -> Result<> {
            TRY(database.execute("DELETE FROM outgoing WHERE id = ?", row));
            return {};
        },
        [](const Result<>&) {}, store::CommitQueue::When::soon);
}

Result<> Mailbox::save_note(const std::string& name, const std::string& text) {
    const base::Bytes body = seal("note", name, text);
    return queue_->commit([name, body](store::Database& database) -> Result<> {
        TRY(database.execute("INSERT OR REPLACE INTO note (name, body) VALUES (?, ?)",
                             std::string_view(name), base::ByteView(body)));
        return {};
    });
}

Result<std::string> Mailbox::load_note(const std::string& name) {
    return reader_->with([&](auto& database) -> Result<std::string> {
        auto rows = TRY(database->prepare("SELECT body FROM note WHERE name = ?"));
        rows.bind(std::string_view(name));
        if (!TRY(rows.step())) return std::string();
        return open_text("note", name, TRY(rows.bytes(0)));
    });
}

Result<std::vector<Received>> Mailbox::unended() {
    return reader_->with([this](auto& database) -> Result<std::vector<Received>> {
        std::vector<Received> found;
        auto rows = TRY(database->prepare(
            "SELECT id, key, body FROM incoming WHERE body IS NOT NULL ORDER BY id"));
        while (TRY(rows.step())) {
            const std::string key = base::to_hex(TRY(rows.bytes(1)));
            const auto text = TRY(open_text("incoming", key, TRY(rows.bytes(2))));
            found.push_back(TRY(received_from(TRY(rows.integer(0)), text)));
        }
        return found;
    });
}

Result<std::vector<Answer>> Mailbox::unsent() {
    return reader_->with([this](auto& database) -> Result<std::vector<Answer>> {
        std::vector<Answer> found;
        auto rows = TRY(database->prepare("SELECT id, key, body FROM outgoing ORDER BY id"));
        while (TRY(rows.step())) {
            std::string key = TRY(rows.text(1));
            const auto text = TRY(open_text("outgoing", key, TRY(rows.bytes(2))));
            found.push_back(TRY(answer_from(TRY(rows.integer(0)), std::move(key), text)));
        }
        return found;
    });
}

void Mailbox::forget_old() {
    const base::WallTime_ms before_ms = clock_.wall_ms() - remember_ms;
    const auto queued = queue_->submit(
        [before_ms](store::Database& database) -> Result<> {
            TRY(
                database.execute("DELETE FROM incoming WHERE id IN (SELECT id FROM incoming WHERE "
                                 "at_ms < ? AND body IS NULL LIMIT ?)",
                                 before_ms, forget_at_once));
            return {};
        },
        [](const Result<>&) {}, store::CommitQueue::When::soon);
    static_cast<void>(queued.ok());  // the next time then
}

}  // namespace hs::channels
