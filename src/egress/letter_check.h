// LetterCheck: whether a mail was sent by who it says, checked here and not by hardshelld.
//
// What it is for: the signature is in the mail, so it proves its sender wherever the mail comes
// from; the signer's key is looked up here. What it says as an answer to an approval is told to the
// keeper before hardshelld knows the verdict. What it does not protect from: what mail/receipt.h
// and mail/text.h name. Threads: run() on one.
#pragma once

#include "egress/envelope.h"
#include "egress/keeper_link.h"
#include "egress/trouble.h"
#include "net/resolver.h"
#include "os/channel.h"

namespace hs::egress {

class LetterCheck {
  public:
    static constexpr std::int64_t lookups_ms = 8'000;  // all keys of one mail together

    struct Parts {
        os::Channel& requester;
        KeeperLink& keeper;
        const Envelope& envelope;  // target: "/" and our address; host: the domain of From
        net::Resolver& resolver;
        const base::Clock& clock;
    };
    explicit LetterCheck(const Parts& parts) : parts_(parts) {}

    // Takes the mail from the requester. {from, message_id, date_s} as JSON; response_refused where
    // the sender is not proven, name_failed where it could not be found out now.
    std::variant<std::string, Trouble> run(const os::WakeUp& stop);

  private:
    const Parts parts_;
};

// A mail from the requester, whole; request_broken where it is not the one of the envelope's hash.
std::variant<std::string, Trouble> take_letter(os::Channel& requester, const Envelope& envelope,
                                               const os::WakeUp& stop);

}  // namespace hs::egress
