#include "policy/facts.h"

#include "policy/embedded.h"
#include "wire/toml.h"

namespace hs::policy {
namespace {

using base::Result;

bool lies_in_any(const CanonicalPath& path, const std::vector<CanonicalPath>& folders) {
    for (const CanonicalPath& folder : folders) {
        if (path.lies_in(folder)) return true;
    }
    return false;
}

NamedText or_embedded(const NamedText& given, std::string_view name) {
    if (!given.text.empty()) return given;
    const auto text = embedded_file(name);
    CHECK(text.has_value());
    return NamedText{"policies/" + std::string(name), std::string(*text)};
}

// Everything of an argument that a program could take for a path: the whole, and what follows
// "=", ":" and "@" (dd if=F, git show REV:F, curl -d @F).
std::vector<std::string_view> candidates(std::string_view argument) {
    std::vector<std::string_view> result{argument};
    for (std::size_t i = 0; i < argument.size() && result.size() < 16; ++i) {
        const char c = argument[i];
        if ((c == '=' || c == ':' || c == '@') && i + 1 < argument.size()) {
            result.push_back(argument.substr(i + 1));
        }
    }
    // -f/etc/shadow: a short option with its value.
    if (argument.size() > 2 && argument[0] == '-' && argument[1] != '-') {
        result.push_back(argument.substr(2));
    }
    return result;
}

std::optional<CanonicalPath> path_of(std::string_view text, const CommandLine& line,
                                     const Surroundings& around) {
    std::string whole;
    if (text.starts_with('/')) {
        whole = text;
    } else if (text.starts_with("~/") && around.home) {
        whole = around.home->text() + std::string(text.substr(1));
    } else {
        whole = line.working_directory.text() + "/" + std::string(text);
    }
    Result<CanonicalPath> path = CanonicalPath::from_text(whole);
    return path ? std::optional(*std::move(path)) : std::nullopt;
}

bool is_system(const CanonicalPath& path) {
    static const std::vector<CanonicalPath> folders = [] {
        std::vector<CanonicalPath> made;
        for (const std::string_view text : {"/usr", "/bin", "/sbin", "/lib", "/lib64", "/etc",
                                            "/opt", "/proc", "/sys", "/dev", "/var", "/tmp"}) {
            made.push_back(CanonicalPath::from_text(text).value());
        }
        return made;
    }();
    return path.text() == "/" || lies_in_any(path, folders);
}

}  // namespace

FactTables FactTables::builtin() {
    static const FactTables tables = parse_all({}, {}, {}).value();
    return tables;
}

Result<FactTables> FactTables::parse(const NamedText& tools, const NamedText& classes,
                                     const std::vector<NamedText>& zones) {
    const bool is_builtin = tools.text.empty() && classes.text.empty() && zones.empty();
    return is_builtin ? builtin() : parse_all(tools, classes, zones);
}

Result<FactTables> FactTables::parse_all(const NamedText& tools, const NamedText& classes,
                                         const std::vector<NamedText>& zones) {
    FactTables result;
    const NamedText tool_text = or_embedded(tools, "tools.toml");
    const wire::TomlDocument tool_document = TRY(parse_named_toml(tool_text.name, tool_text.text));
    result.tools_ = TRY(ToolTable::parse(tool_document, tool_text.name));
    const NamedText class_text = or_embedded(classes, "classes.toml");
    const wire::TomlDocument class_document =
        TRY(parse_named_toml(class_text.name, class_text.text));
    result.classes_ = TRY(PathClasses::parse(class_document, class_text.name));
    std::vector<NamedText> all_zones{or_embedded({}, "zones.toml")};
    all_zones.insert(all_zones.end(), zones.begin(), zones.end());
    for (const NamedText& zone_text : all_zones) {
        const wire::TomlDocument document = TRY(parse_named_toml(zone_text.name, zone_text.text));
        TRY(result.zones_.add(document, zone_text.name));
    }
    return result;
}

PathTarget FactTables::path(const CanonicalPath& path, std::string_view kind,
                            const Surroundings& around, Tracking tracking) const {
    const PathTraits traits = classes_.traits(path);
    PathTarget target;
    target.path = path.text();
    target.kind = kind;
    target.classes = traits.classes;
    target.runs_later = traits.runs_later;
    target.is_granted = lies_in_any(path, around.granted_roots);
    target.is_own_state = lies_in_any(path, around.own_folders);
    target.is_tracked = tracking == Tracking::tracked;
    target.is_in_project = around.project && path.lies_in(*around.project);
    return target;
}

CommandTarget FactTables::command(const CommandLine& line, const Surroundings& around) const {
    const ToolFacts facts = tools_.facts(line.called_as, line.executable, line.argv);
    CommandTarget target;
    target.executable = line.executable.text();
    target.sha256 = line.sha256;
    target.argv = line.argv;
    target.name = facts.name;
    target.groups = facts.groups;
    target.tier = facts.groups.has_any({ToolGroup::unknown, ToolGroup::project_program})
                      ? TrustTier::tier4
                      : TrustTier::builtin;
    target.wants_network = facts.network;
    target.runs_project_code = facts.runs_project_code;
    target.has_script = facts.script;
    target.writes = facts.writes;
    for (std::size_t i = 1; i < line.argv.size(); ++i) {
        for (const std::string_view candidate : candidates(line.argv[i])) {
            const std::optional<CanonicalPath> path = path_of(candidate, line, around);
            if (!path) continue;
            target.touches = target.touches | classes_.traits(*path).classes;
            const bool is_known = is_system(*path) || lies_in_any(*path, around.granted_roots) ||
                                  path->lies_in(line.working_directory);
            target.names_outside = target.names_outside || !is_known;
            // Hardshell's own state counts as the most protected class.
            if (lies_in_any(*path, around.own_folders)) target.touches.add(flow::DataClass::secret);
        }
    }
    return target;
}

HostTarget FactTables::host(const HttpAim& aim) const {
    HostTarget target;
    target.host = aim.at.host.name;
    target.port = aim.at.port;
    target.is_tls = aim.is_tls;
    target.is_confusable = aim.at.host.is_confusable;
    target.address = aim.address ? aim.address : aim.at.host.address;
    target.zones = zones_.zones(aim.at, aim.address);
    target.method = aim.method;
    target.path = aim.path;
    target.has_query = aim.has_query;
    target.bytes = aim.bytes;
    return target;
}

Effect FactTables::http_effect(std::string_view method) {
    const bool looks = method == "GET" || method == "HEAD" || method == "OPTIONS";
    return looks ? Effect::http_get : Effect::http_send;
}

}  // namespace hs::policy
