// Changes of what is remembered, and what is known without a key.

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "memory/memory.h"
#include "memory/shelf.h"

namespace hs::memory {

using base::Code;
using base::fail;
using base::Result;
using gate::Remember;

Result<std::size_t> Memory::change(gate::Permit<Remember> permit,
                                   const std::vector<std::string>& ids, const Change& change) {
    const Remember& action = permit.action();
    TRY(permit.check(clock_.wall_ms()));
    const bool fits = action.operation == Remember::Operation::keep ||
                      action.operation == Remember::Operation::hold;
    if (!fits || action.content_sha256 != ids_digest(ids)) {
        return fail(Code::denied, "the permit is for another change of the memory");
    }
    return shelf_->with([&](Shelf& shelf) -> Result<std::size_t> {
        Opened* held = TRY(opened(shelf, action.compartment, permit.envelope()));
        std::vector<std::pair<std::int64_t, Entry>> changed;
        for (const auto& id : ids) {
            const auto raw = TRY(raw_of(shelf, *held, id));
            if (!raw) return fail(Code::not_found, fmt::format("there is no memory {}", id));
            Entry entry = TRY(entry_from(*held, *raw));
            change(entry);
            changed.emplace_back(raw->row, std::move(entry));
        }
        std::vector<base::Bytes> bodies;
        for (const auto& [row, entry] : changed) {
            bodies.push_back(seal(*held->seal, entry, random_));
        }
        TRY(queue_->commit([&](store::Database& database) -> Result<> {
            TRY(database.execute("UPDATE mark SET value = value + 1 WHERE name = 'revision'"));
            for (std::size_t i = 0; i < changed.size(); ++i) {
                const Entry& entry = changed[i].second;
                TRY(database.execute(
                    "UPDATE entry SET state = ?, held = ?, expires_ms = ?, body = ?, revision = "
                    "(SELECT value FROM mark WHERE name = 'revision') WHERE row = ?",
                    static_cast<std::int64_t>(entry.state),
                    static_cast<std::int64_t>(!entry.hold.empty()), entry.expires_ms,
                    base::ByteView(bodies[i]), changed[i].first));
            }
            return {};
        }));
        for (const auto& [row, entry] : changed) held->index->set_state(row, entry.state);
        return changed.size();
    });
}

// Everything that stays is sealed under the next key in one transaction; only after that may the
// old key be destroyed, which is the caller's next step.
Result<Erased> Memory::erase(gate::Permit<Remember> permit, const std::vector<std::string>& ids) {
    const Remember& action = permit.action();
    TRY(permit.check(clock_.wall_ms()));
    const bool fits = action.operation == Remember::Operation::forget ||
                      action.operation == Remember::Operation::expire ||
                      (action.operation == Remember::Operation::rekey && ids.empty());
    if (!fits || action.content_sha256 != ids_digest(ids)) {
        return fail(Code::denied, "the permit is for another change of the memory");
    }
    return shelf_->with([&](Shelf& shelf) -> Result<Erased> {
        Opened* held = TRY(opened(shelf, action.compartment, permit.envelope()));
        auto keys = TRY(gate::unpack_compartment_keys(permit.envelope()));
        if (keys.size() != 2 || keys.back().generation == held->generation) {
            return fail(Code::conflict, "the permit carries no next key; ask again");
        }
        return reseal(shelf, *held, std::move(keys.back()), ids);
    });
}

Result<std::vector<Memory::Raw>> Memory::rows_of(Shelf& shelf, const Opened& held) {
    store::Statement rows = TRY(shelf.reader->prepare(
        "SELECT row, id, held, used_ms, uses, body FROM entry WHERE compartment = ?"));
    rows.bind(held.number);
    std::vector<Raw> all;
    while (TRY(rows.step())) all.push_back(TRY(raw_from(rows)));
    return all;
}

Result<Erased> Memory::reseal(Shelf& shelf, Opened& held, gate::CompartmentKey key,
                              const std::vector<std::string>& ids) {
    const std::set<std::string> doomed(ids.begin(), ids.end());
    auto next = std::make_unique<store::Compartment>(held.name, std::move(key.key));
    Erased erased;
    erased.generation = key.generation;
    std::vector<std::pair<std::int64_t, std::string>> gone;  // row, text
    std::vector<std::pair<std::int64_t, base::Bytes>> stay;
    for (const Raw& raw : TRY(rows_of(shelf, held))) {
        const auto plain = held.seal->open(body_place(raw.id), raw.body);
        if (!doomed.contains(raw.id)) {
            // What does not open cannot be sealed anew and would be lost with the old key.
            if (!plain) return plain.failure();
            stay.emplace_back(raw.row, next->seal(body_place(raw.id), *plain, random_));
            continue;
        }
        if (raw.held != 0) {
            return fail(Code::conflict,
                        fmt::format("the memory {} is under a hold; nothing was forgotten. See: "
                                    "hardshell memory show {}, and lift it with: hardshell memory "
                                    "hold --lift {}",
                                    raw.id, raw.id, raw.id));
        }
        const auto glance = plain ? glance_at(*plain) : Result<Glance>(plain.failure());
        gone.emplace_back(raw.row, glance ? std::string(glance->text) : std::string());
        erased.ids.push_back(raw.id);
    }
    if (erased.ids.size() != doomed.size()) {
        return fail(Code::not_found, "not all of these memories exist; nothing was forgotten");
    }
    erased.left = static_cast<std::int64_t>(stay.size());
    TRY(commit_reseal(held, erased, gone, stay));
    for (const auto& [row, text] : gone) TRY(held.index->remove(row, text));
    shelf.retired[held.name] = held.generation;
    if (erased.left == 0) {
        shelf.retired[held.name] = key.generation;
        shelf.opened.erase(held.name);
        return erased;
    }
    held.generation = key.generation;
    held.seal = std::move(next);
    return erased;
}

Result<> Memory::commit_reseal(const Opened& held, const Erased& erased,
                               const std::vector<std::pair<std::int64_t, std::string>>& gone,
                               const std::vector<std::pair<std::int64_t, base::Bytes>>& stay) {
    return queue_->commit([&](store::Database& database) -> Result<> {
        TRY(database.execute("UPDATE mark SET value = value + 1 WHERE name = 'revision'"));
        for (const auto& [row, text] : gone) {
            TRY(database.execute("DELETE FROM entry WHERE row = ?", row));
        }
        for (const auto& [row, body] : stay) {
            TRY(database.execute("UPDATE entry SET body = ? WHERE row = ?", base::ByteView(body),
                                 row));
        }
        if (stay.empty()) {
            TRY(database.execute("DELETE FROM compartment WHERE number = ?", held.number));
        } else {
            TRY(database.execute("UPDATE compartment SET generation = ? WHERE number = ?",
                                 static_cast<std::int64_t>(erased.generation), held.number));
        }
        return {};
    });
}

Result<std::vector<std::string>> Memory::verify(const gate::Permit<gate::Recall>& permit) {
    TRY(permit.check(clock_.wall_ms()));
    return shelf_->with([&](Shelf& shelf) -> Result<std::vector<std::string>> {
        Opened* held = TRY(opened(shelf, permit.action().compartment, permit.envelope()));
        std::vector<std::string> problems;
        for (const Raw& raw : TRY(rows_of(shelf, *held))) {
            const auto entry = entry_from(*held, raw);
            if (!entry) {
                problems.push_back(fmt::format("{}: {}", raw.id, entry.error().what));
            } else if ((raw.held != 0) != !entry->hold.empty()) {
                problems.push_back(fmt::format("{}: its hold was changed in the file", raw.id));
            }
        }
        return problems;
    });
}

void Memory::note_use(const std::string& compartment, const std::vector<std::string>& ids) {
    const base::WallTime_ms now_ms = clock_.wall_ms();
    shelf_->with([&](Shelf& shelf) {
        const auto found = shelf.opened.find(compartment);
        if (found == shelf.opened.end()) return;
        for (const auto& id : ids) {
            const auto raw = raw_of(shelf, *found->second, id);
            if (raw && *raw) found->second->index->set_used((*raw)->row, now_ms);
        }
    });
    // A use that is lost in a crash costs nothing but its place in the order.
    static_cast<void>(
        queue_
            ->submit(
                [ids, now_ms](store::Database& database) -> Result<> {
                    for (const auto& id : ids) {
                        TRY(database.execute(
                            "UPDATE entry SET used_ms = ?, uses = uses + 1 WHERE id = ?", now_ms,
                            std::string_view(id)));
                    }
                    return {};
                },
                [](Result<>) {}, store::CommitQueue::When::soon)
            .ok());
}

Result<std::vector<CompartmentFacts>> Memory::compartments() {
    return shelf_->with([&](Shelf& shelf) -> Result<std::vector<CompartmentFacts>> {
        store::Statement rows = TRY(shelf.reader->prepare(
            "SELECT name, (SELECT count(*) FROM entry WHERE compartment = number AND state = 0), "
            "(SELECT count(*) FROM entry WHERE compartment = number AND state = 1), "
            "(SELECT count(*) FROM entry WHERE compartment = number AND state = 2) "
            "FROM compartment ORDER BY name"));
        std::vector<CompartmentFacts> all;
        while (TRY(rows.step())) {
            all.push_back({TRY(rows.text(0)), TRY(rows.integer(1)), TRY(rows.integer(2)),
                           TRY(rows.integer(3))});
        }
        return all;
    });
}

std::int64_t Memory::waiting() {
    const auto count = shelf_->with([&](Shelf& shelf) -> Result<std::int64_t> {
        store::Statement row = TRY(shelf.reader->prepare(
            "SELECT count(*) FROM compartment, entry WHERE compartment = number AND state = 1"));
        TRY(row.step());
        return row.integer(0);
    });
    return count ? *count : 0;
}

bool Memory::has_entries(const std::string& compartment) {
    const auto has = shelf_->with([&](Shelf& shelf) -> Result<bool> {
        store::Statement row = TRY(shelf.reader->prepare(
            "SELECT 1 FROM entry WHERE compartment = (SELECT number FROM compartment WHERE name = "
            "?) AND state = 0 LIMIT 1"));
        row.bind(std::string_view(compartment));
        return row.step();
    });
    return has && *has;
}

Result<std::string> Memory::compartment_of(const std::string& id) {
    return shelf_->with([&](Shelf& shelf) -> Result<std::string> {
        store::Statement row = TRY(shelf.reader->prepare(
            "SELECT name FROM compartment, entry WHERE compartment = number AND id = ?"));
        row.bind(std::string_view(id));
        if (TRY(row.step())) return row.text(0);
        return fail(Code::not_found,
                    fmt::format("there is no memory {}; see: hardshell memory list", id));
    });
}

Result<std::int64_t> Memory::revision() {
    return mark("revision");
}

Result<std::int64_t> Memory::mark(const std::string& name) {
    return shelf_->with([&](Shelf& shelf) -> Result<std::int64_t> {
        store::Statement row = TRY(shelf.reader->prepare("SELECT value FROM mark WHERE name = ?"));
        row.bind(std::string_view(name));
        return TRY(row.step()) ? row.integer(0) : Result<std::int64_t>(0);
    });
}

Result<> Memory::set_mark(const std::string& name, std::int64_t value) {
    return queue_->commit([&](store::Database& database) -> Result<> {
        TRY(database.execute("INSERT OR REPLACE INTO mark (name, value) VALUES (?, ?)",
                             std::string_view(name), value));
        return {};
    });
}

Result<std::vector<std::string>> Memory::ids() {
    return shelf_->with([&](Shelf& shelf) -> Result<std::vector<std::string>> {
        store::Statement rows = TRY(shelf.reader->prepare("SELECT id FROM entry ORDER BY id"));
        std::vector<std::string> all;
        while (TRY(rows.step())) all.push_back(TRY(rows.text(0)));
        return all;
    });
}

Result<std::map<std::string, std::vector<std::string>>> Memory::expired(
    base::WallTime_ms now_ms, base::WallTime_ms unused_since_ms) {
    using Lists = std::map<std::string, std::vector<std::string>>;
    return shelf_->with([&](Shelf& shelf) -> Result<Lists> {
        store::Statement rows = TRY(shelf.reader->prepare(
            "SELECT name, id FROM compartment, entry WHERE compartment = number AND held = 0 AND "
            "((expires_ms > 0 AND expires_ms <= ?) OR (created_ms < ? AND used_ms < ?))"));
        rows.bind(now_ms).bind(unused_since_ms).bind(unused_since_ms);
        Lists lists;
        while (TRY(rows.step())) lists[TRY(rows.text(0))].push_back(TRY(rows.text(1)));
        return lists;
    });
}

Result<> Memory::check_file() {
    return shelf_->with([](Shelf& shelf) { return shelf.reader->check_integrity(); });
}

Result<std::vector<BackupFacts>> Memory::backups() {
    return shelf_->with([&](Shelf& shelf) -> Result<std::vector<BackupFacts>> {
        store::Statement rows = TRY(
            shelf.reader->prepare("SELECT place, made_ms, revision FROM backup ORDER BY made_ms"));
        std::vector<BackupFacts> all;
        while (TRY(rows.step())) {
            all.push_back({TRY(rows.text(0)), TRY(rows.integer(1)), TRY(rows.integer(2))});
        }
        return all;
    });
}

Result<> Memory::note_backup(const BackupFacts& backup) {
    return queue_->commit([&](store::Database& database) -> Result<> {
        TRY(database.execute(
            "INSERT OR REPLACE INTO backup (place, made_ms, revision) VALUES (?, ?, ?)",
            std::string_view(backup.place), backup.made_ms, backup.revision));
        return {};
    });
}

std::vector<Unfinished> Memory::take_unfinished() {
    return shelf_->with([](Shelf& shelf) { return std::exchange(shelf.unfinished, {}); });
}

}  // namespace hs::memory
