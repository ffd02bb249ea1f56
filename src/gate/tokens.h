// Tokens: who an API client is and what it may ask. Only hashes are kept.
//
// What it does not protect from: a token that its owner gives away. Each has a name and can be
// removed by itself. Threads: values; Tokens is read-only once loaded.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/guarded.h"
#include "base/result.h"
#include "os/file.h"

namespace hs::gate {

enum class Scope : std::uint8_t {
    talk = 1,       // send messages, see the sessions that it opened
    read = 2,       // see all sessions, decisions, status, configuration
    approve = 4,    // answer approvals (the keeper checks the token itself)
    configure = 8,  // change configuration, stop the daemon
    person = 16,    // its words are the person's own
};

// A set of scopes.
class Scopes {
  public:
    constexpr Scopes() = default;
    constexpr Scopes(std::initializer_list<Scope> scopes) {
        for (const Scope scope : scopes) bits_ |= static_cast<std::uint8_t>(scope);
    }
    constexpr bool has(Scope scope) const {
        return (bits_ & static_cast<std::uint8_t>(scope)) != 0;
    }
    constexpr void add(Scope scope) { bits_ |= static_cast<std::uint8_t>(scope); }
    std::string names() const;  // "talk,read"
    // invalid_input names the scope that does not exist and those that do.
    static base::Result<Scopes> parse(std::string_view names);

  private:
    std::uint8_t bits_ = 0;
};

struct TokenEntry {
    std::string name;
    Scopes scopes;
    std::string sha256;  // of the token's text, lower-case hex
    base::WallTime_ms created_ms = 0;
};

class Tokens {
  public:
    static constexpr std::size_t tokens_max = 256;

    // Reads the file (0600 or denied); a missing file is an empty list.
    static base::Result<Tokens> load(const std::string& path);
    // The entry of a token given by a client, compared in constant time.
    const TokenEntry* find(std::string_view token) const;
    const std::vector<TokenEntry>& all() const { return entries_; }

    // Makes a token, writes the file, and returns the token's text: the only time it is seen.
    base::Result<std::string> add(const std::string& path, const std::string& name, Scopes scopes,
                                  const base::Clock& clock, base::Random& random);
    base::Result<> remove(const std::string& path, std::string_view name);

  private:
    base::Result<> save(const std::string& path) const;
    std::vector<TokenEntry> entries_;
};

// The tokens of a file as it is now, read again only when it is another than before. The file is
// always replaced whole, so a change shows in its inode and times; a removed token is refused from
// the next request on. Threads: any.
class TokenFile {
  public:
    explicit TokenFile(std::string path) : path_(std::move(path)) {}
    // As Tokens::load.
    base::Result<std::shared_ptr<const Tokens>> current();

  private:
    struct Held {
        std::optional<os::FileFacts> facts;  // of the file that was read; none: there was none
        std::shared_ptr<const Tokens> tokens;
    };
    std::string path_;
    base::Guarded<Held> held_;
};

}  // namespace hs::gate
