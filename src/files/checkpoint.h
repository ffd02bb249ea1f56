// Checkpoints: what a file held before the assistant changed it, so that the change can be undone.
//
// One sealed file for each change (docs/formats/checkpoint.md), mode 0600, made durable before the
// change. Bounded in size, number and age; the oldest go first.
// What it does not protect from: whoever holds the key. Extended attributes and access lists are
// not kept, and neither are folders that were made on the way.
// Threads: any; one lock inside.
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "base/guarded.h"
#include "base/result.h"
#include "crypto/secret.h"
#include "gate/action.h"
#include "os/file.h"

namespace hs::files {

struct Checkpoint {
    std::string id;    // sorts by time
    std::string path;  // canonical
    gate::WriteFile::Operation operation = gate::WriteFile::Operation::create;
    base::WallTime_ms time_ms = 0;
    std::string session;
    std::string decision;       // id of the decision that allowed the change
    std::string before_sha256;  // empty: there was no file
    std::string after_sha256;   // empty: the change removed it
    std::uint64_t before_bytes = 0;
    std::uint32_t mode = 0644;
};

class Checkpoints {
  public:
    static constexpr std::size_t content_bytes_max = std::size_t{32} << 20U;  // of one file
    static constexpr std::uint64_t total_bytes_max = std::uint64_t{256} << 20U;
    static constexpr std::size_t checkpoints_max = 4096;
    static constexpr base::WallTime_ms age_ms_max = base::WallTime_ms{30} * 24 * 3600 * 1000;

    // The folder is made when it is missing and must admit nobody else. The key has 32 bytes.
    static base::Result<Checkpoints> open(std::string folder, crypto::SecretBytes key,
                                          const base::Clock& clock, base::Random& random);

    // Keeps `before` durably under a new id, which is returned; id and time of `facts` are set
    // here. Removes what is too old or too much.
    base::Result<std::string> keep(Checkpoint facts, base::ByteView before);
    // Newest first. A checkpoint that does not open is left out and counted.
    struct List {
        std::vector<Checkpoint> checkpoints;
        std::size_t unreadable = 0;
    };
    base::Result<List> list() const;
    // not_found for an unknown id, corrupt when it was changed.
    base::Result<Checkpoint> find(const std::string& id) const;
    base::Result<base::Bytes> content_of(const std::string& id) const;
    // For a change that did not happen after all.
    void drop(const std::string& id);

  private:
    struct State {
        std::string folder;
        crypto::SecretBytes key;
        const base::Clock* clock = nullptr;  // outlives the Checkpoints
        base::Random* random = nullptr;      // outlives the Checkpoints
    };
    explicit Checkpoints(State state);
    static base::Result<std::string> file_of(const State& state, const std::string& id);
    static base::Result<> prune(const State& state, const std::string& newest);

    std::unique_ptr<base::Guarded<State>> state_;  // on the heap, so that Checkpoints can move
};

}  // namespace hs::files
