#include "egress/name_book.h"

namespace hs::egress {

using base::Code;
using base::fail;
using base::Result;

namespace {

constexpr std::uint32_t first_address = (198U << 24U) | (18U << 16U);
constexpr std::uint32_t range_size = 1U << 17U;

std::uint32_t number_of(const net::Address& address) {
    const auto& bytes = address.bytes();
    return (std::uint32_t{bytes[0]} << 24U) | (std::uint32_t{bytes[1]} << 16U) |
           (std::uint32_t{bytes[2]} << 8U) | bytes[3];
}

net::Address address_at(std::uint32_t number) {
    return net::Address::ipv4(
        static_cast<std::uint8_t>(number >> 24U), static_cast<std::uint8_t>(number >> 16U),
        static_cast<std::uint8_t>(number >> 8U), static_cast<std::uint8_t>(number));
}

}  // namespace

Result<net::Address> NameBook::address_of(const std::string& name) {
    return tables_.with([&](Tables& tables) -> Result<net::Address> {
        const auto found = tables.numbers.find(name);
        if (found != tables.numbers.end()) return address_at(first_address + found->second);
        const auto number = static_cast<std::uint32_t>(tables.numbers.size()) + 1;
        if (number > names_max) {
            return fail(Code::exhausted, "the sandbox has asked for too many names");
        }
        tables.numbers.emplace(name, number);
        tables.names.emplace(number, name);
        return address_at(first_address + number);
    });
}

bool NameBook::is_synthetic(const net::Address& address) {
    if (address.family() != net::Address::Family::ipv4) return false;
    return number_of(address) - first_address < range_size;
}

std::optional<std::string> NameBook::name_of(const net::Address& address) const {
    if (!is_synthetic(address)) return std::nullopt;
    return tables_.with([&](const Tables& tables) -> std::optional<std::string> {
        const auto found = tables.names.find(number_of(address) - first_address);
        if (found == tables.names.end()) return std::nullopt;
        return found->second;
    });
}

}  // namespace hs::egress
