// Entry: one thing that is remembered, with where it came from and how far it may be trusted.
//
// The packed form is what is sealed in the database (docs/formats/memory.md).
// What it does not protect from: a label that is better than its text deserves; who writes an entry
// gives it the label of everything the writer had seen. Threads: values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"
#include "flow/label.h"
#include "gate/compartment.h"
#include "wire/json.h"

namespace hs::memory {

enum class Kind : std::uint8_t { fact, preference, person, project, episode, instruction };
std::string_view kind_name(Kind kind);
std::optional<Kind> kind_from_name(std::string_view name);

enum class State : std::uint8_t {
    kept,
    quarantined,  // never recalled until a person has looked at it
    superseded,   // a later entry took its place
};
std::string_view state_name(State state);

// Where an entry comes from.
struct Origin {
    std::string by;       // "person": their own words; "model"; "import"
    std::string person;   // for whom it was kept
    std::string channel;  // "cli", "api", a file's name for an import
    std::string session;
    std::string turn;
    std::vector<std::string> sources;  // what the conversation had read: "http_fetch https://…"
    bool operator==(const Origin&) const = default;
};

struct Entry {
    static constexpr std::size_t text_bytes_max = 4096;
    static constexpr std::size_t source_bytes_max = 300;
    static constexpr std::size_t sources_max = 8;

    std::string id;
    std::string text;
    Kind kind = Kind::fact;
    State state = State::kept;
    Origin origin;
    flow::Label label = flow::Label::unknown();
    std::string compartment;
    std::string project;     // path of the folder whose it is, or empty
    std::string supersedes;  // id of the entry whose place it takes
    std::string hold;        // why it must not be forgotten; empty: it may
    std::string salt;        // of its digest in the log; sealed with it, and gone with it
    base::WallTime_ms created_ms = 0;
    base::WallTime_ms used_ms = 0;  // when it last went into a conversation
    std::int64_t uses = 0;
    base::WallTime_ms expires_ms = 0;   // 0: never
    base::WallTime_ms reviewed_ms = 0;  // when a person last decided about it
    bool operator==(const Entry&) const = default;
};

// What is sealed: everything but id, compartment, used_ms and uses.
base::Bytes pack_body(const Entry& entry);
// corrupt when malformed, conflict when a later version wrote it. id, compartment, used_ms and uses
// stay as they are in `entry`.
base::Result<> unpack_body(base::ByteView packed, Entry& entry);
// The state and the text alone, which is what the index needs. The view is of the packed bytes.
struct Glance {
    State state = State::kept;
    std::string_view text;
};
base::Result<Glance> glance_at(base::ByteView packed);

// For the API, exports and backups: everything.
wire::Json to_json(const Entry& entry);
// invalid_input names the member. What is missing gets its default, the label that of unknown text.
base::Result<Entry> entry_from_json(const wire::Json& json);

// The text as it is kept: one paragraph, valid UTF-8, without control characters and characters
// that cannot be seen. invalid_input when nothing is left, exhausted beyond text_bytes_max.
base::Result<std::string> tidy_text(std::string_view text);

// What a Permit to add it covers: SHA-256 of the salt and the text. A short text could be guessed
// from a plain digest, and the log forgets nothing. CHECKs that there is a salt.
std::string content_digest(const Entry& entry);
std::string fresh_salt(base::Random& random);

// What a Permit for several entries covers: SHA-256 of the sorted ids, one a line.
std::string ids_digest(std::vector<std::string> ids);

}  // namespace hs::memory
