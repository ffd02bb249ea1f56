#include "audit/proof.h"

#include <fmt/format.h>

namespace hs::audit {

using base::Code;
using base::fail;
using base::Result;

namespace {

constexpr std::string_view first_line = "c2sp.org/tlog-proof@v1";

base::Failure malformed(std::string_view why) {
    return fail(Code::invalid_input, fmt::format("a .tlog-proof was expected; {}", why));
}

}  // namespace

std::string PortableProof::text() const {
    std::string text = fmt::format("{}\n", first_line);
    if (!leaf.empty()) text += fmt::format("extra {}\n", base::to_base64(leaf));
    text += fmt::format("index {}\n", index);
    for (const Digest& hash : hashes) text += base::to_base64(hash) + "\n";
    return text + "\n" + checkpoint;
}

Result<PortableProof> parse_portable_proof(std::string_view text) {
    if (text.size() > proof_bytes_max) return malformed("it is larger than 2 MiB");
    const std::size_t blank = text.find("\n\n");
    if (blank == std::string_view::npos) return malformed("it has no empty line");
    PortableProof proof;
    proof.checkpoint = text.substr(blank + 2);
    std::string_view head = text.substr(0, blank + 1);
    const auto next_line = [&head] {
        const std::size_t end = head.find('\n');
        const std::string_view line = head.substr(0, end);
        head.remove_prefix(end == std::string_view::npos ? head.size() : end + 1);
        return line;
    };
    if (next_line() != first_line) return malformed("its first line is another");
    std::string_view line = next_line();
    if (line.starts_with("extra ")) {
        auto leaf = base::from_base64(line.substr(6));
        if (!leaf) return malformed("its extra line is no base64");
        proof.leaf = std::move(*leaf);
        line = next_line();
    }
    if (!line.starts_with("index ")) return malformed("it has no index");
    const auto index = parse_decimal(line.substr(6));
    if (!index) return malformed("its index is no decimal number");
    proof.index = *index;
    while (!head.empty()) {
        const auto hash = base::from_base64(next_line());
        if (!hash || hash->size() != 32) return malformed("a line of it is no hash");
        if (proof.hashes.size() >= proof_hashes_max) return malformed("it has too many hashes");
        proof.hashes.push_back(TRY(crypto::digest_from(*hash)));
    }
    return proof;
}

Result<Checkpoint> check_portable_proof(const PortableProof& proof, const ProofKeys& keys) {
    if (proof.leaf.empty()) {
        return fail(Code::invalid_input, "the proof came without its record (no extra line)");
    }
    const Note note = TRY(parse_note(proof.checkpoint));
    TRY(verify_note(note, {&keys.log, 1}));
    Checkpoint checkpoint = TRY(parse_checkpoint(note.text));
    if (checkpoint.origin != keys.log.name) {
        return fail(Code::denied, fmt::format("the checkpoint belongs to {}, not to {}",
                                              checkpoint.origin, keys.log.name));
    }
    if (keys.witness) TRY(verify_cosignature(note, *keys.witness));
    const Head& head = checkpoint.head;
    if (!includes(leaf_hash(proof.leaf), proof.index, head.size, proof.hashes, head.root)) {
        return fail(Code::denied,
                    fmt::format("the record is not number {} of that log", proof.index));
    }
    return checkpoint;
}

}  // namespace hs::audit
