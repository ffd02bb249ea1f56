// ZoneTable: where hosts are, by name, address and port (zones.toml and what is built in).
//
// What it is for: the fact `Host in Zone`. A host is in every zone that fits, so that no friendly
// rule hides a forbidden one.
// What it does not protect from: a name that resolves elsewhere later. Egress asks again with the
// address that it is about to dial.
// Threads: immutable after parse.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "policy/canonical_host.h"
#include "policy/pattern.h"
#include "policy/table_reader.h"
#include "policy/words.h"

namespace hs::policy {

class ZoneTable {
  public:
    static constexpr std::size_t rules_max = 10'000;

    // Rules of several files add up. invalid_input names file and line.
    base::Result<> add(const wire::TomlDocument& document, std::string_view file);

    // `dialled` is the address after resolution, where it is known. Addresses decide over names:
    // a name in a public suffix that leads to a private address is private. Without any other zone
    // the host is in `internet`; a host in `loopback`, `private`, `metadata` or `unusable` never
    // is.
    Zones zones(const HostPort& at, const std::optional<Address>& dialled) const;

  private:
    struct Rule {
        Zone zone = Zone::internet;
        std::vector<std::string> names;
        std::vector<std::string> suffixes;  // ".example.com"
        std::vector<AddressRange> ranges;
        std::vector<std::uint16_t> ports;
        bool fits_name(std::string_view name) const;
        bool fits_address(const Address& address) const;
    };
    static base::Result<Rule> parse_rule(TableReader& table);
    std::vector<Rule> rules_;
};

}  // namespace hs::policy
