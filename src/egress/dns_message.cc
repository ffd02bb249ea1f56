#include "egress/dns_message.h"

namespace hs::egress {
namespace {

using base::Bytes;
using base::ByteView;
using base::Code;
using base::fail;
using base::Result;

constexpr std::size_t header_bytes = 12;
constexpr std::size_t name_bytes_max = 253;
constexpr std::uint16_t class_internet = 1;
constexpr std::uint16_t response_bit = 0x8000;
constexpr std::uint16_t operation_bits = 0x7800;
constexpr std::uint16_t recursion_desired = 0x0100;
constexpr std::uint16_t recursion_available = 0x0080;
constexpr std::uint32_t answer_life_s = 60;

std::uint16_t number_at(ByteView bytes, std::size_t at) {
    return static_cast<std::uint16_t>((bytes[at] << 8U) | bytes[at + 1]);
}

void put(Bytes& out, std::uint32_t value, unsigned width) {
    for (unsigned left = width; left > 0; --left) {
        out.push_back(static_cast<std::uint8_t>(value >> (8 * (left - 1))));
    }
}

bool is_name_letter(std::uint8_t c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
}

base::Failure malformed() {
    return fail(Code::invalid_input, "the DNS query is malformed or of a kind not answered here");
}

// Reads labels from `at` on; where the name ends.
Result<std::size_t> read_name(ByteView message, std::size_t at, std::string& name) {
    for (;;) {
        if (at >= message.size()) return malformed();
        const std::size_t length = message[at++];
        if (length == 0) return at;
        if (length > 63 || at + length > message.size()) return malformed();
        if (!name.empty()) name += '.';
        for (std::size_t i = 0; i < length; ++i) {
            const std::uint8_t c = message[at + i];
            if (!is_name_letter(c)) return malformed();
            name += static_cast<char>(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
        }
        if (name.size() > name_bytes_max) return malformed();
        at += length;
    }
}

}  // namespace

Result<DnsQuestion> parse_dns_question(ByteView message) {
    if (message.size() < header_bytes || message.size() > dns_bytes_max) return malformed();
    DnsQuestion question;
    question.id = number_at(message, 0);
    question.flags = number_at(message, 2);
    if ((question.flags & (response_bit | operation_bits)) != 0) return malformed();
    // One question, no answer; an additional record (EDNS) may follow and is not read.
    if (number_at(message, 4) != 1 || number_at(message, 6) != 0) return malformed();
    const std::size_t end = TRY(read_name(message, header_bytes, question.name));
    if (end + 4 > message.size()) return malformed();
    question.type = number_at(message, end);
    if (number_at(message, end + 2) != class_internet) return malformed();
    const ByteView wire = message.subspan(header_bytes, end + 4 - header_bytes);
    question.wire.assign(wire.begin(), wire.end());
    return question;
}

Bytes dns_answer(const DnsQuestion& question, DnsStatus status,
                 const std::optional<net::Address>& address) {
    Bytes out;
    put(out, question.id, 2);
    const std::uint32_t kept = question.flags & recursion_desired;
    put(out, response_bit | recursion_available | kept | static_cast<std::uint32_t>(status), 2);
    put(out, 1, 2);
    put(out, address ? 1 : 0, 2);
    put(out, 0, 4);
    out.insert(out.end(), question.wire.begin(), question.wire.end());
    if (!address) return out;
    put(out, 0xC000 | header_bytes, 2);  // the name, as in the question
    put(out, 1, 2);
    put(out, class_internet, 2);
    put(out, answer_life_s, 4);
    put(out, 4, 2);
    out.insert(out.end(), address->bytes().begin(), address->bytes().begin() + 4);
    return out;
}

}  // namespace hs::egress
