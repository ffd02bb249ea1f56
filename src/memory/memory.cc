#include "memory/memory.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "crypto/mac.h"
#include "memory/shelf.h"

namespace hs::memory {

using base::Code;
using base::fail;
using base::Result;
using gate::Remember;

namespace {

constexpr std::array<store::Migration, 1> migrations{{
    {"compartments, entries, marks, backups",
     "CREATE TABLE compartment (number INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL "
     "  UNIQUE, generation INTEGER NOT NULL);"
     "CREATE TABLE entry (row INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, "
     "  compartment INTEGER NOT NULL REFERENCES compartment (number), state INTEGER NOT NULL, "
     "  held INTEGER NOT NULL, created_ms INTEGER NOT NULL, used_ms INTEGER NOT NULL, "
     "  uses INTEGER NOT NULL, expires_ms INTEGER NOT NULL, revision INTEGER NOT NULL, "
     "  body BLOB NOT NULL);"
     "CREATE INDEX entry_of ON entry (compartment, state);"
     "CREATE TABLE mark (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;"
     "INSERT INTO mark (name, value) VALUES ('revision', 0);"
     "CREATE TABLE backup (place TEXT PRIMARY KEY, made_ms INTEGER NOT NULL, "
     "  revision INTEGER NOT NULL) WITHOUT ROWID;"},
}};

Result<> count_revision(store::Database& database) {
    TRY(database.execute("UPDATE mark SET value = value + 1 WHERE name = 'revision'"));
    return {};
}

Result<> write_entry(store::Database& database, std::int64_t compartment, const Entry& entry,
                     const base::Bytes& body) {
    TRY(database.execute(
        "INSERT INTO entry (id, compartment, state, held, created_ms, used_ms, uses, expires_ms, "
        "revision, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, "
        "(SELECT value FROM mark WHERE name = 'revision'), ?)",
        std::string_view(entry.id), compartment, static_cast<std::int64_t>(entry.state),
        static_cast<std::int64_t>(!entry.hold.empty()), entry.created_ms, entry.used_ms, entry.uses,
        entry.expires_ms, base::ByteView(body)));
    return {};
}

bool takes_out(const std::vector<std::string>& redact, flow::DataClass data_class) {
    const std::string_view name = data_class == flow::DataClass::personal   ? "personal"
                                  : data_class == flow::DataClass::customer ? "customer"
                                  : flow::level_of(data_class) == 3         ? "secrets"
                                                                            : "";
    return std::find(redact.begin(), redact.end(), name) != redact.end();
}

// What the rule that permitted it obliges to leave out.
std::string redacted(const std::string& text, std::vector<Finding> findings,
                     const std::vector<std::string>& redact) {
    std::sort(findings.begin(), findings.end(),
              [](const Finding& a, const Finding& b) { return a.begin < b.begin; });
    std::string out;
    std::size_t at = 0;
    for (const Finding& finding : findings) {
        if (!takes_out(redact, finding.data_class) || finding.begin < at) continue;
        out += text.substr(at, finding.begin - at) + fmt::format("[left out: {}]", finding.what);
        at = finding.end;
    }
    return out + text.substr(std::min(at, text.size()));
}

}  // namespace

store::Place body_place(const std::string& id) {
    return {"memory", "entry", id, "body"};
}

Result<Memory::Raw> raw_from(store::Statement& row) {
    Memory::Raw raw;
    raw.row = TRY(row.integer(0));
    raw.id = TRY(row.text(1));
    raw.held = TRY(row.integer(2));
    raw.used_ms = TRY(row.integer(3));
    raw.uses = TRY(row.integer(4));
    raw.body = TRY(row.bytes(5));
    return raw;
}

Memory::Memory(const base::Clock& clock, base::Random& random)
    : clock_(clock),
      random_(random),
      run_key_(crypto::SecretBytes::random(crypto::key_bytes, random)),
      look_(std::make_shared<CredentialLook>()) {}
Memory::~Memory() = default;

Result<std::unique_ptr<Memory>> Memory::open(const std::string& path, const base::Clock& clock,
                                             base::Random& random) {
    auto writer = TRY(store::Database::open(path, migrations));
    std::unique_ptr<Memory> made(new Memory(clock, random));
    made->shelf_ = std::make_unique<base::Guarded<Shelf>>();
    auto reader = TRY(store::Database::open_to_read(path));
    made->shelf_->with([&](Shelf& shelf) { shelf.reader = std::move(reader); });
    made->queue_ = std::make_unique<store::CommitQueue>(std::move(writer));
    return made;
}

std::string Memory::query_digest(std::string_view query) const {
    return base::to_hex(crypto::hmac_sha256(run_key_.view(), base::bytes_of(query)));
}

Result<> Memory::check(const gate::Permit<Remember>& permit, Remember::Operation operation) const {
    TRY(permit.check(clock_.wall_ms()));
    if (permit.action().operation == operation) return {};
    return fail(Code::denied, "the permit is for another change of the memory");
}

// The key that the file's own generation asks for, out of those that the Permit carries.
Result<Memory::Opened*> Memory::opened(Shelf& shelf, const std::string& name,
                                       base::ByteView packed) {
    auto keys = TRY(gate::unpack_compartment_keys(packed));
    const auto retired = shelf.retired.find(name);
    if (retired != shelf.retired.end() && keys.back().generation <= retired->second) {
        return fail(Code::conflict, "the compartment was erased meanwhile; ask again");
    }
    const auto with = [&](std::uint64_t generation) {
        return std::find_if(keys.begin(), keys.end(),
                            [&](const auto& key) { return key.generation == generation; });
    };
    if (const auto held = shelf.opened.find(name); held != shelf.opened.end()) {
        if (with(held->second->generation) != keys.end()) return held->second.get();
        return fail(Code::conflict, "the compartment was sealed anew meanwhile; ask again");
    }
    auto fresh = std::make_unique<Opened>();
    fresh->name = name;
    fresh->generation = keys.back().generation;
    {
        store::Statement row =
            TRY(shelf.reader->prepare("SELECT number, generation FROM compartment WHERE name = ?"));
        row.bind(std::string_view(name));
        if (TRY(row.step())) {
            fresh->number = TRY(row.integer(0));
            fresh->generation = static_cast<std::uint64_t>(TRY(row.integer(1)));
        }
    }
    const auto key = with(fresh->generation);
    if (key == keys.end()) {
        return fail(Code::corrupt,
                    fmt::format("memory.db and memory-keys are not of the same time: the "
                                "compartment {} was sealed under a key that is no longer there; "
                                "restore both files from one backup, or a backup of the memory "
                                "(hardshell memory restore)",
                                name));
    }
    fresh->seal = std::make_unique<store::Compartment>(name, std::move(key->key));
    TRY(build(shelf, *fresh));
    if (keys.size() == 2 && fresh->generation == keys.back().generation) {
        shelf.unfinished.push_back(
            {name, fresh->generation, static_cast<std::int64_t>(fresh->index->size())});
    }
    return shelf.opened.emplace(name, std::move(fresh)).first->second.get();
}

Result<> Memory::build(Shelf& shelf, Opened& held) {
    held.index = TRY(Index::make());
    TRY(held.index->begin_bulk());
    store::Statement rows = TRY(shelf.reader->prepare(
        "SELECT row, id, held, used_ms, uses, body, created_ms, expires_ms FROM entry "
        "WHERE compartment = ? ORDER BY row"));
    rows.bind(held.number);
    while (TRY(rows.step())) {
        const Raw raw = TRY(raw_from(rows));
        const auto plain = held.seal->open(body_place(raw.id), raw.body);
        const auto glance = plain ? glance_at(*plain) : Result<Glance>(plain.failure());
        if (!glance) {
            if (glance.error().code == Code::conflict) return glance.failure();
            held.damaged.push_back(raw.id);
            continue;
        }
        TRY(held.index->add({raw.row, TRY(rows.integer(6)), raw.used_ms, TRY(rows.integer(7)),
                             static_cast<std::uint32_t>(raw.uses), glance->state, false},
                            glance->text));
    }
    TRY(held.index->end_bulk());
    if (held.damaged.empty() || held.index->size() > 0) return {};
    return fail(Code::corrupt,
                fmt::format("none of the {} memories of the compartment {} opens: memory.db was "
                            "changed or belongs to another key; restore it from a backup",
                            held.damaged.size(), held.name));
}

Result<Entry> Memory::entry_from(const Opened& held, const Raw& raw) const {
    Entry entry;
    entry.id = raw.id;
    entry.compartment = held.name;
    entry.used_ms = raw.used_ms;
    entry.uses = raw.uses;
    TRY(unpack_body(TRY(held.seal->open(body_place(raw.id), raw.body)), entry));
    return entry;
}

Result<std::optional<Memory::Raw>> Memory::raw_of(Shelf& shelf, const Opened& held,
                                                  const std::string& id) {
    store::Statement row = TRY(shelf.reader->prepare(
        "SELECT row, id, held, used_ms, uses, body FROM entry WHERE id = ? AND compartment = ?"));
    row.bind(std::string_view(id)).bind(held.number);
    if (!TRY(row.step())) return std::optional<Raw>();
    return std::optional<Raw>(TRY(raw_from(row)));
}

base::Bytes Memory::seal(const store::Compartment& compartment, const Entry& entry,
                         base::Random& random) {
    return compartment.seal(body_place(entry.id), pack_body(entry), random);
}

// Only what is trusted at least as much takes the place of another.
Result<std::optional<Memory::Replaced>> Memory::replaced_by(Shelf& shelf, const Opened& held,
                                                            const Entry& entry) {
    if (entry.supersedes.empty()) return std::optional<Replaced>();
    const auto raw = TRY(raw_of(shelf, held, entry.supersedes));
    if (!raw) {
        return fail(Code::not_found, fmt::format("there is no memory {} beside this one to replace",
                                                 entry.supersedes));
    }
    Replaced replaced{raw->row, TRY(entry_from(held, *raw))};
    const bool may = entry.state == State::kept && replaced.entry.hold.empty() &&
                     entry.label.integrity >= replaced.entry.label.integrity;
    if (!may) {
        return fail(Code::denied, fmt::format("the memory {} is under a hold or trusted more than "
                                              "this text, which cannot replace it",
                                              entry.supersedes));
    }
    replaced.entry.state = State::superseded;
    return std::optional<Replaced>(std::move(replaced));
}

// All or none of them; the compartment's row is made with its first entry.
Result<> Memory::insert(Opened& held, const std::vector<Entry>& entries,
                        const std::optional<Replaced>& replaced) {
    std::vector<base::Bytes> bodies;
    for (const Entry& entry : entries) bodies.push_back(seal(*held.seal, entry, random_));
    const base::Bytes old = replaced ? seal(*held.seal, replaced->entry, random_) : base::Bytes();
    std::int64_t number = held.number;
    std::vector<std::int64_t> rows;
    TRY(queue_->commit([&](store::Database& database) -> Result<> {
        rows.clear();
        number = held.number;
        if (number == 0) {
            TRY(database.execute("INSERT INTO compartment (name, generation) VALUES (?, ?)",
                                 std::string_view(held.name),
                                 static_cast<std::int64_t>(held.generation)));
            number = database.last_row_id();
        }
        TRY(count_revision(database));
        for (std::size_t i = 0; i < entries.size(); ++i) {
            TRY(write_entry(database, number, entries[i], bodies[i]));
            rows.push_back(database.last_row_id());
        }
        if (!replaced) return {};
        TRY(database.execute(
            "UPDATE entry SET state = ?, body = ?, revision = (SELECT value FROM "
            "mark WHERE name = 'revision') WHERE row = ?",
            static_cast<std::int64_t>(State::superseded), base::ByteView(old), replaced->row));
        return {};
    }));
    held.number = number;
    TRY(held.index->begin_bulk());
    for (std::size_t i = 0; i < entries.size(); ++i) {
        const Entry& entry = entries[i];
        TRY(held.index->add({rows[i], entry.created_ms, entry.used_ms, entry.expires_ms,
                             static_cast<std::uint32_t>(entry.uses), entry.state, false},
                            entry.text));
    }
    if (replaced) held.index->set_state(replaced->row, State::superseded);
    return held.index->end_bulk();
}

Result<Entry> Memory::add(gate::Permit<Remember> permit, Entry entry) {
    TRY(check(permit, Remember::Operation::add));
    const Remember& action = permit.action();
    const bool is_it = !entry.salt.empty() && action.content_sha256 == content_digest(entry) &&
                       action.kind == kind_name(entry.kind) &&
                       action.compartment == entry.compartment &&
                       action.is_quarantined == (entry.state == State::quarantined);
    if (!is_it) return fail(Code::denied, "the permit is for another memory");
    const auto name = TRY(gate::CompartmentName::parse(entry.compartment));
    if (entry.label.classes.level() > name.level()) {
        return fail(Code::denied, "what this compartment holds may not be as sensitive as that");
    }
    entry.text = redacted(entry.text, look(entry.text), permit.obligations().redact);
    entry.created_ms = clock_.wall_ms();
    if (entry.id.empty()) entry.id = base::make_id(clock_, random_);
    return shelf_->with([&](Shelf& shelf) -> Result<Entry> {
        Opened* held = TRY(opened(shelf, action.compartment, permit.envelope()));
        if (static_cast<std::int64_t>(held->index->size()) >= entries_max) {
            return fail(Code::exhausted, "the memory is full; forget some of it first");
        }
        const auto replaced = TRY(replaced_by(shelf, *held, entry));
        TRY(insert(*held, {entry}, replaced));
        return entry;
    });
}

Result<std::size_t> Memory::restore(gate::Permit<Remember> permit,
                                    const std::vector<Entry>& entries) {
    TRY(check(permit, Remember::Operation::restore));
    std::vector<std::string> ids;
    for (const Entry& entry : entries) {
        if (entry.id.empty() || entry.compartment != permit.action().compartment) {
            return fail(Code::denied, "the permit is for another compartment");
        }
        ids.push_back(entry.id);
    }
    if (permit.action().content_sha256 != ids_digest(ids)) {
        return fail(Code::denied, "the permit is for other memories");
    }
    return shelf_->with([&](Shelf& shelf) -> Result<std::size_t> {
        Opened* held = TRY(opened(shelf, permit.action().compartment, permit.envelope()));
        std::vector<Entry> fresh;
        for (const Entry& entry : entries) {
            store::Statement row = TRY(shelf.reader->prepare("SELECT 1 FROM entry WHERE id = ?"));
            row.bind(std::string_view(entry.id));
            if (!TRY(row.step())) fresh.push_back(entry);
        }
        if (!fresh.empty()) TRY(insert(*held, fresh, std::nullopt));
        return fresh.size();
    });
}

Result<std::vector<Found>> Memory::search(const gate::Permit<gate::Recall>& permit,
                                          std::string_view query, std::size_t found_max,
                                          Index::Which which) {
    TRY(permit.check(clock_.wall_ms()));
    return shelf_->with([&](Shelf& shelf) -> Result<std::vector<Found>> {
        Opened* held = TRY(opened(shelf, permit.action().compartment, permit.envelope()));
        std::vector<Found> found;
        for (const Index::Hit& hit :
             TRY(held->index->search(query, found_max, which, clock_.wall_ms()))) {
            store::Statement row = TRY(shelf.reader->prepare(
                "SELECT row, id, held, used_ms, uses, body FROM entry WHERE row = ?"));
            row.bind(hit.row);
            if (!TRY(row.step())) continue;
            found.push_back({TRY(entry_from(*held, TRY(raw_from(row)))), hit.score});
        }
        return found;
    });
}

Result<std::vector<Entry>> Memory::list(const gate::Permit<gate::Recall>& permit,
                                        std::int64_t after_revision) {
    TRY(permit.check(clock_.wall_ms()));
    return shelf_->with([&](Shelf& shelf) -> Result<std::vector<Entry>> {
        Opened* held = TRY(opened(shelf, permit.action().compartment, permit.envelope()));
        store::Statement rows = TRY(shelf.reader->prepare(
            "SELECT row, id, held, used_ms, uses, body FROM entry WHERE compartment = ? AND "
            "revision > ? ORDER BY row DESC"));
        rows.bind(held->number).bind(after_revision);
        std::vector<Entry> entries;
        while (TRY(rows.step())) {
            if (entries.size() >= list_max) {
                return fail(Code::exhausted, "there are too many memories to list; search instead");
            }
            auto entry = entry_from(*held, TRY(raw_from(rows)));
            if (entry) entries.push_back(*std::move(entry));
        }
        return entries;
    });
}

Result<std::optional<Entry>> Memory::find(const gate::Permit<gate::Recall>& permit,
                                          const std::string& id) {
    TRY(permit.check(clock_.wall_ms()));
    return shelf_->with([&](Shelf& shelf) -> Result<std::optional<Entry>> {
        Opened* held = TRY(opened(shelf, permit.action().compartment, permit.envelope()));
        const auto raw = TRY(raw_of(shelf, *held, id));
        if (!raw) return std::optional<Entry>();
        return std::optional<Entry>(TRY(entry_from(*held, *raw)));
    });
}

}  // namespace hs::memory
