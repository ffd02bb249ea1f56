// Client: our side of a conversation with one MCP server over lines: who it is, which tools it has,
// a call of one of them.
//
// What it is for: servers of both eras. server/discover (2026-07-28) is asked first; a server that
// does not know it gets initialize (2025-11-25 and before).
// Roots, sampling and elicitation are not offered: a server that asks for them is refused.
// Source: Model Context Protocol, revisions 2025-11-25 and 2026-07-28.
// What it does not protect from: what a tool does or says; its definitions are strangers' words
// until a person has accepted them (gate/mcp_book.h).
// Threads: one owner.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "mcp/message.h"
#include "os/wait.h"
#include "wire/json.h"

namespace hs::mcp {

// What carries the lines.
class Lines {
  public:
    virtual ~Lines() = default;
    virtual base::Result<> send(std::string_view line, os::Deadline deadline) = 0;
    // io when the server is gone, with the last that it said of its trouble.
    virtual base::Result<std::string> receive(os::Deadline deadline) = 0;
};

struct Definition {
    std::string name;
    std::string description;  // may be empty
    wire::Json input_schema;
};

// Each of a list as the server gave it. corrupt for a tool without a name of 1 to 128 letters,
// digits, '_', '-', '.' and '/', or without a schema of type object.
base::Result<std::vector<Definition>> definitions_from(const wire::Json& tools);

struct Answer {
    std::string text;       // of its pieces of text, joined; the others are named
    wire::Json structured;  // structuredContent, or the text where it is JSON; else null
    bool is_error = false;
};

class Client {
  public:
    static constexpr std::size_t tools_max = 128;
    static constexpr std::size_t pages_max = 64;
    // Lines that are no answer, between a request and its own.
    static constexpr std::size_t strays_max = 1000;

    // `lines` outlives this.
    explicit Client(Lines& lines) : lines_(lines) {}

    base::Result<> greet(os::Deadline deadline);
    // The list as the server gave it, in one, page after page.
    base::Result<wire::Json> list_tools(os::Deadline deadline);
    // `arguments` is an object. An error that the tool tells of is an Answer; one of the protocol
    // an Error.
    base::Result<Answer> call(std::string_view tool, const wire::Json& arguments,
                              os::Deadline deadline);
    const std::string& server() const { return server_; }  // name and version, as it says

  private:
    enum class Era : std::uint8_t { sessions, requests };  // up to 2025-11-25; since 2026-07-28
    base::Result<Message> ask(std::string_view method, wire::Json params, os::Deadline deadline);
    base::Result<wire::Json> result_of(std::string_view method, wire::Json params,
                                       os::Deadline deadline);
    base::Result<> answer_server(const Message& message, os::Deadline deadline);

    Lines& lines_;
    Era era_ = Era::requests;
    std::int64_t next_id_ = 1;
    std::string server_;
};

}  // namespace hs::mcp
