// Skill verbs: what people change about skills, decided by policy and recorded before it is done.
//
// What it does not protect from: another program of the same user that writes the store by hand;
// the tier of a skill comes from signatures, not from here. Threads: the keeper's.
#pragma once

#include "audit/log.h"
#include "gate/judge.h"
#include "gate/keeper.h"
#include "gate/questions.h"

namespace hs::gate {

// "skill.change" {operation, name, digest, source?, scan?}: install, enable, disable, remove,
// accept, review, publish. The answer comes when the record is durable; whoever asked then does it.
// The record is a skill.change whose details "skill" and "digest" are what drift and a blast radius
// read.
void add_skill_verbs(Keeper& keeper, Judge& judge, Questions& questions, audit::Log& log);

}  // namespace hs::gate
