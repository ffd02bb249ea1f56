// Epochs: signing keys that evolve, so that whoever takes the machine over later cannot rewrite
// earlier history.
//
// Each epoch has an Ed25519 key of its own. When it ends, its key signs a note that names the next
// epoch's key and the tree's head at that instant, and is then destroyed. Verifying the chain from
// the genesis key shows that every record before an epoch's beginning stood there before its key
// existed. See docs/formats/audit-log.md.
//
// What it does not protect from: records younger than the present epoch's beginning, a genesis key
// that was never taken off the machine, and bytes that a disk keeps after they are overwritten
// (the seeds are sealed besides).
// Threads: the log's writer thread only; verify_epochs is pure.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "audit/note.h"
#include "audit/storage.h"
#include "base/clock.h"
#include "crypto/secret.h"

namespace hs::audit {

constexpr std::size_t epochs_max = 1'000'000;

// The text of a note in epochs/; format in docs/formats/audit-log.md.
struct EpochNote {
    std::string origin;
    std::uint64_t number = 0;
    Head head;  // of the tree when the epoch began
    VerifierKey log_key;
    VerifierKey key;
    base::WallTime_ms began_ms = 0;

    std::string text() const;
    static std::string path(std::uint64_t number);
};
base::Result<EpochNote> parse_epoch_note(std::string_view text);
std::string epoch_key_name(const std::string& origin);

// One step of the chain: `bytes` must be the note of epoch `number`, signed by the log key and by
// the key before it (the genesis note by its own). denied or invalid_input says what is wrong.
struct EpochLink {
    std::uint64_t number = 0;
    const EpochNote* before = nullptr;     // null for the genesis note
    const VerifierKey* log_key = nullptr;  // null: the genesis note's own is taken
};
base::Result<EpochNote> check_epoch_note(std::string_view bytes, const EpochLink& link);

// The present epoch's private half, kept sealed in private/.
class Epochs {
  public:
    struct Owner {
        std::string origin;
        const crypto::SigningKey& log_key;
        const crypto::SecretBytes& sealing_key;
        base::Random& random;
    };
    // Begins the genesis epoch, or finds the present one and completes a change that a crash cut
    // in half. denied when the folder belongs to another log key, corrupt when the key is lost.
    static base::Result<Epochs> open(Storage& storage, const Owner& owner,
                                     base::WallTime_ms now_ms);

    // Next key stored, then its note, then this key destroyed; each step durable before the next.
    base::Result<> advance(const Owner& owner, const Head& head, base::WallTime_ms now_ms);

    const crypto::SigningKey& key() const { return key_; }
    const EpochNote& present() const { return present_; }
    const VerifierKey& genesis() const { return genesis_; }

  private:
    Epochs(Storage& storage, crypto::SigningKey key) : storage_(&storage), key_(std::move(key)) {}
    static base::Result<Epochs> begin(Storage& storage, const Owner& owner,
                                      base::WallTime_ms now_ms);

    Storage* storage_;
    crypto::SigningKey key_;
    EpochNote present_;
    VerifierKey genesis_;
};

}  // namespace hs::audit
