#include "gate/tokens.h"

#include <fmt/format.h>

#include <array>

#include "crypto/hash.h"
#include "crypto/secret.h"
#include "os/file.h"
#include "wire/json.h"

namespace hs::gate {
namespace {

using base::Code;
using base::fail;
using base::Result;
using wire::Json;

constexpr std::size_t file_bytes_max = std::size_t{1} << 20U;

constexpr std::pair<Scope, std::string_view> scope_names[] = {{Scope::talk, "talk"},
                                                              {Scope::read, "read"},
                                                              {Scope::approve, "approve"},
                                                              {Scope::configure, "configure"},
                                                              {Scope::person, "person"}};

Result<TokenEntry> entry_from(const Json& json) {
    return TokenEntry{
        TRY(wire::text_at(json, "name")), TRY(Scopes::parse(TRY(wire::text_at(json, "scopes")))),
        TRY(wire::text_at(json, "sha256")), TRY(wire::integer_at(json, "created_ms"))};
}

}  // namespace

std::string Scopes::names() const {
    std::string text;
    for (const auto& [scope, name] : scope_names) {
        if (has(scope)) text += (text.empty() ? "" : ",") + std::string(name);
    }
    return text;
}

Result<Scopes> Scopes::parse(std::string_view names) {
    Scopes scopes;
    while (!names.empty()) {
        const std::size_t comma = std::min(names.find(','), names.size());
        const std::string_view wanted = names.substr(0, comma);
        names.remove_prefix(std::min(comma + 1, names.size()));
        bool known = false;
        for (const auto& [scope, name] : scope_names) {
            if (name != wanted) continue;
            scopes.add(scope);
            known = true;
        }
        if (!known) {
            return fail(Code::invalid_input,
                        fmt::format("there is no scope \"{}\"; there are talk, read, approve, "
                                    "configure and person",
                                    wanted));
        }
    }
    return scopes;
}

Result<Tokens> Tokens::load(const std::string& path) {
    Tokens tokens;
    const auto facts = os::facts_of_path(path);
    if (!facts && facts.error().code == Code::not_found) return tokens;
    if (!facts) return facts.failure();
    if ((facts->mode & 077U) != 0) {
        return fail(
            Code::denied,
            fmt::format("{} may be read by others; mend it with: chmod 600 {}", path, path));
    }
    const Json json = TRY(wire::parse_json(TRY(os::read_text(path, file_bytes_max))));
    for (const Json& item : *TRY(wire::array_at(json, "tokens"))) {
        tokens.entries_.push_back(TRY(entry_from(item)));
    }
    return tokens;
}

Result<std::shared_ptr<const Tokens>> TokenFile::current() {
    const auto seen = os::facts_of_path(path_);
    if (!seen && seen.error().code != Code::not_found) return seen.failure();
    const auto facts = seen ? std::optional(*seen) : std::nullopt;
    return held_.with([&](Held& held) -> Result<std::shared_ptr<const Tokens>> {
        if (held.tokens != nullptr && held.facts == facts) return held.tokens;
        held.tokens = std::make_shared<const Tokens>(TRY(Tokens::load(path_)));
        held.facts = facts;
        return held.tokens;
    });
}

const TokenEntry* Tokens::find(std::string_view token) const {
    const std::string hash = base::to_hex(crypto::sha256(base::bytes_of(token)));
    const TokenEntry* found = nullptr;
    // Every entry is compared, so the time tells nothing.
    for (const TokenEntry& entry : entries_) {
        if (crypto::equal(base::bytes_of(entry.sha256), base::bytes_of(hash))) found = &entry;
    }
    return found;
}

Result<> Tokens::save(const std::string& path) const {
    Json list{wire::JsonArray{}};
    for (const TokenEntry& entry : entries_) {
        list.push(wire::JsonObject{{"name", entry.name},
                                   {"scopes", entry.scopes.names()},
                                   {"sha256", entry.sha256},
                                   {"created_ms", entry.created_ms}});
    }
    Json json;
    json["tokens"] = std::move(list);
    return os::write_file_atomic(path, base::bytes_of(wire::pretty_json(json)));
}

Result<std::string> Tokens::add(const std::string& path, const std::string& name, Scopes scopes,
                                const base::Clock& clock, base::Random& random) {
    if (name.empty() || name.size() > 64) {
        return fail(Code::invalid_input, "a token's name has 1 to 64 characters");
    }
    for (const TokenEntry& entry : entries_) {
        if (entry.name == name) {
            return fail(Code::conflict, fmt::format("there is a token \"{}\" already", name));
        }
    }
    if (entries_.size() >= tokens_max) return fail(Code::exhausted, "there are too many tokens");
    std::array<std::uint8_t, 32> bytes{};
    random.fill(bytes);
    const std::string token = "hs_" + base::to_base64url(bytes);
    entries_.push_back(
        {name, scopes, base::to_hex(crypto::sha256(base::bytes_of(token))), clock.wall_ms()});
    TRY(save(path));
    return token;
}

Result<> Tokens::remove(const std::string& path, std::string_view name) {
    const auto count =
        std::erase_if(entries_, [&](const TokenEntry& entry) { return entry.name == name; });
    if (count == 0) return fail(Code::not_found, fmt::format("there is no token \"{}\"", name));
    return save(path);
}

}  // namespace hs::gate
