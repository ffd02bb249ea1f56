// BlastRadius: what a secret, file, skill, host, session, person, message or memory has reached,
// and where it came from, followed through the record.
//
// What it is for: an incident. Forwards: whoever read something tainted carries it from then on,
// and what they write, run, send and use afterwards carries it too, into other conversations as
// well. Backwards: what a conversation had read before, who had written that, and so on.
// What it does not protect from: what the record does not say: files that a command changed inside
// its sandbox, other than those its operands name; words that a person copied by hand. A
// conversation counts as one: whatever is read in it may be in all that follows.
// Threads: pure over the log.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "audit/read.h"

namespace hs::insight {

enum class Subject : std::uint8_t {
    secret,
    file,
    skill,
    host,
    mail,
    session,
    person,
    decision,
    memory
};
std::optional<Subject> parse_subject(std::string_view name);
std::string_view subject_name(Subject subject);

struct About {
    Subject subject = Subject::session;
    std::string value;
    // Only acts of this time on carry it; the beginning where nothing is given.
    std::optional<base::WallTime_ms> from_ms;
};
// "file=/p/x": invalid_input shows the form.
base::Result<About> parse_about(std::string_view text);

struct Reached {
    std::string name;
    std::uint64_t first = 0;  // the record that says so
    std::uint64_t last = 0;
    std::uint64_t count = 0;
    std::uint64_t sent_bytes = 0;  // of hosts
    bool untrusted = false;        // done while text from strangers was about

    wire::Json to_json() const;
};

struct BlastRadius {
    using Things = std::map<std::string, Reached>;
    // Forwards.
    Things sessions;  // conversations that carry it
    Things changed;   // files that were written
    Things touched;   // operands of commands: perhaps read, perhaps changed
    Things commands;
    Things hosts;  // that were reached
    Things secrets;
    Things memory;    // that was written
    Things recalled;  // memories that its conversations were given
    Things skills;
    Things models;   // providers that were asked
    Things exposed;  // files that were read while it was carried
    Things tried;    // denied: what else was wanted
    // Backwards.
    Things came_from_files;
    Things came_from_hosts;
    Things came_from_sessions;
    Things came_from_memory;
    std::uint64_t records = 0;         // that were read
    std::vector<std::uint64_t> story;  // every record that concerns it, at most story_max

    static constexpr std::size_t story_max = 10'000;
    bool empty() const { return sessions.empty() && story.empty(); }
    wire::Json to_json() const;
};

base::Result<BlastRadius> find_blast_radius(audit::Reader& reader, const About& about);

}  // namespace hs::insight
