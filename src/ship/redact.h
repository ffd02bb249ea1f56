// Redaction: what a sink is not to learn. Texts that must stay recognisable become keyed hashes
// (equal texts stay equal within one sink); the rest is left out.
//
// What it is for: a SIEM that may know that something happened, not which person or file.
// What it does not protect from: what a hash does not hide: that two events concern the same, and
// how often. A key of its own for each sink keeps two sinks from being joined.
// Threads: values; const functions from any thread.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "audit/event.h"

namespace hs::ship {

// "person", "path", "host", "command", "reason", "request".
bool is_redaction(std::string_view name);

class Redaction {
  public:
    // CHECKs that every name is_redaction.
    Redaction(const std::vector<std::string>& names, crypto::SecretBytes key);

    // The event with what is named replaced, everywhere in it.
    audit::RecordedEvent apply(const audit::RecordedEvent& event) const;
    bool empty() const { return names_.empty(); }

  private:
    bool has(std::string_view name) const { return names_.contains(name); }
    void walk(wire::Json& value, std::string_view key) const;
    void hash(wire::Json& value) const;

    std::set<std::string, std::less<>> names_;
    audit::Pseudonyms pseudonyms_;
};

}  // namespace hs::ship
