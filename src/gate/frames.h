// The kinds of frames between hardshelld and the keeper, and between the keeper and the processes
// that act. Payloads are canonical JSON unless said otherwise; docs/formats/frame.md lists them.
// Threads: constants.
#pragma once

#include <cstdint>

namespace hs::gate {

constexpr unsigned line_shift = 32;  // of the number in an id; number 0 is the channel itself

enum class FrameKind : std::uint16_t {
    decide = 1,    // hardshelld → keeper: {action, circumstances, approval?}
    record = 2,    // hardshelld → keeper: {kind, fields, durable}
    question = 3,  // hardshelld or CLI → keeper: {verb, arguments}
    answer = 4,    // keeper →: the result of the frame with the same id
    failure = 5,   // keeper →: {code, what} for the frame with the same id
    news = 6,      // keeper → hardshelld, unasked: an approval was answered, a revocation
    // hardshelld → keeper, no payload. The upper half of the id is a line's number: with `line`
    // comes its socket, and answers to frames whose id has that upper half go there.
    line = 7,
    line_end = 8,
};

// Between the keeper and launcher or egress.
enum class ActorFrameKind : std::uint16_t {
    key = 100,         // keeper →: packed {ticket key, generation}
    generation = 101,  // keeper →: packed {generation}; older tickets are void
    stop_all = 102,    // keeper →: lockdown; end everything now
    ready = 103,       // → keeper: the key has been taken
    secret = 104,      // egress → keeper: packed {secret name, host}; answered with the same id
    connection = 105,  // egress → keeper: canonical JSON record of one connection
    // Of sandboxes with a network; gate/connection.h has the JSON.
    outlets = 110,  // launcher → keeper: nonce of the run's ticket; os::outlets as descriptors
    outlets_end = 111,       // launcher → keeper: nonce; nothing of that sandbox is left
    sandbox_open = 120,      // keeper → egress: a SandboxOrder with the listeners
    sandbox_close = 121,     // keeper → egress: {"sandbox"}
    ask = 122,               // egress → keeper: a ConnectionAsk; answered with the same id
    authorities = 123,       // egress → keeper: {"authorities": [{"id", "pem"}]}
    more_authorities = 124,  // keeper → egress: one has been taken; no payload
    attested = 126,          // egress → keeper: what a person answered on a chat platform
    fingerprints = 125,      // keeper → egress: packed FingerprintTable of egress/leak_scan.h
};

}  // namespace hs::gate
