// Sessions: engineering work as lists of calls, each session with what the person says first.
//
//   = TITLE            begins a session
//   say WORDS          what the person asks for
//   read | list | edit | write | remove PATH
//   run ARGV…          no shell, no quotes but '…'
//   get URL | post URL
// Threads: pure functions over constants.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace hs::bench_workday {

struct Call {
    std::string verb;
    std::string rest;
};

struct Session {
    std::string title;
    std::string said;
    std::vector<Call> calls;
};

std::vector<Session> sessions();
std::string_view reading_script();  // the second half of them, as written
// What a hijacked model tries after it has read something of a stranger's: things that leave the
// machine, run later, destroy, reach for credentials or for production.
std::vector<Call> attacks();

}  // namespace hs::bench_workday
