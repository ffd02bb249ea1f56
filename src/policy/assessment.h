// Assessments: what somebody vouches for about a tool, a skill, an MCP server or a model provider.
//
// What it is for: the tier and the `assurance` facts of a target. A self-assessment is a list of
// answered questions (policies/assessment.toml, or the organisation's own) that expires after a
// quarter; a security review is of one version, by its digest; the organisation may say all of it
// itself (assurances.toml), and then that holds. What it does not protect from: answers that are
// not true. They are recorded with the name of whoever gave them.
// Threads: values and pure functions.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "policy/question.h"
#include "wire/toml.h"

namespace hs::policy {

enum class ItemKind : std::uint8_t { tool, skill, mcp, provider };
std::string_view item_kind_name(ItemKind kind);

// "provider/claude", "tool//usr/local/bin/deploy", "mcp/tickets".
struct Item {
    ItemKind kind = ItemKind::tool;
    std::string name;
    // invalid_input says what was expected.
    static base::Result<Item> parse(std::string_view text);
    std::string text() const;
    bool operator==(const Item&) const = default;
};

struct AssessmentQuestion {
    std::string id;
    std::string ask;
    bool is_yes_no = false;
    std::string sets;  // "persists", "known_provider" or nothing
    TrustTier tier_if_yes = TrustTier::tier1;
    TrustTier tier_if_no = TrustTier::tier1;
};

class Questionnaire {
  public:
    static constexpr std::size_t questions_max = 200;
    static constexpr std::size_t answer_bytes_max = 2000;

    static const Questionnaire& builtin();
    // [[question]] id, ask, kind, sets, tier_if_yes, tier_if_no. invalid_input names file and line;
    // known_provider and persists must each be set by one question.
    static base::Result<Questionnaire> parse(const wire::TomlDocument& document,
                                             std::string_view file);
    const std::vector<AssessmentQuestion>& questions() const { return questions_; }
    const AssessmentQuestion* find(std::string_view id) const;
    // The answer in its one form ("yes", "no", the text without outer space); invalid_input says
    // what was expected.
    static base::Result<std::string> checked(const AssessmentQuestion& question,
                                             std::string_view answer);

  private:
    std::vector<AssessmentQuestion> questions_;
};

struct Assessment {
    Item item;
    std::map<std::string, std::string, std::less<>> answers;  // by the question's id
    std::string by;
    base::WallTime_ms begun_ms = 0;
    base::WallTime_ms until_ms = 0;  // 0: not every question is answered yet
};

struct Review {
    Item item;
    std::string digest;  // of the version that was reviewed
    std::string by;
    base::WallTime_ms at_ms = 0;
};

// A quarter.
inline constexpr std::int64_t assessment_life_ms = std::int64_t{90} * 86'400'000;

// The questions without an answer, in their order.
std::vector<const AssessmentQuestion*> open_questions(const Questionnaire& questionnaire,
                                                      const Assessment& assessment);

// What is vouched for: tier, facts, and who says so.
struct Standing {
    TrustTier tier = TrustTier::tier4;
    Assurance assurance;
    std::string source;  // "self-assessment of uid 1000 until 2027-02-20"
};

// What the answers mean; the item must be answered in full.
Standing standing_of(const Questionnaire& questionnaire, const Assessment& assessment);

class AssessmentTable {
  public:
    static constexpr std::size_t items_max = 5'000;

    // [[assessment]] and [[review]].
    static base::Result<AssessmentTable> parse(const wire::TomlDocument& document,
                                               std::string_view file);
    const Assessment* find(const Item& item) const;
    Assessment* find(const Item& item);
    void set(Assessment assessment);
    void set(Review review);
    const Review* review_of(const Item& item) const;
    const std::vector<Assessment>& all() const { return assessments_; }
    const std::vector<Review>& reviews() const { return reviews_; }

  private:
    std::vector<Assessment> assessments_;
    std::vector<Review> reviews_;
};
std::string to_toml(const AssessmentTable& table);

// What the organisation says by itself: [[item]] item, tier, persists, known_provider,
// assessed_until, reviewed_digest.
class AssuranceTable {
  public:
    static base::Result<AssuranceTable> parse(const wire::TomlDocument& document,
                                              std::string_view file);
    // Null where it says nothing. `digest` is the version at hand, or empty.
    std::optional<Standing> find(const Item& item, std::string_view digest) const;
    std::size_t size() const { return entries_.size(); }

  private:
    struct Entry {
        Item item;
        Standing standing;
        std::string reviewed_digest;
    };
    std::vector<Entry> entries_;
};

}  // namespace hs::policy
