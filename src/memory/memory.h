// Memory: what the assistant remembers, sealed on disk, searchable in memory.
//
// Rows are sealed one by one under the key of their compartment, which comes in a Permit and from
// nowhere else: without a permitted Recall or Remember no compartment opens. The first Permit of a
// compartment builds its index; every later one is checked all the same. docs/formats/memory.md has
// the tables and says what lies in clear.
// What it does not protect from: an older body of the same row put back by whoever writes the file;
// what a Permit's holder does with what it reads. Threads: all functions from any thread.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/guarded.h"
#include "base/result.h"
#include "crypto/secret.h"
#include "gate/action.h"
#include "gate/compartment_keys.h"
#include "gate/permit.h"
#include "memory/entry.h"
#include "memory/index.h"
#include "memory/text_look.h"
#include "store/commit_queue.h"
#include "store/database.h"
#include "store/sealed.h"

namespace hs::memory {

struct Found {
    Entry entry;
    double score = 0;
};

// What lies in clear about a compartment.
struct CompartmentFacts {
    std::string name;
    std::int64_t kept = 0;
    std::int64_t quarantined = 0;
    std::int64_t superseded = 0;
};

struct Erased {
    std::vector<std::string> ids;
    std::int64_t left = 0;         // entries of the compartment
    std::uint64_t generation = 0;  // of the key that holds now; older ones may be destroyed
};

// A compartment that was sealed anew, and whose older keys nobody has destroyed yet.
struct Unfinished {
    std::string compartment;
    std::uint64_t generation = 0;
    std::int64_t left = 0;
};

// A backup that was made; `forget` names those that still hold what is forgotten.
struct BackupFacts {
    std::string place;
    base::WallTime_ms made_ms = 0;
    std::int64_t revision = 0;
};

class Memory {
  public:
    static constexpr std::int64_t entries_max = 1'000'000;

    static base::Result<std::unique_ptr<Memory>> open(const std::string& path,
                                                      const base::Clock& clock,
                                                      base::Random& random);
    ~Memory();

    // ---- what needs no key: numbers and places ----
    base::Result<std::vector<CompartmentFacts>> compartments();
    // Whether the compartment holds anything that could be recalled; cheap.
    bool has_entries(const std::string& compartment);
    base::Result<std::string> compartment_of(const std::string& id);
    // Counts every change; what a backup and a restore are compared by.
    base::Result<std::int64_t> revision();
    base::Result<std::int64_t> mark(const std::string& name);
    base::Result<> set_mark(const std::string& name, std::int64_t value);
    // Ids of all entries, sorted.
    base::Result<std::vector<std::string>> ids();
    // Ids by compartment of what may be forgotten by itself: past its end, or not used since.
    base::Result<std::map<std::string, std::vector<std::string>>> expired(
        base::WallTime_ms now_ms, base::WallTime_ms unused_since_ms);
    // Reads every page of the file. corrupt names what is wrong first.
    base::Result<> check_file();
    base::Result<std::vector<BackupFacts>> backups();
    base::Result<> note_backup(const BackupFacts& backup);

    // How many entries wait for a person; cheap.
    std::int64_t waiting();
    // What is looked for, as the log may name it: recognised within one run, and never guessed.
    std::string query_digest(std::string_view query) const;

    // ---- under a Permit ----
    // Stores what the Permit's action describes, less what its obligations redact; durable on
    // return. denied when text, kind, quarantine or compartment are not what was permitted, or when
    // it would take the place of an entry that is trusted more, or held.
    base::Result<Entry> add(gate::Permit<gate::Remember> permit, Entry entry);
    // The same for many, with their ids; those that exist already are left as they are. The Permit
    // covers ids_digest() of them.
    base::Result<std::size_t> restore(gate::Permit<gate::Remember> permit,
                                      const std::vector<Entry>& entries);
    base::Result<std::vector<Found>> search(const gate::Permit<gate::Recall>& permit,
                                            std::string_view query, std::size_t found_max,
                                            Index::Which which = Index::Which::kept);
    // The entries of the compartment that were changed after this revision, the newest first; those
    // that do not open are left out, verify() names them. exhausted beyond list_max.
    base::Result<std::vector<Entry>> list(const gate::Permit<gate::Recall>& permit,
                                          std::int64_t after_revision = 0);
    base::Result<std::optional<Entry>> find(const gate::Permit<gate::Recall>& permit,
                                            const std::string& id);
    // Rows that do not open, each with the reason.
    base::Result<std::vector<std::string>> verify(const gate::Permit<gate::Recall>& permit);
    // Changes entries in place: out of quarantine, under or from a hold, superseded.
    using Change = std::function<void(Entry&)>;
    base::Result<std::size_t> change(gate::Permit<gate::Remember> permit,
                                     const std::vector<std::string>& ids, const Change& change);
    // Removes the entries and seals the rest under the next key that the Permit carries. conflict
    // when one is under a hold: then nothing is removed. Without ids: seals anew.
    base::Result<Erased> erase(gate::Permit<gate::Remember> permit,
                               const std::vector<std::string>& ids);
    // Erasures that a stop has interrupted before their keys were destroyed.
    std::vector<Unfinished> take_unfinished();
    // What went into a conversation just now; queued.
    void note_use(const std::string& compartment, const std::vector<std::string>& ids);

    // Who finds what must be left out; handed in once, at start.
    void set_look(std::shared_ptr<const TextLook> look) { look_ = std::move(look); }
    std::vector<Finding> look(std::string_view text) const { return look_->look(text); }
    void stop() { queue_->stop(); }

    static constexpr std::size_t list_max = 200'000;

    struct Raw;

  private:
    struct Opened;
    struct Shelf;  // the opened compartments and the reading connection

    Memory(const base::Clock& clock, base::Random& random);
    base::Result<> check(const gate::Permit<gate::Remember>& permit,
                         gate::Remember::Operation operation) const;
    base::Result<Opened*> opened(Shelf& shelf, const std::string& name, base::ByteView keys);
    base::Result<> build(Shelf& shelf, Opened& held);
    base::Result<Entry> entry_from(const Opened& held, const Raw& raw) const;
    base::Result<std::optional<Raw>> raw_of(Shelf& shelf, const Opened& held,
                                            const std::string& id);
    // The entry that the new one takes the place of, as it will be, and its row.
    struct Replaced {
        std::int64_t row = 0;
        Entry entry;
    };
    base::Result<std::optional<Replaced>> replaced_by(Shelf& shelf, const Opened& held,
                                                      const Entry& entry);
    base::Result<> insert(Opened& held, const std::vector<Entry>& entries,
                          const std::optional<Replaced>& replaced);
    base::Result<std::vector<Raw>> rows_of(Shelf& shelf, const Opened& held);
    base::Result<Erased> reseal(Shelf& shelf, Opened& held, gate::CompartmentKey key,
                                const std::vector<std::string>& ids);
    base::Result<> commit_reseal(const Opened& held, const Erased& erased,
                                 const std::vector<std::pair<std::int64_t, std::string>>& gone,
                                 const std::vector<std::pair<std::int64_t, base::Bytes>>& stay);
    static base::Bytes seal(const store::Compartment& compartment, const Entry& entry,
                            base::Random& random);

    const base::Clock& clock_;  // both outlive this
    base::Random& random_;
    crypto::SecretBytes run_key_;  // of query_digest()
    std::shared_ptr<const TextLook> look_;
    std::unique_ptr<store::CommitQueue> queue_;
    std::unique_ptr<base::Guarded<Shelf>> shelf_;
};

}  // namespace hs::memory
