// OpenClawSchedules: the jobs of an OpenClaw, Clawdbot or Moltbot (cron/jobs.json), each as the
// command with which a person adds it here.
//
// What it is for: `hardshell import openclaw`. A task that runs by the clock acts for the person
// with nobody to ask, so none is taken over unread: whoever wants it types the command.
// What it does not protect from: a job whose text persuades its reader. Threads: pure functions.
#pragma once

#include <vector>

#include "skills/openclaw_home.h"

namespace hs::skills {

// Jobs as those programs write them: {"jobs": [{name, enabled, schedule: {kind: cron, at or every},
// payload: {kind, message or text}}]}, also where a field is missing.
std::vector<ImportItem> schedules_of(const wire::Json& jobs_file);

}  // namespace hs::skills
