// Assessment: what tracing found out about one call, as facts for policy and words for a person.
//
// What it does not protect from: facts that no rule reads; policies/flow.cedar has the rules.
// Threads: a value.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "flow/label.h"
#include "flow/manifest.h"
#include "wire/json.h"

namespace hs::flow {

// Who vouches for a value, best first.
enum class Voucher : std::uint8_t {
    person,   // the person's words hold it
    trusted,  // a text of the organisation, a contact, a member, what this session made
    fixed,  // configuration names the place, or a text that the person pointed to names the object
    named,  // it stands in a source that the person named
    nobody,
};
std::string_view voucher_name(Voucher voucher);

// One sentence's worth: which value, what for, who vouches, and where it was seen.
struct Finding {
    std::string role;   // "destination", "object", "amount", "content", "link"
    std::string value;  // cut to 200 bytes
    Voucher voucher = Voucher::nobody;
    std::string origin;
    bool operator==(const Finding&) const = default;
};

wire::Json to_json(const std::vector<Finding>& findings);
// invalid_input: more than Assessment::findings_max, or members that are not as they were written.
base::Result<std::vector<Finding>> findings_from_json(const wire::Json& json);

struct Assessment {
    static constexpr std::size_t findings_max = 32;

    ToolEffect effect = ToolEffect::unknown;
    Label label;  // of everything that the model has seen
    bool has_destination = false;
    Voucher destination = Voucher::person;  // the worst of all destinations
    bool to_place = false;                  // a channel by its name
    bool to_page = false;                   // a URL
    bool to_self = false;                   // a message to the person alone, who did not ask for it
    bool is_external = false;               // one is outside the organisation
    bool has_outsider = false;              // and the person did not name one of those
    bool acts_on_object = false;
    Voucher object = Voucher::person;
    std::int64_t amount = 0;  // whole units, rounded up
    bool amount_endorsed = true;
    bool made_endorsed = true;  // date or name of what a write of one's own makes
    bool foreign_link = false;  // the content leads to an address that nobody vouches for
    bool content_endorsed = true;
    bool host_endorsed = true;       // of each URL that it goes to: somebody vouches for its host
    bool carries_context = false;    // a URL that nobody wrote as it is: it may carry what was read
    std::int64_t content_level = 0;  // of the values themselves where they are known
    bool readers_hold = true;        // everybody whom it goes to may read it already
    // The same with the label of the whole context: coarser.
    std::int64_t context_level = 0;
    bool context_readers_hold = true;
    bool planned = false;
    bool in_plan = false;
    std::vector<Finding> findings;
};

}  // namespace hs::flow
