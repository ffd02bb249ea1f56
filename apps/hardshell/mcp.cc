// mcp list, show, accept: the MCP servers of the settings, what each says that its tools are, and
// the person's word that this is what the assistant may call.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <map>

#include "detect/scanner.h"
#include "gate/mcp_book.h"
#include "hardshell/conversation.h"
#include "hardshell/lines.h"
#include "hardshell/mcp_line.h"
#include "hardshell/settings_file.h"
#include "wire/members.h"

namespace hs::cli {

using base::Code;
using base::fail;
using base::Result;
using wire::Json;
using wire::JsonArray;
using wire::JsonObject;

namespace {

constexpr std::int64_t talk_ms = 90'000;

Result<Json> accepted_of(const Desk& desk, const std::string& server) {
    auto keeper = TRY(KeeperLine::open(desk.places));
    return keeper.question("mcp.accepted", JsonObject{{"server", server}});
}

Result<Json> tools_of(const Desk& desk, const std::string& server) {
    const gate::Settings settings = TRY(settings_of(desk));
    const auto servers = settings.names("mcp");
    if (std::find(servers.begin(), servers.end(), server) == servers.end()) {
        return fail(Code::not_found,
                    fmt::format("no MCP server {} is configured; put one into the settings:\n"
                                "  [mcp.{}]\n  command = [\"PROGRAM\", \"ARGUMENT\"]",
                                clean(server), clean(server)));
    }
    const auto command = settings.texts(fmt::format("mcp.{}.command", server));
    if (command.empty()) return fail(Code::invalid_input, "its command is empty");
    auto line =
        TRY(McpLine::start(desk, command, settings.text(fmt::format("mcp.{}.profile", server))));
    mcp::Client client(line->lines());
    const auto deadline = os::Deadline::after_ms(talk_ms);
    TRY(client.greet(deadline));
    Json tools = TRY(client.list_tools(deadline));
    TRY(mcp::definitions_from(tools));
    return tools;
}

std::map<std::string, std::string> by_name(const Json* tools) {
    std::map<std::string, std::string> found;
    if (tools == nullptr || tools->array() == nullptr) return found;
    for (const Json& tool : *tools->array()) {
        found[wire::text_in(tool, "name")] = wire::canonical_json(tool);
    }
    return found;
}

// "new", "changed" or "as accepted" for each, and what is gone.
Json compared(const Json& tools, const Json& accepted) {
    const auto before = by_name(accepted.find("tools"));
    const auto now = by_name(&tools);
    Json rows{JsonArray{}};
    for (const Json& tool : *tools.array()) {
        const std::string name = wire::text_in(tool, "name");
        const auto held = before.find(name);
        Json row = JsonObject{{"name", name},
                              {"description", wire::text_in(tool, "description")},
                              {"state", held == before.end()           ? "new"
                                        : held->second == now.at(name) ? "as accepted"
                                                                       : "changed"}};
        // A description is read by the model: what steers it stands out.
        for (const auto& finding : detect::scan(wire::canonical_json(tool))) {
            if (finding.family == detect::Family::injection) row["signs"].push(finding.kind);
        }
        rows.push(std::move(row));
    }
    for (const auto& [name, text] : before) {
        if (!now.contains(name)) rows.push(JsonObject{{"name", name}, {"state", "gone"}});
    }
    return rows;
}

void show_rows(const Screen& screen, const Json& rows) {
    for (const Json& row : *rows.array()) {
        screen.line(
            fmt::format("{} ({})", clean(wire::text_in(row, "name")), wire::text_in(row, "state")));
        const std::string description = wire::text_in(row, "description");
        if (!description.empty()) screen.line("    " + clean(description));
        const Json* signs = row.find("signs");
        if (signs == nullptr) continue;
        for (const Json& sign : *signs->array()) {
            screen.line("    ! written to steer a model: " + clean(*sign.text()));
        }
    }
}

bool consents(const Desk& desk) {
    const bool person = ::isatty(STDIN_FILENO) != 0 && desk.screen.interactive();
    if (!person) return true;  // the command itself is the word
    const auto typed = read_answer(desk.screen, "[a]ccept these  [r]eject > ");
    return typed && !typed->empty() && (*typed)[0] == 'a';
}

}  // namespace

Result<int> run_mcp_list(const Desk& desk) {
    const gate::Settings settings = TRY(settings_of(desk));
    Json list{JsonArray{}};
    std::vector<std::vector<std::string>> rows;
    for (const std::string& server : settings.names("mcp")) {
        const auto accepted = accepted_of(desk, server);
        const Json* tools = accepted ? accepted->find("tools") : nullptr;
        const std::string state = !accepted ? "unknown: the daemon does not run"
                                  : tools == nullptr
                                      ? "not accepted yet"
                                      : fmt::format("{} tools accepted", tools->array()->size());
        const std::string connector = settings.text(fmt::format("mcp.{}.connector", server));
        std::string command;
        for (const auto& word : settings.texts(fmt::format("mcp.{}.command", server)))
            command += (command.empty() ? "" : " ") + word;
        Json row = JsonObject{
            {"name", server}, {"state", state}, {"connector", connector}, {"command", command}};
        if (tools != nullptr) row["digest"] = wire::text_in(*accepted, "digest");
        list.push(std::move(row));
        rows.push_back({server, state, connector.empty() ? "none" : connector, clean(command)});
    }
    if (desk.screen.form() == Form::json) {
        desk.screen.json(JsonObject{{"servers", std::move(list)}});
    } else if (rows.empty()) {
        desk.screen.line(
            "No MCP server is configured. Put one into the settings:\n"
            "  [mcp.NAME]\n  command = [\"PROGRAM\", \"ARGUMENT\"]");
    } else {
        desk.screen.table({"NAME", "STATE", "CONNECTOR", "COMMAND"}, rows);
    }
    return exit_done;
}

Result<int> run_mcp_show(const Desk& desk) {
    const Json tools = TRY(tools_of(desk, desk.options.text));
    const Json rows = compared(tools, TRY(accepted_of(desk, desk.options.text)));
    if (desk.screen.form() == Form::json) {
        desk.screen.json(JsonObject{{"name", desk.options.text},
                                    {"digest", TRY(gate::digest_of_definitions(tools))},
                                    {"tools", rows}});
    } else {
        show_rows(desk.screen, rows);
    }
    return exit_done;
}

Result<int> run_mcp_accept(const Desk& desk) {
    const std::string& server = desk.options.text;
    const Json tools = TRY(tools_of(desk, server));
    const Json rows = compared(tools, TRY(accepted_of(desk, server)));
    if (desk.screen.form() == Form::text) show_rows(desk.screen, rows);
    if (!consents(desk)) return fail(Code::cancelled, "nothing was accepted");
    auto keeper = TRY(KeeperLine::open(desk.places));
    const Json done =
        TRY(keeper.question("mcp.accept", JsonObject{{"server", server}, {"tools", tools}}));
    if (desk.screen.form() == Form::json) {
        desk.screen.json(JsonObject{
            {"name", server}, {"digest", wire::text_in(done, "digest")}, {"tools", rows}});
    } else {
        desk.screen.line(
            fmt::format("Accepted {} tools of {}; a server that changes them is not "
                        "called until you accept it again.",
                        tools.array()->size(), server));
    }
    return exit_done;
}

}  // namespace hs::cli
