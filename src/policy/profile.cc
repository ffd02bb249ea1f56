#include "policy/profile.h"

#include "policy/embedded.h"
#include "policy/rule.h"

namespace hs::policy {
namespace {

using base::Result;

Result<Access> parse_access(TableReader& table, std::string_view key) {
    const std::string text = TRY(table.text_or(key, "none"));
    if (text == "none") return Access::none;
    if (text == "read") return Access::read;
    if (text == "write") return Access::write;
    return table.refuse(key, "expected none, read or write");
}

Result<> parse_limits(TableReader& table, ProfileLimits& limits) {
    const std::pair<std::string_view, std::int64_t ProfileLimits::*> members[] = {
        {"wall_s", &ProfileLimits::wall_s},       {"cpu_s", &ProfileLimits::cpu_s},
        {"memory_mb", &ProfileLimits::memory_mb}, {"processes", &ProfileLimits::processes},
        {"file_mb", &ProfileLimits::file_mb},     {"open_files", &ProfileLimits::open_files},
        {"output_kb", &ProfileLimits::output_kb}, {"scratch_mb", &ProfileLimits::scratch_mb}};
    constexpr std::int64_t highest = 1'000'000;
    for (const auto& [key, member] : members) {
        limits.*member = TRY(table.integer_or(key, limits.*member));
        if (limits.*member < 1 || limits.*member > highest) {
            return table.refuse(key, "expected a number from 1 to 1000000");
        }
    }
    return table.finish();
}

Result<> parse_connections(TableReader& table, ProfileConnections& connections) {
    const std::pair<std::string_view, std::int64_t ProfileConnections::*> members[] = {
        {"open", &ProfileConnections::open},
        {"sent_mb", &ProfileConnections::sent_mb},
        {"received_mb", &ProfileConnections::received_mb}};
    constexpr std::int64_t highest = 1'000'000;
    for (const auto& [key, member] : members) {
        connections.*member = TRY(table.integer_or(key, connections.*member));
        const std::int64_t most = key == "open" ? 256 : highest;
        if (connections.*member < 1 || connections.*member > most) {
            return table.refuse(key, "expected a number from 1 to " + std::to_string(most));
        }
    }
    const std::string inspect = TRY(table.text_or("inspect", "needed"));
    if (inspect != "needed" && inspect != "always") {
        return table.refuse("inspect", "expected needed or always");
    }
    connections.inspect = inspect == "always" ? Inspect::always : Inspect::needed;
    return table.finish();
}

Result<> parse_network(TableReader& root, Profile& profile) {
    const std::string network = TRY(root.text("network"));
    if (network != "none" && network != "egress") {
        return root.refuse("network", "expected none, or egress: every connection is decided");
    }
    profile.network = network == "egress" ? Network::egress : Network::none;
    if (!root.has("connections")) return {};
    if (profile.network == Network::none) {
        return root.refuse("connections", "there are none with network = \"none\"");
    }
    TableReader connections = TRY(root.table("connections"));
    return parse_connections(connections, profile.connections);
}

Result<> parse_masks(TableReader& table, const PathClasses& classes, Profile& profile) {
    for (const std::string& name : TRY(table.texts("classes"))) {
        const auto data_class = flow::data_class_from_name(name);
        if (!data_class) return table.refuse("classes", "\"" + name + "\" is no data class");
        profile.masked_classes.push_back(*data_class);
        const auto& names = classes.names_of(*data_class);
        const auto& ends = classes.ends_of(*data_class);
        profile.masked_names.insert(profile.masked_names.end(), names.begin(), names.end());
        profile.masked_ends.insert(profile.masked_ends.end(), ends.begin(), ends.end());
    }
    for (std::string& name : TRY(table.texts("names"))) {
        const bool is_name = name.find('/') == std::string::npos;
        (is_name ? profile.masked_names : profile.masked_ends).push_back(std::move(name));
    }
    return table.finish();
}

Result<Profile> parse_profile(TableReader& root, const PathClasses& classes) {
    Profile profile;
    profile.name = TRY(root.text("name"));
    if (!is_rule_id(profile.name)) return root.refuse("name", "expected a name such as \"read\"");
    profile.purpose = TRY(root.text("purpose"));
    profile.rank = TRY(root.integer_or("rank", -1));
    if (profile.rank < 0) return root.refuse("rank", "expected a rank: the lower, the stricter");
    profile.records = TRY(root.boolean_or("records", false));
    TRY(parse_network(root, profile));
    TableReader shows = TRY(root.table("shows"));
    profile.project = TRY(parse_access(shows, "project"));
    profile.granted = TRY(parse_access(shows, "granted"));
    profile.shows_toolchains = TRY(shows.boolean_or("toolchains", false));
    profile.system = TRY(shows.texts("system"));
    for (const std::string& folder : profile.system) {
        const auto path = CanonicalPath::from_resolved(folder);
        if (!path) return shows.refuse("system", "\"" + folder + "\": " + path.error().what);
    }
    profile.read_only_names = TRY(shows.texts("read_only"));
    TRY(shows.finish());
    TableReader masks = TRY(root.table("masks"));
    TRY(parse_masks(masks, classes, profile));
    TableReader limits = TRY(root.table("limits"));
    TRY(parse_limits(limits, profile.limits));
    TRY(root.finish());
    return profile;
}

}  // namespace

std::vector<NamedText> ProfileTable::builtin_files() {
    std::vector<NamedText> files;
    for (const EmbeddedFile& file : embedded_files()) {
        if (!file.name.starts_with("profiles/")) continue;
        files.push_back({"policies/" + std::string(file.name), std::string(file.text)});
    }
    return files;
}

Result<ProfileTable> ProfileTable::parse(const std::vector<NamedText>& files,
                                         const PathClasses& classes) {
    ProfileTable result;
    for (const NamedText& file : files) {
        const wire::TomlDocument document = TRY(parse_named_toml(file.name, file.text));
        TableReader root(document, file.name);
        Profile profile = TRY(parse_profile(root, classes));
        for (const Profile& other : result.profiles_) {
            if (other.name == profile.name)
                return root.refuse("name", "two profiles have this name");
            if (other.rank == profile.rank)
                return root.refuse("rank", "two profiles have this rank");
        }
        if (result.profiles_.size() >= profiles_max)
            return root.refuse("name", "too many profiles");
        result.profiles_.push_back(std::move(profile));
    }
    return result;
}

const Profile* ProfileTable::find(std::string_view name) const {
    for (const Profile& profile : profiles_) {
        if (profile.name == name) return &profile;
    }
    return nullptr;
}

std::vector<std::string> ProfileTable::names() const {
    std::vector<std::string> names;
    for (const Profile& profile : profiles_) names.push_back(profile.name);
    return names;
}

}  // namespace hs::policy
