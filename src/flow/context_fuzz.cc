#include "base/bytes.h"
#include "base/result.h"
#include "flow/context.h"

// A stored context of any content: either it is whole, and comes back as it was written, or what it
// has seen counts as untrusted and private.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace hs;
    const auto json = wire::parse_json(base::text_of({data, size}));
    if (!json) return 0;
    const auto world = std::make_shared<const flow::World>();
    const flow::Context context = flow::Context::from_json(*json, world);
    const flow::Context again = flow::Context::from_json(context.to_json(), world);
    CHECK(again.label() == context.label());
    if (json->object() == nullptr || json->find("label") == nullptr) CHECK(context.is_tainted());
    flow::ToolManifest tool;
    tool.name = "send";
    tool.effect = flow::ToolEffect::send;
    tool.destinations = {"to"};
    context.assess(tool, *json);
    return 0;
}
