// Event: one fact for the record, as a canonical JSON object.
//
// What it is for: the closed list of kinds and members that docs/formats/audit-event.md describes,
// so that a reader years later knows what each means.
// What it does not protect from: a caller that puts a secret into a member. Names that could be
// guessed and must not be read go through Pseudonyms; contents go to audit/blob.h.
// Threads: values and pure functions.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/clock.h"
#include "crypto/secret.h"
#include "wire/json.h"

namespace hs::audit {

enum class EventKind : std::uint8_t {
    message_in,
    message_out,
    model_call,
    tool_call,
    decision,
    approval_requested,
    approval_answered,
    permit_revoked,
    effect_ended,
    connection,
    secret_use,
    memory_write,
    skill_change,
    config_change,
    policy_change,
    sign_in,
    process_start,
    process_stop,
    process_crash,
    lockdown,
    log_read,
    clock_jump,
    epoch_begun,
    doctor,
    log_fork,
    witness,
    ship,
    finding,
    incident,
    review,
    leaver,
};
std::string_view kind_name(EventKind kind);
// invalid_input for a text that is no kind's name.
base::Result<EventKind> parse_kind(std::string_view name);

// The members whose values are text. What each holds is in docs/formats/audit-event.md.
enum class Field : std::uint8_t {
    id,
    space,
    session,
    turn,
    person,
    agent,
    tool,
    action,
    decision,
    permit,
    outcome,
    host,
    path,
    secret,
    model,
    provider,
    process,
    policy,
    reason,
    content,
};
std::string_view field_name(Field field);

class Event {
  public:
    explicit Event(EventKind kind) : kind_(kind) {}

    Event& set(Field field, std::string_view text);
    // Anything else that belongs to the fact, under "detail".
    Event& detail(std::string_view key, const wire::Json& value);
    // The same for a value that is canonical JSON already.
    Event& detail_text(std::string_view key, std::string canonical);

    EventKind kind() const { return kind_; }
    // The record: canonical JSON with v, time and kind. exhausted beyond 65,535 bytes: then the
    // large part belongs into a blob; invalid_input when a text is not UTF-8.
    base::Result<base::Bytes> encode(base::WallTime_ms time_ms) const;

  private:
    EventKind kind_;
    std::map<std::string_view, std::string> fields_;          // by the fixed names of the members
    std::map<std::string, std::string, std::less<>> detail_;  // canonical JSON by key
};

constexpr std::int64_t event_version = 1;

struct RecordedEvent {
    EventKind kind = EventKind::doctor;
    base::WallTime_ms time_ms = 0;
    wire::Json json;  // the whole object

    // The member's text, empty when there is none.
    std::string text(Field field) const;
};
// corrupt unless the bytes are an event of this version in its canonical form.
base::Result<RecordedEvent> parse_event(base::ByteView leaf);

// Keyed hashes of texts that must not be read in the log but must be recognised: equal texts give
// equal results. HMAC-SHA-256 under a key of its own, so that it can be recomputed elsewhere by
// whoever is given the key.
class Pseudonyms {
  public:
    explicit Pseudonyms(crypto::SecretBytes key) : key_(std::move(key)) {}
    // "hmac-sha256:" and 64 hexadecimal digits.
    std::string of(std::string_view text) const;

  private:
    crypto::SecretBytes key_;
};

}  // namespace hs::audit
