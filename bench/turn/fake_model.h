// A model of zero latency that speaks the streamed form of Anthropic's Messages API: it answers
// "fake" or, where the last message says TOOL: and holds no result yet, with a call of shell_run.
// Facts of the format: Anthropic's API reference (Messages, Streaming).
// Threads: one for each connection, for the life of the process.
#pragma once

#include <cstdint>

namespace hs::bench {

// Listens on loopback and serves until the process ends; the port.
std::uint16_t start_fake_model();

}  // namespace hs::bench
