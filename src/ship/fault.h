// Fault: what is wrong with a receiver, by name, so that a person sees at once whose turn it is.
//
// What it does not protect from: a receiver that says it has taken what it drops. Only Splunk's
// acknowledgement and tools/check_stream.py at the receiver's end show that.
// Threads: values and pure functions.
#pragma once

#include <cstdint>
#include <string_view>

namespace hs::ship {

enum class Fault : std::uint8_t {
    none,
    unreachable,     // no such name, nobody listens, no way there
    untrusted,       // its certificate is not good
    refuses_us,      // it refuses our certificate, token or address
    no_secret,       // the secret that opens it is missing or may not be placed
    silent,          // it holds the connection open and does not answer, or does not read
    hung_up,         // it ended the connection before it had answered
    garbage,         // what it answers is not the protocol
    busy,            // it asks for a pause (429, 503)
    failing,         // it answers that it failed (other 4xx and 5xx)
    unacknowledged,  // it takes events and never says that it keeps them
    slow,            // it takes what is sent, and takes long
    disk,            // the file cannot be written
    log,             // our own log is shorter than what was shipped, or cannot be read
    unknown,
};

std::string_view fault_name(Fault fault);

}  // namespace hs::ship
