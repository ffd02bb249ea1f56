// Reader: the records of a log's folder, by index, and proofs about them.
//
// What it is for: show, tail, search and prove, on the live folder or a copy. It reads tiles up to
// the last signed checkpoint and takes no lock.
// What it does not protect from: records that were changed on disk. Each bundle that is read is
// held against its tile, but only audit/verify.h holds the tiles against the signatures.
// Threads: one Reader belongs to one thread.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "audit/facts.h"
#include "audit/note.h"
#include "audit/tiles.h"

namespace hs::audit {

struct Record {
    std::uint64_t index = 0;
    base::Bytes leaf;
};

// All that is given must hold. Empty texts and absent times ask nothing.
struct EventQuery {
    std::vector<EventKind> kinds = {};  // any of them; none given: all
    struct Match {
        Field field = Field::person;
        std::string text;  // the whole text of the member
    };
    std::vector<Match> matches = {};
    std::optional<base::WallTime_ms> from_ms = {};
    std::optional<base::WallTime_ms> to_ms = {};  // exclusive
    std::string contains = {};                    // anywhere in the record's text
    Facets facets = {};                           // with what each event's decision said
};

class Reader {
  public:
    // Reads the checkpoint, whose form must be right; with a key its signature must verify too.
    static base::Result<Reader> open(std::string folder,
                                     const std::optional<VerifierKey>& log_key = {});
    // Takes up a newer checkpoint, if there is one.
    base::Result<> refresh();

    const Checkpoint& checkpoint() const { return checkpoint_; }
    // The signed note that it stands in, byte for byte.
    const std::string& checkpoint_note() const { return checkpoint_bytes_; }
    std::uint64_t size() const { return checkpoint_.head.size; }

    // not_found beyond the checkpoint; corrupt when the bundle is not what its tile says.
    base::Result<Record> record(std::uint64_t index);
    // Calls visit from the first index to before the last; it returns false to stop.
    using Visit = std::function<bool(const Record& record)>;
    base::Result<> for_each(std::uint64_t first, std::uint64_t last, const Visit& visit);
    // The last records that match, newest first, at most `count` (1 to 10,000).
    base::Result<std::vector<Record>> search(const EventQuery& query, std::size_t count);
    // The same with its facets, which hold over an event's whole story; reads from the front.
    base::Result<std::vector<Record>> search_stories(const EventQuery& query, std::size_t count);

    // The bytes of a tile or bundle as they were at the checkpoint's size, exactly.
    base::Result<base::Bytes> tile_content(const TileName& name);

    // RFC 6962 proofs against the checkpoint.
    base::Result<Proof> prove_inclusion(std::uint64_t index);
    base::Result<Proof> prove_consistency(std::uint64_t from);
    // The portable text (audit/proof.h) with the record and the checkpoint in it.
    base::Result<std::string> portable_proof(std::uint64_t index);

  private:
    explicit Reader(std::string folder) : folder_(std::move(folder)) {}
    base::Result<> load_checkpoint();
    base::Result<base::Bytes> tile_file(TileName name, std::size_t bytes_max);
    base::Result<const std::vector<base::Bytes>*> bundle(std::uint64_t index);
    base::Result<Digest> subtree(unsigned height, std::uint64_t index);

    std::string folder_;
    std::optional<VerifierKey> log_key_;
    std::string checkpoint_bytes_;
    Checkpoint checkpoint_;
    struct KeptBundle {
        std::uint64_t index = 0;
        std::vector<base::Bytes> leaves;
    };
    std::optional<KeptBundle> kept_;
};

// The file of a tile for a log of that size: the exact width, else the full tile.
std::size_t tile_width_at(std::uint64_t size, const TileName& name);
bool matches(const EventQuery& query, base::ByteView leaf);

}  // namespace hs::audit
