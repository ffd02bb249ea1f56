// What egress says to the keeper and to hardshelld, and hears from them, beside the kinds of
// gate/frames.h. docs/formats/egress-frames.md has the payloads.
//
// What it does not protect from: a peer that lies. The daemon's word opens streams only; the
// keeper's is trusted.
// Threads: values and pure functions.
#pragma once

#include "crypto/secret.h"
#include "crypto/ticket.h"
#include "net/tls.h"

namespace hs::egress {

enum class EgressFrameKind : std::uint16_t {
    connect = 200,  // hardshelld → egress: no payload, one descriptor: a stream to speak HTTP on
    revoke = 201,   // keeper → egress: payload is one ticket nonce, 16 bytes
    // From the keeper alone; connect as well, for its own deliveries.
    tunnel = 202,        // packed permit, one descriptor: a one-way stream to the server
    identity = 203,      // packed TlsName: authorities and certificate under a name
    name_servers = 205,  // text: who is asked for names (net/resolver.h); empty: the system's
    // From hardshelld.
    messages = 204,  // the permit field, one descriptor: a stream of messages (message_stream.h)
};

// On the descriptor of EgressFrameKind::messages, both ways, over an os::Channel.
enum class MessageFrameKind : std::uint16_t {
    opened = 300,  // egress →: the address that was reached
    text = 301,    // a WebSocket's text message
    bytes = 302,   // of a purpose lines
    ended = 303,   // egress →: "REASON: sentence", the last; hardshelld →: close it
    // Of a listener (hook_listener.h).
    hook = 304,  // egress →: packed {the request's id, its body}; the frame's id is its number
    hook_answer = 305,  // hardshelld →: the same number; one byte, 1 when it is durable
    hook_note = 306,    // egress →: what was refused
};

// EgressFrameKind::identity. Whoever packs or unpacks wipes the bytes afterwards: they hold a key.
struct NamedIdentity {
    std::string name;
    net::TlsIdentity identity;
};
base::Bytes pack_identity(const NamedIdentity& named);
base::Result<NamedIdentity> unpack_identity(base::ByteView bytes);

// ActorFrameKind::key.
struct TicketKey {
    crypto::SecretBytes key;
    std::uint64_t generation = 0;
};
// Whoever packs or unpacks wipes the bytes afterwards: they hold the key.
base::Bytes pack_ticket_key(const TicketKey& key);
base::Result<TicketKey> unpack_ticket_key(base::ByteView bytes);

// ActorFrameKind::generation.
base::Bytes pack_generation(std::uint64_t generation);
base::Result<std::uint64_t> unpack_generation(base::ByteView bytes);

// ActorFrameKind::secret: where the value would go, for the keeper's check of the binding.
struct SecretQuestion {
    std::string name;
    std::string host;
    std::uint16_t port = 0;
    std::string method;
    std::string path;  // without the query
    std::string header;
    std::uint8_t form = 0;        // CredentialForm
    crypto::TicketNonce nonce{};  // of the admitted ticket
    bool operator==(const SecretQuestion&) const = default;
};
base::Bytes pack_question(const SecretQuestion& question);
base::Result<SecretQuestion> unpack_question(base::ByteView bytes);

// The keeper's answer, with FrameKind::answer and the question's id: packed {u8 1, value}, or
// {u8 0, why not} where the secret is unknown or not bound to that place.
struct SecretAnswer {
    crypto::SecretBytes value;  // empty: refused
    std::string refusal;
};
base::Bytes pack_secret_answer(const SecretAnswer& answer);
base::Result<SecretAnswer> unpack_secret_answer(base::ByteView bytes);

}  // namespace hs::egress
