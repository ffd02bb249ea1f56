// Playbooks: what to do, step by step, when something has happened. Text for people; a step may
// name the command that does it, which is never run by itself.
//
// What it does not protect from: a step that is ticked and was not done; who ticked it is on
// record. Threads: constants.
#pragma once

#include <span>
#include <string_view>

namespace hs::cli {

struct PlaybookStep {
    std::string_view name;
    std::string_view text;
    std::string_view command;  // to type; empty where there is none
};
struct Playbook {
    std::string_view name;
    std::string_view title;
    std::span<const PlaybookStep> steps;
};

std::span<const Playbook> playbooks();
// Null when there is none of that name.
const Playbook* find_playbook(std::string_view name);

}  // namespace hs::cli
