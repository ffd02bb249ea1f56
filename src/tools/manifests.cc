#include "tools/manifests.h"

#include "wire/members.h"

namespace hs::tools {
namespace {

using flow::ToolEffect;
using flow::ToolManifest;

ToolManifest on_path(std::string_view tool, ToolEffect effect) {
    ToolManifest manifest;
    manifest.name = tool;
    manifest.effect = effect;
    manifest.objects = {{"path", "path", false}};
    return manifest;
}

ToolManifest http_fetch(const wire::Json& arguments) {
    ToolManifest manifest;
    manifest.name = "http_fetch";
    const wire::Json* method = arguments.find("method");
    const bool looks =
        method == nullptr ||
        (method->text() != nullptr && (*method->text() == "GET" || *method->text() == "HEAD"));
    manifest.effect = looks ? ToolEffect::fetch : ToolEffect::send;
    manifest.destinations = {"url"};
    manifest.contents = {"body", "headers"};
    return manifest;
}

}  // namespace

ToolManifest manifest_for(std::string_view tool, const wire::Json& arguments) {
    if (tool == "files_list" || tool == "files_read" || tool == "files_find" ||
        tool == "files_grep") {
        return on_path(tool, ToolEffect::read);
    }
    if (tool == "files_write" || tool == "files_edit") {
        ToolManifest manifest = on_path(tool, ToolEffect::mutate);
        manifest.contents = {tool == "files_write" ? "content" : "new"};
        return manifest;
    }
    if (tool == "files_remove") return on_path(tool, ToolEffect::destroy);
    if (tool == "http_fetch") return http_fetch(arguments);
    if (tool == "shell_processes") {
        ToolManifest manifest;
        manifest.name = tool;
        manifest.effect = ToolEffect::read;
        return manifest;
    }
    return ToolManifest::unknown(tool);
}

CalledTool called_tool(std::string_view tool, const wire::Json& arguments,
                       const gate::ConnectorBook* connectors) {
    if (tool != "mcp_call") return {manifest_for(tool, arguments), arguments};
    const std::string server = wire::text_in(arguments, "server");
    const std::string name = wire::text_in(arguments, "tool");
    const wire::Json* given = arguments.find("arguments");
    CalledTool called{ToolManifest::unknown(name),
                      given != nullptr ? *given : wire::Json(wire::JsonObject{})};
    if (connectors == nullptr) return called;
    const auto connector = connectors->of(server);
    if (!connector || *connector == nullptr) return called;
    const ToolManifest* manifest = (*connector)->find(name);
    if (manifest != nullptr) called.manifest = *manifest;
    return called;
}

}  // namespace hs::tools
