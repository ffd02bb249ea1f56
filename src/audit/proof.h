// Portable proofs (c2sp.org/tlog-proof@v1): one record, its place in the tree, and the signed head,
// in one text that is checked without the log.
//
// What it is for: handing a single event to a court, a customer or an incident team. The record
// itself stands in the "extra" line, so that nothing else is needed but the log's key.
// What it does not protect from: a log whose key the checker took from the same hand.
// Threads: values and pure functions.
#pragma once

#include <optional>
#include <string>

#include "audit/cosignature.h"
#include "audit/merkle.h"

namespace hs::audit {

constexpr std::size_t proof_bytes_max = std::size_t{2} << 20U;

struct PortableProof {
    base::Bytes leaf;  // the record; empty where the proof came without it
    std::uint64_t index = 0;
    Proof hashes;
    std::string checkpoint;  // the signed note, byte for byte

    std::string text() const;
};
// invalid_input says what is malformed.
base::Result<PortableProof> parse_portable_proof(std::string_view text);

struct ProofKeys {
    VerifierKey log;
    std::optional<WitnessKey> witness;  // then its cosignature must be there and right
};
// The checkpoint that the record is in. denied: the checkpoint is not the log's, or the record is
// not at that place in it; invalid_input: there is no record to check.
base::Result<Checkpoint> check_portable_proof(const PortableProof& proof, const ProofKeys& keys);

}  // namespace hs::audit
