// Workbench: what the tools of this daemon work with: roots, checkpoints, the lines to launcher and
// egress.
//
// What it does not protect from: see the rooms it joins. Threads: all functions from any thread.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "agent/memory_tools.h"
#include "base/guarded.h"
#include "control/places.h"
#include "files/checkpoint.h"
#include "files/roots.h"
#include "gate/gate.h"
#include "gate/settings.h"
#include "hardshelld/actors.h"
#include "sandbox/background.h"
#include "tools/mcp_servers.h"
#include "tools/registry.h"
#include "tools/result_label.h"

namespace hs::daemon {

class Workbench {
  public:
    static constexpr std::size_t projects_max = 64;

    static base::Result<std::unique_ptr<Workbench>> open(const control::Places& places,
                                                         const gate::Settings& settings,
                                                         gate::Gate& gate, const Actors& actors,
                                                         const base::Clock& clock,
                                                         base::Random& random,
                                                         memory::Memory* memory);

    const tools::Registry& registry() const { return registry_; }
    // What is known of the MCP servers' tools; null where no server is configured.
    std::shared_ptr<const gate::ConnectorBook> connectors() const { return connectors_; }
    // The context of one call. not_found when the session has no project folder, or it is gone.
    base::Result<std::unique_ptr<tools::ToolContext>> context(
        const gate::Circumstances& circumstances, const std::string& project);
    // Restores a checkpoint for a person who asked for it; empty id: the newest.
    base::Result<wire::Json> undo(const std::string& person, const std::string& id);

  private:
    Workbench(const gate::Settings& settings, gate::Gate& gate, const Actors& actors,
              const base::Clock& clock, base::Random& random, memory::Memory* memory)
        : registry_(tools::Registry::with_default_tools(more_tools(settings, memory))),
          settings_(settings),
          gate_(gate),
          actors_(actors),
          clock_(clock),
          random_(random) {}
    static std::vector<std::unique_ptr<tools::Tool>> more_tools(const gate::Settings& settings,
                                                                memory::Memory* memory);
    base::Result<std::shared_ptr<const files::Roots>> roots_for(const std::string& project);

    tools::Registry registry_;
    const gate::Settings& settings_;  // all outlive this
    gate::Gate& gate_;
    const Actors& actors_;
    const base::Clock& clock_;
    base::Random& random_;
    std::string home_;
    std::string scripts_folder_;
    std::string reader_program_;
    std::shared_ptr<const skills::Store> skills_;
    std::shared_ptr<const gate::ConnectorBook> connectors_;
    std::shared_ptr<tools::McpServers> mcp_;
    std::shared_ptr<tools::Histories> histories_ = std::make_shared<tools::Histories>();
    std::shared_ptr<files::Checkpoints> checkpoints_;
    std::shared_ptr<sandbox::BackgroundCommands> background_;
    base::Guarded<std::map<std::string, std::shared_ptr<const files::Roots>>> roots_;
};

}  // namespace hs::daemon
