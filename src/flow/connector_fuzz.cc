#include "base/bytes.h"
#include "base/result.h"
#include "flow/connector.h"

// Any JSON as a connector, and the same JSON as a result: a tool's result is never the person's
// own words, and every span has an origin.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace hs;
    const auto json = wire::parse_json(base::text_of({data, size}));
    if (!json) return 0;
    flow::World world;
    const auto connector = flow::Connector::parse(*json, json->find("object_kinds"), world);
    if (!connector) return 0;
    for (const auto& [name, manifest] : connector->tools()) {
        const auto labelled = connector->label(name, "text", *json);
        for (const flow::Span& span : labelled.spans) {
            CHECK(span.label.integrity != flow::Integrity::person && !span.origin.empty());
        }
    }
    const auto unknown = connector->label("no such tool \x01", "text", *json);
    CHECK(unknown.spans.at(0).label == flow::Label::unknown());
    return 0;
}
