#include "gate/toolchains.h"

#include <algorithm>

#include "os/file.h"

namespace hs::gate {
namespace {

constexpr std::string_view home_inside = "/home/user";  // jail/root.h makes it
constexpr std::size_t alias_bytes_max = 256;
constexpr std::size_t versions_max = 256;

bool exists(const std::string& path) {
    return os::facts_of_path(path).ok();
}

// A link could lead anywhere in the home folder, so only what lies where it is named is shown.
bool show(Toolchains& found, const std::string& path) {
    const auto resolved = os::resolve_path(path);
    if (!resolved || *resolved != path) return false;
    found.shown.push_back(path);
    return true;
}

void add_rust(const std::string& home, Toolchains& found) {
    const std::string cargo = home + "/.cargo/bin";
    if (!show(found, cargo)) return;
    found.programs.push_back(cargo);
    const std::string rustup = home + "/.rustup";
    if (show(found, rustup + "/toolchains")) {
        show(found, rustup + "/settings.toml");
        found.environment.push_back({"RUSTUP_HOME", rustup});
    }
    // What cargo fetches and builds lies in the sandbox's own home.
    found.environment.push_back({"CARGO_HOME", std::string(home_inside) + "/.cargo"});
}

// "v20.1.0" by the alias "default", else the newest by name.
std::string node_version(const std::string& nvm) {
    const auto versions = os::list_folder(nvm + "/versions/node", versions_max);
    if (!versions || versions->empty()) return {};
    auto alias = os::read_text(nvm + "/alias/default", alias_bytes_max);
    if (alias) {
        while (!alias->empty() && (alias->back() == '\n' || alias->back() == ' '))
            alias->pop_back();
        for (const std::string& version : *versions) {
            if (version == *alias || version == "v" + *alias) return version;
        }
    }
    return *std::ranges::max_element(*versions);
}

void add_node(const std::string& home, Toolchains& found) {
    const std::string nvm = home + "/.nvm";
    const std::string version = node_version(nvm);
    if (version.empty() || !show(found, nvm + "/versions")) return;
    found.programs.push_back(nvm + "/versions/node/" + version + "/bin");
}

void add_python(const std::string& home, Toolchains& found) {
    const std::string pyenv = home + "/.pyenv";
    if (!show(found, pyenv + "/versions")) return;
    for (const char* part : {"/bin", "/libexec", "/shims", "/plugins", "/pyenv.d", "/version"}) {
        show(found, pyenv + part);
    }
    if (exists(pyenv + "/shims")) found.programs.push_back(pyenv + "/shims");
    if (exists(pyenv + "/bin")) found.programs.push_back(pyenv + "/bin");
    found.environment.push_back({"PYENV_ROOT", pyenv});
}

void add_others(const std::string& home, Toolchains& found) {
    const std::pair<const char*, const char*> places[] = {
        {"/.sdkman/candidates/java", "/current/bin"},
        {"/.local/share/uv/python", ""},
        {"/sdk", ""},
    };
    for (const auto& [folder, programs] : places) {
        if (!show(found, home + folder)) continue;
        const std::string path = home + folder + programs;
        if (*programs != '\0' && exists(path)) found.programs.push_back(path);
    }
}

}  // namespace

Toolchains find_toolchains(const std::string& home) {
    Toolchains found;
    if (home.empty()) return found;
    add_rust(home, found);
    add_node(home, found);
    add_python(home, found);
    add_others(home, found);
    return found;
}

}  // namespace hs::gate
