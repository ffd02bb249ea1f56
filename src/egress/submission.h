// Submission: hands one mail to the person's mail server (RFC 6409 over implicit TLS, RFC 8314).
//
// What it is for: the bytes and the address that were approved are those that leave, because the
// dialogue with the server is held here. The password is in AUTH PLAIN alone (RFC 4954, RFC 4616).
// What it does not protect from: a server that says it has taken the mail and has not.
// Threads: run() on one.
#pragma once

#include "crypto/secret.h"
#include "egress/envelope.h"
#include "net/stream.h"

namespace hs::egress {

// The server's word on the mail: 2yz taken, 4yz not now, 5yz never; 0: it may have it, but the
// connection ended before it said so.
struct SubmissionAnswer {
    int code = 0;
    std::string text;
};

class Submission {
  public:
    static constexpr std::int64_t step_ms = 30'000;
    static constexpr std::size_t line_bytes_max = 2'048;
    static constexpr std::size_t lines_max = 100;

    // From the envelope: our address (the credential's user) and who gets the mail (the target).
    Submission(net::Stream& server, const Envelope& envelope, const crypto::SecretBytes& password)
        : server_(server), envelope_(envelope), password_(password) {}

    // The answer that decided it. An Error where the connection ended before the mail was whole at
    // the server, or where what it said is no SMTP: nothing was sent.
    base::Result<SubmissionAnswer> run(std::string_view letter);

  private:
    struct Reply {
        int code = 0;
        std::vector<std::string> lines;
    };
    base::Result<std::string> read_line();
    base::Result<Reply> read_reply();
    base::Result<Reply> ask(std::string_view line);
    base::Result<Reply> log_in();
    static base::Result<Reply> refusal(Reply reply);
    base::Result<Reply> hand_in(std::string_view letter, bool takes_8bit);

    net::Stream& server_;
    const Envelope& envelope_;
    const crypto::SecretBytes& password_;
    std::string buffer_;
    bool is_whole_ = false;  // the mail is at the server
};

// The bytes of DATA: dots at the start of lines doubled, and the line that ends it (RFC 5321
// section 4.5.2). The letter's lines end in CRLF.
std::string dot_stuffed(std::string_view letter);

}  // namespace hs::egress
