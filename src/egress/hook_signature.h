// Signatures of requests that a platform delivers to us: checked over the raw body, before anything
// of it is read as more than bytes.
//
// What it is for: WhatsApp's X-Hub-Signature-256 (HMAC-SHA-256 with the app's secret, Meta's Graph
// API webhooks), and the generic form of standardwebhooks.com (webhook-id, webhook-timestamp,
// webhook-signature), which says when it was signed.
// What it does not protect from: whoever holds the secret; and a repetition of an old request of
// WhatsApp's, whose signature has no time: its messages are known by their ids.
// Threads: pure functions.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "crypto/secret.h"
#include "net/http_message.h"

namespace hs::egress {

enum class HookForm : std::uint8_t {
    none,
    hub,       // "(hub-signature)"
    standard,  // "(webhook-signature)"
};
HookForm hook_form(std::string_view header);

// How far the signed time may be from ours (standardwebhooks.com asks for a tolerance).
inline constexpr std::int64_t hook_tolerance_ms = 5 * 60'000;

// Whether the head says that the request is signed at all: before its body is read.
base::Result<> check_signed(HookForm form, const net::Headers& headers);
// The request's own id; empty for the form hub, which has none. denied: not signed with the secret,
// or too old.
base::Result<std::string> check_signature(HookForm form, const net::Headers& headers,
                                          std::string_view body, const crypto::SecretBytes& secret,
                                          base::WallTime_ms now_ms);

// Answers a subscription (hub.mode, hub.verify_token, hub.challenge of a query; the token is
// gate::verify_token): the challenge to say back, or denied.
base::Result<std::string> answer_challenge(std::string_view query,
                                           const crypto::SecretBytes& secret);

}  // namespace hs::egress
