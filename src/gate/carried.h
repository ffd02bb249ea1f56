// Carried: what of ours one model call takes along, piece by piece, and the records of it.
//
// What it is for: hardshelld tells the keeper with each question for a model call; the keeper adds
// where the provider is and what of that was decided, and writes it into the log as model.call
// (docs/formats/audit-event.md), before it hands out the Permit. A conversation is sent again with
// each call, so a piece is described once and has a number in its series from then on; a call says
// which numbers it carries. Contents are not here: a piece has the keyed hash of its text.
// What it does not protect from: hardshelld taken over, which could describe another prompt than
// the one whose digest the Permit binds.
// Threads: values and pure functions.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "audit/event.h"
#include "base/result.h"
#include "flow/label.h"
#include "flow/source.h"
#include "wire/json.h"

namespace hs::gate {

// How often something of a kind was replaced: "github-pat", "iban".
using ReplacedKinds = std::map<std::string, std::int64_t, std::less<>>;

struct CarriedItem {
    flow::Source source;  // with bytes and digest
    flow::DataClasses classes;
    bool operator==(const CarriedItem&) const = default;
};

struct ReplacedIn {
    std::int64_t item = 0;  // its number
    ReplacedKinds kinds;
    bool operator==(const ReplacedIn&) const = default;
};

struct Carried {
    static constexpr std::size_t items_max = 4096;   // described by one call
    static constexpr std::size_t replaced_max = 64;  // pieces that are told apart
    static constexpr std::size_t kinds_max = 64;

    std::string series;
    std::int64_t first = 0;                // the number of the first of `items`
    std::vector<CarriedItem> items;        // which no call of the series has described before
    std::vector<flow::LineRange> numbers;  // that the call carries
    std::vector<ReplacedIn> replaced;      // by piece
    ReplacedKinds kinds;                   // in all
    bool operator==(const Carried&) const = default;
};

wire::Json to_json(const Carried& carried);
// invalid_input names the member.
base::Result<Carried> carried_from_json(const wire::Json& json);

// The records of one call: `head` has its other members; what does not fit into one goes on in
// more, which say which `part` of how many `parts` they are.
std::vector<audit::Event> model_call_events(const audit::Event& head, const Carried& carried,
                                            const audit::Pseudonyms* names);

}  // namespace hs::gate
