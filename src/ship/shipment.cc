#include "ship/shipment.h"

namespace hs::ship {

using wire::Json;

Json place_json(const StreamPlace& place) {
    Json json;
    json["log"] = place.log;
    json["seq"] = static_cast<std::int64_t>(place.sequence);
    json["prev"] = place.before ? Json(static_cast<std::int64_t>(*place.before)) : Json();
    if (place.again) json["again"] = true;
    return json;
}

Json plain_body(const audit::RecordedEvent& event, const StreamPlace& place) {
    Json json;
    json["event"] = event.json;
    json["stream"] = place_json(place);
    return json;
}

}  // namespace hs::ship
