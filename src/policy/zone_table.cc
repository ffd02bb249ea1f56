#include "policy/zone_table.h"

namespace hs::policy {
namespace {

using base::Result;

// RFC 6761 section 6.3: localhost and every name below it.
bool is_localhost(std::string_view name) {
    return name == "localhost" || name.ends_with(".localhost") || name == "localhost.localdomain" ||
           name == "ip6-localhost" || name == "ip6-loopback";
}

void add_kind(AddressKind kind, Zones& zones) {
    switch (kind) {
        case AddressKind::global:
            break;
        case AddressKind::loopback:
            zones.add(Zone::loopback);
            break;
        case AddressKind::private_network:
            zones.add(Zone::private_);
            break;
        case AddressKind::metadata:
            zones.add(Zone::metadata);
            break;
        case AddressKind::unusable:
            zones.add(Zone::unusable);
            break;
    }
}

constexpr Zones not_public = {Zone::loopback, Zone::private_, Zone::metadata, Zone::unusable};

}  // namespace

bool ZoneTable::Rule::fits_name(std::string_view name) const {
    for (const std::string& own : names) {
        if (own == name) return true;
    }
    for (const std::string& suffix : suffixes) {
        if (name.size() > suffix.size() && name.ends_with(suffix)) return true;
    }
    return false;
}

bool ZoneTable::Rule::fits_address(const Address& address) const {
    for (const AddressRange& range : ranges) {
        if (range.holds(address)) return true;
    }
    return false;
}

Result<ZoneTable::Rule> ZoneTable::parse_rule(TableReader& table) {
    Rule rule;
    const auto zone = word_from_name<Zone>(TRY(table.text("name")));
    if (!zone) return table.refuse("name", "expected a zone, such as \"production\"");
    rule.zone = *zone;
    for (const std::string& host : TRY(table.texts("hosts"))) {
        const bool is_suffix = host.starts_with("*.");
        const auto name = canonical_host(is_suffix ? std::string_view(host).substr(2) : host);
        if (!name) return table.refuse("hosts", "\"" + host + "\": " + name.error().what);
        (is_suffix ? rule.suffixes : rule.names).push_back((is_suffix ? "." : "") + name->name);
    }
    for (const std::string& text : TRY(table.texts("addresses"))) {
        const auto range = parse_address_range(text);
        if (!range) return table.refuse("addresses", "\"" + text + "\": " + range.error().what);
        rule.ranges.push_back(*range);
    }
    if (const wire::Json* ports = table.json("ports")) {
        if (ports->array() == nullptr) return table.refuse("ports", "expected a list of ports");
        for (const wire::Json& item : *ports->array()) {
            const std::int64_t* port = item.integer();
            if (port == nullptr || *port < 1 || *port > 65535) {
                return table.refuse("ports", "expected ports from 1 to 65535");
            }
            rule.ports.push_back(static_cast<std::uint16_t>(*port));
        }
    }
    TRY(table.finish());
    return rule;
}

Result<> ZoneTable::add(const wire::TomlDocument& document, std::string_view file) {
    TableReader root(document, file);
    for (TableReader& table : TRY(root.tables("zone"))) {
        if (rules_.size() >= rules_max) return table.refuse("name", "there are too many rules");
        rules_.push_back(TRY(parse_rule(table)));
    }
    return root.finish();
}

Zones ZoneTable::zones(const HostPort& at, const std::optional<Address>& dialled) const {
    Zones zones;
    const std::string& name = at.host.name;
    if (!at.host.address) {
        if (is_localhost(name)) {
            zones.add(Zone::loopback);
        } else if (name.find('.') == std::string::npos) {
            zones.add(Zone::private_);
        }
    }
    for (const std::optional<Address>& address : {at.host.address, dialled}) {
        if (address) add_kind(classify(*address), zones);
    }
    for (const Rule& rule : rules_) {
        const bool is_loopback = zones.has(Zone::loopback);
        const bool fits_port = !is_loopback && std::find(rule.ports.begin(), rule.ports.end(),
                                                         at.port) != rule.ports.end();
        const bool fits_address = (at.host.address && rule.fits_address(*at.host.address)) ||
                                  (dialled && rule.fits_address(*dialled));
        if (fits_port || fits_address || rule.fits_name(name)) zones.add(rule.zone);
    }
    if (!zones.has_any(not_public)) zones.add(Zone::internet);
    return zones;
}

}  // namespace hs::policy
