#include "gate/mcp_book.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "crypto/hash.h"
#include "gate/questions.h"
#include "os/file.h"

namespace hs::gate {
namespace {

using base::Code;
using base::fail;
using base::Result;
using wire::Json;
using wire::JsonArray;
using wire::JsonObject;

constexpr std::int64_t format = 1;
constexpr std::size_t file_bytes_max = std::size_t{16} << 20U;

Result<Json> accept(const Sender& sender, const Json& arguments, McpBook& book, Judge& judge,
                    Questions& questions, audit::Log& log, const base::Clock& clock) {
    const std::string server = TRY(wire::text_at(arguments, "server"));
    const Json* tools = arguments.find("tools");
    if (tools == nullptr) return fail(Code::invalid_input, "\"tools\" is missing");
    if (!questions.knows_mcp_server(server)) {
        return fail(
            Code::not_found,
            fmt::format("the MCP server {} is not among the settings that Hardshell was started "
                        "with; hardshell stop, then try again",
                        server.substr(0, 100)));
    }
    const std::string digest = TRY(digest_of_definitions(*tools));
    policy::Question question =
        questions.ask_change(sender.name, sender.name, "mcp." + server + ".definitions", true);
    question.effect = policy::Effect::configure;
    if (judge.decide_now(question).outcome != policy::Outcome::allow) {
        return fail(Code::denied,
                    "policy does not let you accept the tools of MCP servers by "
                    "yourself; ask your organisation");
    }
    const McpBook::Accepted* before = book.find(server);
    audit::Event event(audit::EventKind::config_change);
    event.set(audit::Field::person, sender.name)
        .set(audit::Field::outcome, "accepted")
        .set(audit::Field::reason, fmt::format("accepted the tools of the MCP server {}", server))
        .detail("mcp", server)
        .detail("digest", digest)
        .detail("before", before == nullptr ? std::string() : before->digest);
    TRY(log.append_and_wait(event));
    TRY(book.accept(server, {digest, clock.wall_ms(), *tools}));
    return Json(JsonObject{{"digest", digest}});
}

}  // namespace

Result<std::string> digest_of_definitions(const Json& tools) {
    const JsonArray* list = tools.array();
    if (list == nullptr || list->size() > McpBook::tools_max) {
        return fail(Code::invalid_input,
                    fmt::format("a list of at most {} tools was expected", McpBook::tools_max));
    }
    std::vector<std::pair<std::string, std::string>> named;
    for (const Json& tool : *list) {
        named.emplace_back(TRY(wire::text_at(tool, "name")), wire::canonical_json(tool));
    }
    std::sort(named.begin(), named.end());
    std::string text;
    for (std::size_t i = 0; i < named.size(); ++i) {
        if (i > 0 && named[i].first == named[i - 1].first) {
            return fail(Code::invalid_input,
                        fmt::format("two tools are named {}", named[i].first.substr(0, 100)));
        }
        text += named[i].second + "\n";
    }
    if (text.size() > McpBook::tools_bytes_max) {
        return fail(Code::exhausted, fmt::format("the definitions of the tools are longer than {} "
                                                 "KiB",
                                                 McpBook::tools_bytes_max >> 10U));
    }
    return base::to_hex(crypto::sha256(base::bytes_of(text)));
}

Result<McpBook> McpBook::open(std::string path) {
    McpBook book(std::move(path));
    const auto text = os::read_text(book.path_, file_bytes_max);
    if (!text && text.error().code == Code::not_found) return book;
    const Json json = TRY(wire::parse_json(TRY(text)));
    if (TRY(wire::integer_at(json, "format")) != format) {
        return fail(Code::corrupt, book.path_ + " is of another version of Hardshell");
    }
    for (const auto& [server, row] : *TRY(wire::object_at(json, "servers"))) {
        Accepted accepted;
        accepted.at_ms = TRY(wire::integer_at(row, "at_ms"));
        if (const Json* tools = row.find("tools")) accepted.tools = *tools;
        accepted.digest = TRY(digest_of_definitions(accepted.tools));
        book.servers_.emplace(server, std::move(accepted));
    }
    return book;
}

const McpBook::Accepted* McpBook::find(std::string_view server) const {
    const auto found = servers_.find(server);
    return found == servers_.end() ? nullptr : &found->second;
}

Result<> McpBook::accept(const std::string& server, Accepted accepted) {
    auto servers = servers_;
    servers[server] = std::move(accepted);
    JsonObject rows;
    for (const auto& [name, held] : servers) {
        rows[name] = JsonObject{{"at_ms", held.at_ms}, {"tools", held.tools}};
    }
    const Json json = JsonObject{{"format", format}, {"servers", std::move(rows)}};
    TRY(os::write_file_atomic(path_, base::bytes_of(wire::canonical_json(json))));
    servers_ = std::move(servers);
    return {};
}

void add_mcp_verbs(Keeper& keeper, McpBook& book, Judge& judge, Questions& questions,
                   audit::Log& log, const base::Clock& clock) {
    keeper.add_verb("mcp.accept", Keeper::Access::person_only,
                    [&](const Sender& sender, const Json& arguments) {
                        return accept(sender, arguments, book, judge, questions, log, clock);
                    });
    keeper.add_verb("mcp.accepted", Keeper::Access::daemon_or_person,
                    [&](const Sender&, const Json& arguments) -> Result<Json> {
                        const auto* held = book.find(TRY(wire::text_at(arguments, "server")));
                        if (held == nullptr) return Json(JsonObject{});
                        return Json(JsonObject{{"digest", held->digest}, {"tools", held->tools}});
                    });
}

}  // namespace hs::gate
