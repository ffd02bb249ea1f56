// Traces: a suite of recorded tool calls (the corpus' README has the format), and the connector
// that its labels describe. Threads: values.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "flow/connector.h"
#include "flow/world.h"
#include "wire/json.h"

namespace hs::bench_injection {

struct Step {
    std::string tool;
    wire::Json arguments;
    std::string result;
    wire::Json result_json;
    bool has_result_json = false;
    flow::LabelledResult labelled;
};

struct UserTask {
    std::string id;
    std::string prompt;
    std::vector<Step> steps;
    std::size_t first_vector_step = 0;
    bool has_vector = false;
};

struct InjectionTask {
    std::string id;
    bool text_only = false;
    std::vector<Step> steps;
};

struct Suite {
    std::string name;
    std::string version;
    std::vector<UserTask> users;
    std::vector<InjectionTask> injections;
    std::shared_ptr<const flow::World> world;
    std::shared_ptr<const flow::Connector> connector;

    flow::ToolManifest manifest(const std::string& tool) const;
};

// Errors name the file and the place in it.
base::Result<wire::Json> read_json(const std::string& path);
base::Result<Suite> load_suite(const std::string& traces_path, const std::string& labels_path);

}  // namespace hs::bench_injection
