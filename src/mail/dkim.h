// Who vouches for a mail: DKIM signatures (RFC 6376, RFC 8301, RFC 8463) checked by us, and the
// sender they stand for.
//
// What it is for: From is what the writer says. It counts only when the domain of that very
// address signed it, which is DMARC's alignment (RFC 7489 section 3.1.1) in its strict form:
// equal domains, so no list of public suffixes is needed. SPF and Authentication-Results of
// others are not looked at, and a published DMARC policy could only allow more than this.
// What it does not protect from: a domain that signs for whoever uses it, an account there that
// somebody took over, a DNS answer that was forged, a mail sent a second time (the caller keeps
// the Message-IDs it saw). What a signature does not cover, Content-Type often, is as anybody
// changed it on the way: decide nothing on it.
// Threads: pure functions, but for the look-up that the caller gives.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "mail/letter.h"

namespace hs::mail {

enum class DkimForm : std::uint8_t { simple, relaxed };

struct DkimSignature {
    std::string algorithm;     // rsa-sha256 or ed25519-sha256
    std::string domain;        // lower case
    std::string selector;      // lower case
    std::string agent_domain;  // of i=, or `domain`
    DkimForm header_form = DkimForm::simple;
    DkimForm body_form = DkimForm::simple;
    std::vector<std::string> fields;  // lower case, as listed in h=
    base::Bytes body_hash;
    base::Bytes signature;
    std::int64_t signed_at_s = 0;   // 0: not said
    std::int64_t expires_at_s = 0;  // 0: not said

    std::string key_name() const { return selector + "._domainkey." + domain; }
};

inline constexpr std::size_t dkim_signatures_max = 5;  // each may cost one DNS question

// Reads the value of a DKIM-Signature field. Refuses l= (anybody could append), SHA-1, unknown
// forms, a signer in i= outside d=, an h= without from, tags given twice.
base::Result<DkimSignature> read_dkim_signature(std::string_view value);

// Checks that `field` (a DKIM-Signature of `letter`) holds, with the TXT record of key_name().
// denied: it does not, has expired, comes from the future, or the key is revoked or for testing.
base::Result<> check_dkim(const Letter& letter, const LetterField& field,
                          const DkimSignature& signature, std::string_view key_record,
                          std::int64_t now_s);

// The TXT record of a name, its strings joined (RFC 6376 section 3.6.2.2).
using KeyLookup = std::function<base::Result<std::string>(const std::string& name)>;

// The address in From, once a signature of its own domain holds and covers From, Date, Message-ID
// and the fields of `more` (lower case). Asks only for keys of that domain, at most
// dkim_signatures_max times. Anything else is denied or invalid_input: the mail is from nobody.
base::Result<std::string> proven_sender(const Letter& letter, const std::vector<std::string>& more,
                                        const KeyLookup& lookup, std::int64_t now_s);

}  // namespace hs::mail
