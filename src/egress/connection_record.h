// ConnectionRecord: what egress tells the keeper about each exchange, for the log.
//
// What it does not protect from: secrets in a path. The query is left out; who puts a token into a
// path (some APIs do) must have the path redacted by the keeper's event format.
// Threads: values.
#pragma once

#include <chrono>

#include "egress/envelope.h"
#include "egress/trouble.h"
#include "wire/json.h"

namespace hs::egress {

struct ConnectionRecord {
    std::string sandbox;  // the run's decision; empty for hardshelld
    std::string nonce;    // of the ticket, hexadecimal; empty when the permit was refused
    Envelope envelope;
    std::string method;
    std::string path;
    std::string address;               // empty when none was reached
    int status = 0;                    // 0: the server gave none
    std::uint64_t sent_bytes = 0;      // of the request's body
    std::uint64_t received_bytes = 0;  // of the answer's body
    std::int64_t duration_ms = 0;
    bool reused = false;
    std::uint64_t redacted = 0;  // how often the placed secret was found in the answer
    std::optional<Trouble> trouble;
};

wire::Json to_json(const ConnectionRecord& record);

}  // namespace hs::egress
