// Skill limits: which tool, which memory and which classes of data a skill's manifest admits.
//
// What it is for: the parts of a manifest that are about no single path, program or host, held by
// the keeper at each decision, from facts: the tool that asks, the label of what the conversation
// has seen, the classes of what is touched.
// What it does not protect from: data that nothing has classified; it counts as shown to anyone
// who may see the project. Threads: pure functions.
#pragma once

#include <string>
#include <string_view>

#include "gate/action.h"
#include "policy/question.h"
#include "skills/permissions.h"

namespace hs::gate {

// Each says why the manifest does not admit it; empty when it does.

// A manifest that names tools admits those; one that names none, those that its other permissions
// are about (paths: files_*, executables: shell_run, skill_run, hosts: http_fetch, memory). Any
// skill's text is loaded with skill_load.
std::string refused_tool(const skills::Manifest& manifest, std::string_view tool);
// Of Recall and Remember; empty for everything else.
std::string refused_memory(const skills::Manifest& manifest, const Action& action);
// Confidential, customers', production's, security's and credentials must be named in
// `data-classes`, and personal ones where they are known to be: in a file or a compartment.
std::string refused_label(const skills::Manifest& manifest, flow::DataClasses seen);
std::string refused_target(const skills::Manifest& manifest, const policy::Target& target);
// Those that the manifest would have to name and does not.
flow::DataClasses unnamed_classes(const skills::Manifest& manifest);

}  // namespace hs::gate
