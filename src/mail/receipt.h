// A mail as received: who has sent it, to us, and when.
//
// What it is for: a signature proves who wrote a mail, not for whom. Whoever gets a signed mail can
// send it on unchanged, so it counts only where To or Cc names us and is signed too, and only for
// some days; within them the Message-ID tells a repetition (the caller keeps those).
// What it does not protect from: what mail/dkim.h names.
// Threads: pure functions, but for the look-up that the caller gives.
#pragma once

#include "mail/dkim.h"

namespace hs::mail {

struct Receipt {
    std::string from;        // the domain in lower case
    std::string message_id;  // with its angle brackets
    std::int64_t date_s = 0;
};

inline constexpr std::int64_t letter_age_max_s = std::int64_t{7} * 24 * 3600;

// The signature must cover Subject where there is one, because its words are read as the sender's.
// denied: unproven, not addressed to `recipient`, or older than letter_age_max_s. invalid_input:
// two readers would read its header differently.
base::Result<Receipt> check_receipt(const Letter& letter, std::string_view recipient,
                                    const KeyLookup& lookup, std::int64_t now_s);

// The addresses of a To or Cc field, domains in lower case; what is no plain address is left out.
std::vector<std::string> addresses_in(std::string_view value);

// Seconds since 1970 of a Date field (RFC 5322 section 3.3).
base::Result<std::int64_t> read_date(std::string_view value);

// The ids of Message-ID, In-Reply-To or References, each with its angle brackets; at most 100.
std::vector<std::string> message_ids_in(std::string_view value);

}  // namespace hs::mail
