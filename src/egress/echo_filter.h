// EchoFilter: keeps a secret that egress placed in a request out of the answer.
//
// What it is for: a server that repeats what it was sent (an error page, a debug header) would hand
// the secret to the agent. The value and its usual spellings (JSON and URL escapes, hexadecimal,
// base64 at every alignment) are overwritten with asterisks of the same length, also where they
// lie across two pieces of a stream.
// What it does not protect from: a server that wants to reveal the secret; it can spell it in ways
// that nobody foresees. Binding a secret to its host is the wall; this is a net below.
// Threads: one thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "crypto/secret.h"

namespace hs::egress {

class EchoFilter {
  public:
    EchoFilter() = default;  // finds nothing
    // Values under value_bytes_min are looked for nowhere: they would match by chance.
    explicit EchoFilter(base::ByteView value);
    static constexpr std::size_t value_bytes_min = 8;

    // What may be passed on of the stream so far. Up to one spelling's length is held back.
    std::string pass(std::string_view piece);
    // What was held back when the stream ended.
    std::string finish();
    // A text that is whole.
    std::string redact(std::string_view text);
    std::uint64_t found() const { return found_; }

  private:
    struct Spelling {
        std::size_t begin;
        std::size_t size;
    };
    void add(std::string spelling);
    std::string_view text_of(const Spelling& spelling) const;
    void overwrite(std::string& text);
    std::size_t held_back(std::string_view text) const;

    crypto::SecretBytes bytes_;
    std::vector<Spelling> spellings_;
    std::string held_;
    std::uint64_t found_ = 0;
};

}  // namespace hs::egress
