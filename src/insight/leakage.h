// Leakage: what of ours went to which provider of language models, when, as how many bytes and with
// what replaced; read from the model.call records of the log.
//
// What it is for: the question after an incident, and before a contract is signed. A conversation
// is sent again with every call: a piece's own bytes are counted once for each text it ever had,
// and apart from that each time it went out.
// What it does not protect from: what the record does not say: calls of before there were such
// records, words of a source that a model or a command has put into others, and the lines of a text
// that was cut to save space, of which only the sources are known.
// Threads: pure over the log.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "audit/read.h"
#include "flow/source.h"

namespace hs::insight {

struct LeakWish {
    std::optional<base::WallTime_ms> from_ms = {};
    std::string provider = {};
    std::string project = {};  // a whole path, or its last parts
    std::string file = {};     // likewise
};

using Replacements = std::map<std::string, std::int64_t, std::less<>>;  // by kind

// One source at one provider.
struct Leaked {
    static constexpr std::size_t records_max = 1000;

    std::string what;  // flow::SourceKind, by name
    std::string name;
    std::vector<flow::LineRange> lines;
    std::set<std::string> classes;
    std::int64_t bytes = 0;       // each of its texts once
    std::int64_t sent_bytes = 0;  // in all
    std::int64_t times = 0;
    Replacements redacted;  // of its texts, the most that a call replaced of each kind
    base::WallTime_ms first_ms = 0;
    base::WallTime_ms last_ms = 0;
    std::vector<std::uint64_t> records;  // that say so, in order
    std::uint64_t last_record = 0;

    wire::Json to_json() const;
};

struct LeakedTo {
    std::string provider;
    std::string place;
    std::string retention;
    bool is_local = false;
    std::int64_t calls = 0;     // that went out
    std::int64_t not_sent = 0;  // that were permitted and reached nobody
    std::int64_t refused = 0;   // by policy
    std::int64_t bytes = 0;     // of the requests' bodies
    std::set<std::string> classes;
    Replacements redacted;  // in all calls
    base::WallTime_ms first_ms = 0;
    base::WallTime_ms last_ms = 0;
    std::vector<Leaked> items;  // files first, by name

    wire::Json to_json() const;
};

struct Leakage {
    std::uint64_t records = 0;  // that were read
    std::vector<LeakedTo> providers;

    wire::Json to_json() const;
};

base::Result<Leakage> find_leakage(audit::Reader& reader, const LeakWish& wish);

}  // namespace hs::insight
