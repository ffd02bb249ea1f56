// Rule: a policy with its layer and what its annotations say, checked against a closed vocabulary.
//
// What it is for: obligations and explanations. An annotation that is not known, is not well formed
// or stands where it would do nothing rejects the whole set, so that a typo cannot weaken it.
// What it does not protect from: obligations that nobody carries out. An enforcement point that
// does not know one must refuse. Threads: values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "cedar/ast.h"

namespace hs::policy {

// From the highest on. A lower layer can only grant what every higher one's ceiling admits.
enum class Layer : std::uint8_t { builtin, organisation, team, project, person };
inline constexpr std::size_t layer_count = 5;
std::string_view layer_name(Layer layer);  // "built-in", "organisation", …
std::optional<Layer> layer_from_name(std::string_view name);

enum class LogLevel : std::uint8_t { digest, summary, full };
std::string_view log_level_name(LogLevel level);

enum class Redaction : std::uint8_t { secrets, personal, customer, value };
std::string_view redaction_name(Redaction redaction);

class Redactions {
  public:
    constexpr void add(Redaction redaction) { bits_ |= bit(redaction); }
    constexpr bool has(Redaction redaction) const { return (bits_ & bit(redaction)) != 0; }
    constexpr bool empty() const { return bits_ == 0; }
    constexpr void add_all(Redactions other) { bits_ |= other.bits_; }
    std::vector<std::string_view> names() const;
    bool operator==(const Redactions&) const = default;

  private:
    static constexpr std::uint32_t bit(Redaction r) { return 1U << static_cast<unsigned>(r); }
    std::uint32_t bits_ = 0;
};

struct Rule {
    std::string id;
    Layer layer = Layer::builtin;
    cedar::Effect effect = cedar::Effect::permit;
    std::string file;
    std::uint32_t line = 0;       // filled in by whoever reads whole files
    bool reads_approved = false;  // consent can change what it says

    std::string sandbox;  // name of a profile
    Redactions redact;
    std::vector<std::string> egress;   // "host:port" or "*.suffix:port"
    std::vector<std::string> inspect;  // those of them whose TLS egress looks into
    std::optional<std::int64_t> ttl_ms;
    std::optional<LogLevel> log;
    std::string ask;     // what a person is asked
    std::string reason;  // why it is forbidden
    std::string owner;
    std::string justification;
    std::optional<base::WallTime_ms> expires_ms;
    std::vector<std::string> approvers;  // roles or persons of whom one counts
    std::optional<std::uint32_t> quorum;
    bool needs_code = false;  // @factor("totp"): a consent counts with a one-time code alone
};

// Reads the annotations of a parsed policy; its id becomes the value of @id. invalid_input: a
// message with the place. `sandboxes` are the names of the profiles that exist.
base::Result<Rule> rule_of(cedar::Policy& policy, Layer layer,
                           const std::vector<std::string>& sandboxes);

// Whether the policy reads `context.base.approved` or `context.base.approval`.
bool reads_approved(const cedar::Policy& policy);

// Lower-case letters, digits, inner "-" and ".", 1 to 80 bytes.
bool is_rule_id(std::string_view id);

}  // namespace hs::policy
