// KeyCabinet: the keys of the memory's compartments, outside every database, so that a destroyed
// key is gone.
//
// The keys lie in one file, sealed under a wrapping key, and the wrapping key lies in another that
// is overwritten in place. Every erasure draws a new wrapping key and overwrites the one before: an
// older copy of the key file, in free blocks of the disk too, then opens for nobody.
// docs/formats/memory.md has both files.
// What it does not protect from: a copy of both files made before the erasure, and disks or file
// systems that do not overwrite in place (flash translation, copy on write, snapshots).
// Threads: one thread.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "crypto/secret.h"

namespace hs::secrets {

class KeyCabinet {
  public:
    static constexpr std::size_t names_max = 4096;
    static constexpr std::size_t name_bytes_max = 256;

    struct Held {
        std::uint64_t generation = 0;
        crypto::SecretBytes key;
    };

    // Opens the two files "memory-keys" and "memory-wrap" of the folder, or begins anew where
    // neither is there. corrupt when one is gone, cut short, of another key or of a later version:
    // nothing is made over it.
    static base::Result<KeyCabinet> open(const std::string& folder, crypto::SecretBytes key,
                                         base::Random& random);

    // The keys of a compartment, the oldest first; made where there is none.
    base::Result<const std::vector<Held>*> take(const std::string& name);
    bool has(const std::string& name) const { return compartments_.contains(name); }
    std::vector<std::string> names() const;
    // A second key beside the one in use, to seal anew under. The same again until it is finished.
    base::Result<const Held*> begin_rekey(const std::string& name);
    // Destroys all keys of the name below the generation. conflict when that one does not exist.
    base::Result<> finish_rekey(const std::string& name, std::uint64_t generation);
    // Destroys all keys of the name. not_found when there are none.
    base::Result<> destroy(const std::string& name);

  private:
    using Compartments = std::map<std::string, std::vector<Held>>;
    KeyCabinet(std::string folder, crypto::SecretBytes key, base::Random& random)
        : folder_(std::move(folder)), key_(std::move(key)), random_(&random) {}

    base::Result<> begin();
    base::Result<> load();
    base::Result<crypto::SecretBytes> open_slot(base::ByteView file, std::size_t slot) const;
    base::Result<> read(base::ByteView plain);
    base::Result<> write();
    // Writes under a new wrapping key and overwrites the old one.
    base::Result<> write_anew();
    base::Result<> write_slot(std::size_t slot, base::ByteView sealed);
    std::string keys_file() const { return folder_ + "/memory-keys"; }
    std::string wrap_file() const { return folder_ + "/memory-wrap"; }

    std::string folder_;
    crypto::SecretBytes key_;  // seals the wrapping key
    base::Random* random_;     // outlives this
    crypto::SecretBytes wrap_;
    std::size_t slot_ = 0;
    std::uint64_t next_generation_ = 1;
    Compartments compartments_;
};

}  // namespace hs::secrets
