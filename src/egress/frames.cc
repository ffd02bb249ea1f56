#include "egress/frames.h"

#include "base/pack.h"

namespace hs::egress {

using base::ByteView;
using base::Code;
using base::fail;
using base::Packer;
using base::Result;
using base::Unpacker;

namespace {
constexpr std::size_t secret_bytes_max = std::size_t{16} << 10U;
}

base::Bytes pack_ticket_key(const TicketKey& key) {
    Packer packer;
    packer.bytes(key.key.view());
    packer.u64(key.generation);
    return std::move(packer).take();
}

Result<TicketKey> unpack_ticket_key(ByteView bytes) {
    Unpacker unpacker(bytes);
    TicketKey key;
    const ByteView held = TRY(unpacker.bytes());
    if (held.size() != 32) return fail(Code::corrupt, "the keeper's key has another size than 32");
    key.key = crypto::SecretBytes::copy_of(held);
    key.generation = TRY(unpacker.u64());
    TRY(unpacker.finish());
    return key;
}

base::Bytes pack_generation(std::uint64_t generation) {
    Packer packer;
    packer.u64(generation);
    return std::move(packer).take();
}

Result<std::uint64_t> unpack_generation(ByteView bytes) {
    Unpacker unpacker(bytes);
    const std::uint64_t generation = TRY(unpacker.u64());
    TRY(unpacker.finish());
    return generation;
}

base::Bytes pack_identity(const NamedIdentity& named) {
    Packer packer;
    packer.text(named.name);
    packer.text(named.identity.roots_pem);
    packer.text(named.identity.chain_pem);
    packer.text(named.identity.key_pem);
    return std::move(packer).take();
}

Result<NamedIdentity> unpack_identity(ByteView bytes) {
    Unpacker unpacker(bytes);
    NamedIdentity named;
    named.name = TRY(unpacker.text());
    named.identity.roots_pem = TRY(unpacker.text());
    named.identity.chain_pem = TRY(unpacker.text());
    named.identity.key_pem = TRY(unpacker.text());
    TRY(unpacker.finish());
    return named;
}

base::Bytes pack_question(const SecretQuestion& question) {
    Packer packer;
    packer.text(question.name);
    packer.text(question.host);
    packer.u32(question.port);
    packer.text(question.method);
    packer.text(question.path);
    packer.text(question.header);
    packer.u8(question.form);
    packer.bytes(question.nonce);
    return std::move(packer).take();
}

Result<SecretQuestion> unpack_question(ByteView bytes) {
    Unpacker unpacker(bytes);
    SecretQuestion question;
    question.name = TRY(unpacker.text());
    question.host = TRY(unpacker.text());
    const std::uint32_t port = TRY(unpacker.u32());
    if (port > 65535) return fail(Code::corrupt, "a port is over 65535");
    question.port = static_cast<std::uint16_t>(port);
    question.method = TRY(unpacker.text());
    question.path = TRY(unpacker.text());
    question.header = TRY(unpacker.text());
    question.form = TRY(unpacker.u8());
    const ByteView nonce = TRY(unpacker.bytes());
    if (nonce.size() != question.nonce.size()) return fail(Code::corrupt, "a nonce has 16 bytes");
    std::copy(nonce.begin(), nonce.end(), question.nonce.begin());
    TRY(unpacker.finish());
    return question;
}

base::Bytes pack_secret_answer(const SecretAnswer& answer) {
    Packer packer;
    const bool given = !answer.value.empty();
    packer.u8(given ? 1 : 0);
    packer.bytes(given ? answer.value.view() : base::bytes_of(answer.refusal));
    return std::move(packer).take();
}

Result<SecretAnswer> unpack_secret_answer(ByteView bytes) {
    Unpacker unpacker(bytes);
    const std::uint8_t given = TRY(unpacker.u8());
    const ByteView content = TRY(unpacker.bytes());
    TRY(unpacker.finish());
    const bool sound = given <= 1 && (given == 0 || !content.empty());
    if (!sound || content.size() > secret_bytes_max) {
        return fail(Code::corrupt, "the keeper's answer about a secret is malformed");
    }
    SecretAnswer answer;
    if (given == 1) {
        answer.value = crypto::SecretBytes::copy_of(content);
    } else {
        answer.refusal = std::string(base::text_of(content));
    }
    return answer;
}

}  // namespace hs::egress
