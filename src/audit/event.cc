#include "audit/event.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "audit/tiles.h"
#include "crypto/mac.h"
#include "wire/utf8.h"

namespace hs::audit {

using base::Code;
using base::fail;
using base::Result;

namespace {

constexpr std::array<std::string_view, 31> kind_names = {"message.in",
                                                         "message.out",
                                                         "model.call",
                                                         "tool.call",
                                                         "decision",
                                                         "approval.requested",
                                                         "approval.answered",
                                                         "permit.revoked",
                                                         "effect.ended",
                                                         "connection",
                                                         "secret.use",
                                                         "memory.write",
                                                         "skill.change",
                                                         "config.change",
                                                         "policy.change",
                                                         "sign_in",
                                                         "process.start",
                                                         "process.stop",
                                                         "process.crash",
                                                         "lockdown",
                                                         "log.read",
                                                         "clock.jump",
                                                         "epoch.begun",
                                                         "doctor",
                                                         "log.fork",
                                                         "witness",
                                                         "ship",
                                                         "finding",
                                                         "incident",
                                                         "review",
                                                         "leaver"};
static_assert(kind_names.size() == static_cast<std::size_t>(EventKind::leaver) + 1);

constexpr std::array<std::string_view, 20> field_names = {
    "id",     "space",    "session", "turn",    "person", "agent",  "tool",
    "action", "decision", "permit",  "outcome", "host",   "path",   "secret",
    "model",  "provider", "process", "policy",  "reason", "content"};
static_assert(field_names.size() == static_cast<std::size_t>(Field::content) + 1);

bool is_member(std::string_view key) {
    return key == "v" || key == "time" || key == "kind" || key == "detail" ||
           std::find(field_names.begin(), field_names.end(), key) != field_names.end();
}

}  // namespace

std::string_view kind_name(EventKind kind) {
    return kind_names[static_cast<std::size_t>(kind)];
}

std::string_view field_name(Field field) {
    return field_names[static_cast<std::size_t>(field)];
}

Result<EventKind> parse_kind(std::string_view name) {
    const auto* found = std::find(kind_names.begin(), kind_names.end(), name);
    if (found == kind_names.end()) {
        return fail(
            Code::invalid_input,
            fmt::format("\"{}\" is no kind of event; see docs/formats/audit-event.md", name));
    }
    return static_cast<EventKind>(found - kind_names.begin());
}

Event& Event::set(Field field, std::string_view text) {
    fields_.insert_or_assign(field_name(field), std::string(text));
    return *this;
}

Event& Event::detail(std::string_view key, const wire::Json& value) {
    return detail_text(key, wire::canonical_json(value));
}

Event& Event::detail_text(std::string_view key, std::string canonical) {
    detail_.insert_or_assign(std::string(key), std::move(canonical));
    return *this;
}

// Every record of every effect passes here, so the text is put together without a tree of values.
Result<base::Bytes> Event::encode(base::WallTime_ms time_ms) const {
    std::string text;
    text.reserve(512);
    const auto begin_member = [&text](std::string_view key) {
        text += text.empty() ? "{\"" : ",\"";
        text += key;
        text += "\":";
    };
    auto next = fields_.begin();
    const auto fields_before = [&](std::string_view key) {
        for (; next != fields_.end() && (key.empty() || next->first < key); ++next) {
            begin_member(next->first);
            wire::append_json_string(text, next->second);
        }
    };
    if (!detail_.empty()) {
        fields_before("detail");
        begin_member("detail");
        for (bool first = true; const auto& [key, value] : detail_) {
            text += std::exchange(first, false) ? '{' : ',';
            wire::append_json_string(text, key);
            text += ':';
            text += value;
        }
        text += '}';
    }
    fields_before("kind");
    begin_member("kind");
    wire::append_json_string(text, kind_name(kind_));
    fields_before("time");
    begin_member("time");
    text += std::to_string(time_ms);
    fields_before("v");
    begin_member("v");
    text += std::to_string(event_version);
    fields_before("");
    text += '}';
    if (text.size() > leaf_bytes_max) {
        return fail(Code::exhausted,
                    fmt::format("a {} event has {} bytes and may have {}; put its content into a "
                                "blob and name the blob",
                                kind_name(kind_), text.size(), leaf_bytes_max));
    }
    return base::copy_bytes(base::bytes_of(text));
}

std::string RecordedEvent::text(Field field) const {
    const wire::Json* member = json.find(field_name(field));
    return member == nullptr || member->text() == nullptr ? std::string() : *member->text();
}

Result<RecordedEvent> parse_event(base::ByteView leaf) {
    const auto bad = [](const std::string& why) {
        return fail(Code::corrupt, "a record is no event of this version: " + why);
    };
    const auto parsed = wire::parse_json(base::text_of(leaf), {.bytes_max = leaf_bytes_max});
    if (!parsed) return bad(parsed.error().what);
    if (parsed->object() == nullptr) return bad("it is no object");
    for (const auto& [key, value] : *parsed->object()) {
        if (!is_member(key)) return bad("it has an unknown member");
    }
    const auto version = wire::integer_at(*parsed, "v");
    const auto time = wire::integer_at(*parsed, "time");
    const auto kind = wire::text_at(*parsed, "kind");
    if (!version || *version != event_version) return bad("its version is another");
    if (!time || !kind) return bad("it has no time or no kind");
    const auto known = parse_kind(*kind);
    if (!known) return bad("its kind is unknown");
    if (wire::canonical_json(*parsed) != base::text_of(leaf)) return bad("it is not canonical");
    return RecordedEvent{*known, *time, *parsed};
}

std::string Pseudonyms::of(std::string_view text) const {
    return "hmac-sha256:" + base::to_hex(crypto::hmac_sha256(key_.view(), base::bytes_of(text)));
}

}  // namespace hs::audit
