// NameBook: addresses that stand for names inside one sandbox, so that a connection to such an
// address is a connection to a name.
//
// The addresses are those of 198.18.0.0/15, which are routed nowhere (RFC 2544, RFC 6890).
// What it does not protect from: a program that dials an address by itself; egress then decides
// about that address, or about the name that it proves in its TLS hello.
// Threads: every method from any thread.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "base/guarded.h"
#include "net/address.h"

namespace hs::egress {

class NameBook {
  public:
    static constexpr std::uint32_t names_max = 8192;

    // The address of a net::canonical_host(); the same one each time. exhausted beyond names_max.
    base::Result<net::Address> address_of(const std::string& name);
    std::optional<std::string> name_of(const net::Address& address) const;
    // Whether the address is one of those that stand for names.
    static bool is_synthetic(const net::Address& address);

  private:
    struct Tables {
        std::map<std::string, std::uint32_t> numbers;
        std::map<std::uint32_t, std::string> names;
    };
    base::Guarded<Tables> tables_;
};

}  // namespace hs::egress
