// Authorizer: a compiled policy set that decides requests.
//
// What it is for: Cedar's authorization (docs.cedarpolicy.com: authorization): allow when a permit
// is satisfied and no forbid is; a policy that errors is skipped and reported. Warmed up, a
// decision allocates nothing: the answer lies in the Scratch and stays there until its next
// decision. What it does not protect from: a forbid that errors does not forbid; a caller that must
// fail closed looks at the answer's faults. The text of the policies is not validated against a
// schema. Threads: an Authorizer is immutable and shared; a Scratch belongs to one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "cedar/entity.h"
#include "cedar/fault.h"
#include "cedar/policy_set.h"
#include "cedar/request.h"

namespace hs::cedar {

enum class Decision : std::uint8_t { deny, allow };

using PolicyIndex = std::uint32_t;  // static policies first, then links

struct PolicyFault {
    PolicyIndex policy = 0;
    Fault fault;
};

struct Answer {
    Decision decision = Decision::deny;
    // The satisfied forbids of a deny, or the satisfied permits of an allow; ascending.
    std::vector<PolicyIndex> reasons;
    std::vector<PolicyFault> faults;  // the policies that errored; ascending
};

class Scratch {
  public:
    Scratch();
    Scratch(Scratch&&) noexcept;
    Scratch& operator=(Scratch&&) noexcept;
    ~Scratch();

  private:
    friend class Authorizer;
    struct State;
    std::unique_ptr<State> state_;
};

// Scanning evaluates the scope of every policy; it exists to check the index.
enum class Selection : std::uint8_t { by_index, by_scan };

class Authorizer {
  public:
    explicit Authorizer(PolicySet policies);
    Authorizer(Authorizer&&) noexcept;
    Authorizer& operator=(Authorizer&&) noexcept;
    ~Authorizer();

    // Both stores must be closed, `brought` over `resident`; `brought` may be null. The answer is
    // valid until the scratch decides again.
    const Answer& authorize(const Request& request, const EntityStore& resident,
                            const EntityStore* brought, Scratch& scratch,
                            Selection selection = Selection::by_index) const;

    std::size_t size() const;
    const std::string& id(PolicyIndex index) const;
    // The policy as written; of a link, its template.
    const Policy& policy(PolicyIndex index) const;
    const PolicySet& policies() const;
    // "file:3:14: while evaluating policy "x": …" with the excerpt; render it before the request
    // goes.
    std::string describe(const PolicyFault& fault) const;

  private:
    struct State;
    std::unique_ptr<const State> state_;
};

}  // namespace hs::cedar
