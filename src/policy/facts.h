// FactTables: turns what somebody wants to do into the typed targets of a question.
//
// What it is for: one place that classifies paths, commands and hosts, used by the enforcement
// point, by `hardshell policy try` and by policy tests alike, so that a test tests what will
// happen. What it does not protect from: paths that were not resolved. Pass what the kernel
// resolved wherever the thing exists; a lexical path is for what does not exist yet. Threads:
// immutable after parse.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "policy/canonical_host.h"
#include "policy/canonical_path.h"
#include "policy/path_classes.h"
#include "policy/question.h"
#include "policy/tool_table.h"
#include "policy/zone_table.h"

namespace hs::policy {

struct NamedText {
    std::string name;  // for messages
    std::string text;
};

// Where things are on this machine, for this person and project.
struct Surroundings {
    std::vector<CanonicalPath> granted_roots;
    std::vector<CanonicalPath> own_folders;  // state, configuration, programs, sockets of Hardshell
    std::optional<CanonicalPath> home;
    std::optional<CanonicalPath> project;  // the folder of the current project
};

enum class Tracking : std::uint8_t { untracked, tracked };

struct CommandLine {
    CanonicalPath called_as;   // before links were followed
    CanonicalPath executable;  // as the kernel resolves it
    std::string sha256;        // lower-case hex
    std::vector<std::string> argv;
    CanonicalPath working_directory;
};

struct HttpAim {
    HostPort at;
    bool is_tls = true;
    std::optional<Address> address;  // after resolution
    std::string method = "GET";
    std::string path = "/";
    bool has_query = false;
    std::int64_t bytes = 0;
};

class FactTables {
  public:
    // The embedded tables; never fails for a program that was tested.
    static FactTables builtin();
    // Empty texts mean the embedded ones; zone rules are added to the embedded ones.
    static base::Result<FactTables> parse(const NamedText& tools, const NamedText& classes,
                                          const std::vector<NamedText>& zones);

    // `kind`: "file", "folder", "missing" or "other".
    PathTarget path(const CanonicalPath& path, std::string_view kind, const Surroundings& around,
                    Tracking tracking = Tracking::untracked) const;
    // `touches` and `names_outside` are worked out from every argument that could name a path, also
    // after "=", ":" and "@".
    CommandTarget command(const CommandLine& line, const Surroundings& around) const;
    HostTarget host(const HttpAim& aim) const;
    // GET, HEAD and OPTIONS only look; every other method sends.
    static Effect http_effect(std::string_view method);

    const PathClasses& classes() const { return classes_; }
    const ToolTable& tools() const { return tools_; }
    const ZoneTable& zones() const { return zones_; }

  private:
    static base::Result<FactTables> parse_all(const NamedText& tools, const NamedText& classes,
                                              const std::vector<NamedText>& zones);
    ToolTable tools_;
    PathClasses classes_;
    ZoneTable zones_;
};

}  // namespace hs::policy
