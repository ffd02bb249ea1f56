// McpBook: the definitions of each MCP server's tools as a person has accepted them.
//
// What it is for: a server may say one thing on the day it is looked at and another one later; what
// its tools are called, what they say of themselves and what they take is pinned by its digest, and
// a call under another digest is refused until a person has looked again.
// What it does not protect from: a server whose tools do something else than they say. Its sandbox
// and what policy asks for each call are for that.
// Threads: one thread.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "audit/log.h"
#include "base/clock.h"
#include "base/result.h"
#include "gate/judge.h"
#include "gate/keeper.h"
#include "wire/json.h"

namespace hs::gate {

class Questions;

// SHA-256 of the canonical JSON of a list of tools in the order of their names, lower-case hex.
// invalid_input where it is no list of at most tools_max objects with different names.
base::Result<std::string> digest_of_definitions(const wire::Json& tools);

class McpBook {
  public:
    static constexpr std::size_t tools_max = 128;
    static constexpr std::size_t tools_bytes_max = std::size_t{256} << 10U;  // of one server

    struct Accepted {
        std::string digest;
        base::WallTime_ms at_ms = 0;
        wire::Json tools;
    };

    // corrupt for a file that cannot be read: then nothing may be called before it is mended.
    static base::Result<McpBook> open(std::string path);

    const Accepted* find(std::string_view server) const;
    // Durable when it returns.
    base::Result<> accept(const std::string& server, Accepted accepted);

  private:
    explicit McpBook(std::string path) : path_(std::move(path)) {}

    std::string path_;
    std::map<std::string, Accepted, std::less<>> servers_;
};

// "mcp.accept" {server, tools} → {digest}: of a person alone, decided by policy, recorded before it
// counts. "mcp.accepted" {server} → {digest, tools} or {}. The parts outlive the keeper.
void add_mcp_verbs(Keeper& keeper, McpBook& book, Judge& judge, Questions& questions,
                   audit::Log& log, const base::Clock& clock);

}  // namespace hs::gate
