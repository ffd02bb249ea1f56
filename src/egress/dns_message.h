// DnsMessage: the one question of a DNS query, and the answer to it (RFC 1035, RFC 3596).
//
// What it is for: names asked for inside a sandbox never leave the machine; they are answered with
// addresses that stand for them (egress/name_book.h).
// What it does not protect from: nothing is looked up here.
// Threads: pure functions.
#pragma once

#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "net/address.h"

namespace hs::egress {

inline constexpr std::size_t dns_bytes_max = 4096;

struct DnsQuestion {
    std::uint16_t id = 0;
    std::uint16_t flags = 0;
    std::uint16_t type = 0;  // 1 A, 28 AAAA, 65 HTTPS, …
    std::string name;        // lower case, without the last dot
    base::Bytes wire;        // the question's own bytes, for the answer
};

// invalid_input for whatever is no standard query with exactly one question of class IN: a name is
// letters, digits, hyphens and underscores, and no compression.
base::Result<DnsQuestion> parse_dns_question(base::ByteView message);

enum class DnsStatus : std::uint8_t { ok = 0, no_such_name = 3, refused = 5 };
// An answer of one A record, or an empty one with the status.
base::Bytes dns_answer(const DnsQuestion& question, DnsStatus status,
                       const std::optional<net::Address>& address);

}  // namespace hs::egress
