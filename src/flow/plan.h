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
        equal,    // the same text, but for case
        subset,   // a list of some of these
        day,      // one of these days
        pattern,  // a template of the person's
    };
    std::string argument;
    Kind kind = Kind::equal;
    std::vector<std::string> values;  // lowered; of `day`: as the person wrote it
    bool fits(const wire::Json& value) const;
};

struct PlannedCall {
    std::string tool;
    std::vector<Pin> pins;
    bool fits(std::string_view called, const wire::Json& arguments) const;
};

class Plan {
  public:
    static constexpr std::size_t calls_max = 200;

    // The pins of an argument are what the person's words alone determine; the rest stays open.
    static PlannedCall pinned(std::string_view tool, const wire::Json& arguments,
                              const std::vector<std::string>& lowered_words);

    void add(PlannedCall call) { calls_.push_back(std::move(call)); }
    bool fits(std::string_view tool, const wire::Json& arguments) const;
    const std::vector<PlannedCall>& calls() const { return calls_; }
    // Keeps only what is in both.
    void shrink_to(const std::vector<std::string>& tools);

    wire::Json to_json() const;
    static base::Result<Plan> from_json(const wire::Json& json);

  private:
    std::vector<PlannedCall> calls_;
};

}  // namespace hs::flow
