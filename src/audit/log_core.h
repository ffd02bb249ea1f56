// LogCore: the log without its thread: recovery, commits, tiles, checkpoints, epochs.
//
// What it is for: all states that a log can be in, one call after another, so that tests can stop
// it at any write and open it again.
// What it does not protect from: a caller that goes on after a failure. Every failed call leaves
// the core unusable: open the log anew.
// Threads: one at a time.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "audit/epoch.h"
#include "audit/journal.h"
#include "audit/note.h"
#include "audit/storage.h"
#include "audit/tile_writer.h"
#include "base/clock.h"
#include "crypto/secret.h"
#include "crypto/sign.h"

namespace hs::audit {

struct LogKeys {
    crypto::SigningKey signing;   // the stable key, which witnesses pin
    crypto::SecretBytes sealing;  // 32 bytes, for the epochs' seeds
};

struct LogOptions {
    std::string origin;  // a URL without scheme, also the name of the stable key
    std::size_t journal_bytes = std::size_t{4} << 20U;
    std::int64_t checkpoint_every_ms = 1000;  // under load
    std::int64_t checkpoint_idle_ms = 100;    // after the last record
    std::int64_t epoch_ms = std::int64_t{6} * 3600 * 1000;
};

class LogCore {
  public:
    // Begins a log in an empty folder, or recovers one: replays the journal, completes a half
    // epoch change, holds the tree against the last signed head. corrupt or denied say what is
    // wrong with the folder; then nothing is changed that was signed.
    static base::Result<std::unique_ptr<LogCore>> open(Storage& storage, const LogKeys& keys,
                                                       const LogOptions& options,
                                                       base::Random& random,
                                                       base::WallTime_ms now_ms);

    // Makes the records durable; the index of the first. Each has at most leaf_bytes_max bytes.
    base::Result<std::uint64_t> commit(std::vector<base::Bytes> leaves, base::WallTime_ms now_ms);
    // Adds what was committed to the tree and writes the tiles that are full.
    base::Result<> integrate();
    // Signs the present head, unless it is signed.
    base::Result<> checkpoint(base::WallTime_ms now_ms);
    // Signs the head with the present epoch's key, begins the next epoch, destroys the key.
    base::Result<> advance_epoch(base::WallTime_ms now_ms);
    // Checkpoint, everything durable in tiles, journal empty.
    base::Result<> settle(base::WallTime_ms now_ms);

    std::uint64_t size() const { return next_index_; }
    const Head& signed_head() const { return state_.head; }
    const EpochNote& epoch() const { return epochs_.present(); }
    const VerifierKey& genesis() const { return epochs_.genesis(); }
    // When the last checkpoint was signed before this open; 0 for a new log.
    base::WallTime_ms last_signed_ms() const { return last_signed_ms_; }

  private:
    // private/state: what must be durable before a signature leaves.
    struct State {
        std::uint64_t base = 0;  // records below are durable in tiles, the journal has the rest
        std::uint64_t generation = 0;
        Head head;  // the last signed
        base::WallTime_ms signed_ms = 0;

        std::string text() const;
    };
    LogCore(Storage& storage, const LogKeys& keys, const LogOptions& options, base::Random& random,
            Epochs epochs, Journal journal, TileWriter tiles)
        : storage_(storage),
          keys_(keys),
          options_(options),
          random_(random),
          epochs_(std::move(epochs)),
          journal_(std::move(journal)),
          tiles_(std::move(tiles)) {}

    static base::Result<State> parse_state(std::string_view text);
    static base::Result<std::optional<State>> read_state(Storage& storage);
    base::Result<> recover(const State& state, base::WallTime_ms now_ms);
    base::Result<> replay();
    base::Result<> sign(const Head& head, base::WallTime_ms now_ms);
    base::Result<> publish();
    Epochs::Owner owner() const;

    Storage& storage_;
    const LogKeys& keys_;
    LogOptions options_;
    base::Random& random_;
    Epochs epochs_;
    Journal journal_;
    TileWriter tiles_;
    State state_;
    std::uint64_t next_index_ = 0;
    base::WallTime_ms last_signed_ms_ = 0;
    struct Pending {
        base::Bytes leaf;
        Digest hash;
    };
    std::vector<Pending> pending_;  // durable in the journal, not in the tree yet
};

}  // namespace hs::audit
