// Witness: the memory of one head for each log, and the rule that a head may only grow
// (c2sp.org/tlog-witness).
//
// What it is for: `hardshell audit witness` on another machine, later the hub. It cosigns a
// checkpoint only when the log signed it and it provably extends the last one that was cosigned.
// What it does not protect from: a first checkpoint that is already false, and whoever may write
// its folder.
// Threads: add_checkpoint and latest from any thread.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "audit/cosignature.h"
#include "audit/merkle.h"
#include "base/clock.h"

namespace hs::audit {

constexpr std::size_t witness_proof_lines_max = 63;
constexpr std::size_t witness_request_bytes_max = std::size_t{64} << 10U;

// The body of POST add-checkpoint.
struct WitnessRequest {
    std::uint64_t old_size = 0;
    Proof proof;
    std::string checkpoint;  // the signed note, byte for byte

    std::string text() const;
};
base::Result<WitnessRequest> parse_witness_request(std::string_view body);

struct WitnessAnswer {
    int status = 200;
    std::string content_type = "text/plain; charset=utf-8";
    std::string body;  // 200: cosignature lines; 409: the latest size
};

// Lower-case hex of SHA-256(origin): the log's name in the witness's addresses and folder.
std::string origin_name(std::string_view origin);

class Witness {
  public:
    struct Parts {
        std::string folder;  // 0700; one file a log
        std::string name;    // of its key: a URL without scheme
        crypto::SigningKey key;
        std::vector<VerifierKey> logs;  // whose checkpoints are cosigned
    };
    static constexpr std::size_t logs_max = 100'000;

    // corrupt when a kept head is not what this key cosigned.
    static base::Result<std::unique_ptr<Witness>> open(Parts parts, const base::Clock& clock);

    // Durable before the answer. 200, 400, 403, 404, 409, 422 as the specification says; 500 when
    // the head cannot be kept, and then nothing is signed.
    WitnessAnswer add_checkpoint(std::string_view body);
    // The last cosigned checkpoint of the log with that origin_name; not_found.
    base::Result<std::string> latest(std::string_view name) const;

    WitnessKey public_key() const { return {parts_.name, parts_.key.public_key()}; }

  private:
    struct Kept {
        Head head;
        std::string note;
    };
    Witness(Parts parts, const base::Clock& clock) : parts_(std::move(parts)), clock_(clock) {}
    base::Result<> load(const VerifierKey& log);
    WitnessAnswer judge(const WitnessRequest& request, const VerifierKey& log, const Note& note,
                        const Head& head);

    Parts parts_;
    const base::Clock& clock_;
    mutable std::mutex mutex_;
    std::map<std::string, Kept, std::less<>> kept_;  // by origin_name
};

}  // namespace hs::audit
