// The sink of kind file: one line a record, durable before it counts, renamed at a size.
// Threads: as Sink.
#pragma once

#include "ship/sink.h"

namespace hs::ship {

std::unique_ptr<Sink> make_file(const SinkSetting& setting, const SinkParts& parts);

}  // namespace hs::ship
