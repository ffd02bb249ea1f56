// The tools with which a model remembers, recalls and forgets.
//
// What they do not protect from: a model that remembers something of no use. Where a text comes
// from is worked out here, from the conversation's label and the person's message, never from what
// the model says about it. Threads: immutable tools.
#pragma once

#include <memory>
#include <vector>

#include "memory/memory.h"
#include "tools/tool.h"

namespace hs::agent {

// The memory outlives the tools.
std::vector<std::unique_ptr<tools::Tool>> memory_tools(memory::Memory& memory);

}  // namespace hs::agent
