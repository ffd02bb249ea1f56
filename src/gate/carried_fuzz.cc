#include "base/bytes.h"
#include "base/result.h"
#include "gate/carried.h"

// What hardshelld says that a model call carries, of any content: refused, or it comes back as it
// was and fits into records.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace hs;
    const auto json = wire::parse_json(base::text_of({data, size}));
    if (!json) return 0;
    const auto carried = gate::carried_from_json(*json);
    if (!carried) return 0;
    const auto again = gate::carried_from_json(gate::to_json(*carried));
    CHECK(again.ok() && *again == *carried);
    const audit::Event head(audit::EventKind::model_call);
    CHECK(!gate::model_call_events(head, *carried, nullptr).empty());
    return 0;
}
