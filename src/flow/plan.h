// Plan: which tools a task will need, with the arguments that are known before anything of a
// stranger's is read.
//
// What it is for: what the assistant says before it has read a stranger's text is as trusted as the
// person's words. A call that fits no planned one is outside the plan, however it is worded. A plan
// only shrinks: whoever adds to it needs the person.
// What it does not protect from: a plan with too few pins; what is not pinned is judged by the
// other rules. Threads: a value.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "flow/text.h"
#include "wire/json.h"

namespace hs::flow {

struct Pin {
    enum class Kind : std::uint8_t {
        equal,     // the same text, but for case
        subset,    // a list of some of these
        day,       // one of these days
        pattern,   // a template of the person's
        exact,     // the very same text
        prefix,    // a text that begins so
        sequence,  // a list of exactly these, or one that begins so where the last is "*"
    };
    std::string argument;
    Kind kind = Kind::equal;
    std::vector<std::string>
        values;  // lowered, but for the last three; of `day`: as it was written
    bool fits(const wire::Json& value) const;
    bool operator==(const Pin&) const = default;
};

struct PlannedCall {
    std::string tool;
    std::vector<Pin> pins;
    bool fits(std::string_view called, const wire::Json& arguments) const;
    // Is this argument's value fixed altogether?
    bool fixes(std::string_view argument) const;
};

class Plan {
  public:
    static constexpr std::size_t calls_max = 200;

    // The pins of an argument are what the person's words alone determine; the rest stays open.
    static PlannedCall pinned(std::string_view tool, const wire::Json& arguments,
                              const std::vector<std::string>& lowered_words);

    // A call as the model declares it: every argument that it gives is pinned. A text is meant as
    // it stands, or as what begins so where it ends with "*"; a list in its order. invalid_input
    // for what cannot be pinned: an object, a list of other things than texts, a lone "*".
    static base::Result<PlannedCall> declared(std::string_view tool, const wire::Json& arguments);

    void add(PlannedCall call) { calls_.push_back(std::move(call)); }
    bool fits(std::string_view tool, const wire::Json& arguments) const;
    // The planned call that it is; null when it is none.
    const PlannedCall* find(std::string_view tool, const wire::Json& arguments) const;
    // Each call of this one is a call of the other with the same pins or more.
    bool narrows(const Plan& wider) const;
    const std::vector<PlannedCall>& calls() const { return calls_; }
    // Keeps only what is in both.
    void shrink_to(const std::vector<std::string>& tools);

    wire::Json to_json() const;
    static base::Result<Plan> from_json(const wire::Json& json);

  private:
    std::vector<PlannedCall> calls_;
};

}  // namespace hs::flow
