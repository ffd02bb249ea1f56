// Offline verification of a log's folder, live or copied.
//
// What it is for: finds a changed, missing, reordered, inserted or truncated record and a rewritten
// tail, and names the first bad index. It needs no private key and changes nothing.
// What it does not protect from: a log that was rewritten as a whole by whoever holds the stable
// key and never showed a checkpoint or its genesis key to anybody. Pin both, and give an earlier
// checkpoint. After a power cut open the log once before verifying it.
// Threads: pure over the folder.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "audit/cosignature.h"
#include "audit/epoch.h"
#include "audit/note.h"

namespace hs::audit {

enum class Fault : std::uint8_t {
    changed,     // a record is another than the tree holds
    missing,     // a record, or the file that holds it, is gone
    reordered,   // two records have changed places
    inserted,    // a record stands where the tree has none, or before its place
    truncated,   // the log is shorter than it was
    tile,        // a hash tile is damaged; the records may be good
    rewritten,   // records and tiles agree with each other, not with what was signed
    signature,   // the checkpoint is not signed as it must be
    epoch,       // the chain of epoch keys is broken
    checkpoint,  // the checkpoint is missing or is none
    other_log,   // the folder belongs to another log than the keys that were given
};
std::string_view fault_name(Fault fault);

struct Problem {
    Fault fault = Fault::changed;
    // The first index that can be wrong; absent where no record is concerned.
    std::optional<std::uint64_t> index;
    // Whether index is exact, or the beginning of a range in which the fault must lie.
    enum class Reach : std::uint8_t { exact, from_here };
    Reach reach = Reach::exact;
    std::string text;
};

// A checkpoint that a witness keeps. With its key the cosignature must be there and right.
struct Witnessed {
    std::string note;
    std::optional<WitnessKey> key;
};

struct VerifyOptions {
    std::optional<VerifierKey> log_key;      // pinned, else the folder's own is taken
    std::optional<VerifierKey> genesis_key;  // likewise
    std::optional<std::string> since;        // an earlier checkpoint: a signed note
    std::vector<Witnessed> witnessed;
};

struct VerifyReport {
    Checkpoint checkpoint;
    std::uint64_t epochs = 0;
    VerifierKey log_key;
    VerifierKey genesis_key;
    std::vector<Problem> problems;  // at most problems_max
    std::vector<std::string>
        foreign;  // names in the folder that no log has; no problem by themselves

    bool verified() const { return problems.empty(); }
    // The lowest exact index; without one, the lowest beginning of a range.
    std::optional<std::uint64_t> first_bad() const;
};

constexpr std::size_t problems_max = 1000;

// A failure only when the folder itself cannot be read.
base::Result<VerifyReport> verify_folder(const std::string& folder, const VerifyOptions& options);

}  // namespace hs::audit
