#include "policy/assessment.h"

#include <fmt/format.h>

#include "policy/canonical_path.h"
#include "policy/canonical_time.h"
#include "policy/embedded.h"
#include "policy/rule.h"
#include "policy/table_reader.h"

namespace hs::policy {
namespace {

using base::Code;
using base::fail;
using base::Result;

constexpr std::string_view kind_names[] = {"tool", "skill", "mcp", "provider"};
constexpr std::size_t item_bytes_max = 500;

Result<TrustTier> tier_at(TableReader& table, std::string_view key) {
    if (!table.has(key)) return TrustTier::tier1;
    const auto tier = word_from_name<TrustTier>(TRY(table.text(key)));
    if (!tier) return table.refuse(key, "expected builtin, tier1 to tier4, or blocked");
    return *tier;
}

Result<base::WallTime_ms> time_at(TableReader& table, std::string_view key) {
    const std::string text = TRY(table.text_or(key, ""));
    if (text.empty()) return base::WallTime_ms{0};
    const auto time = parse_time(text);
    if (!time) return table.refuse(key, time.error().what);
    return *time;
}

Result<Item> item_at(TableReader& table) {
    const auto item = Item::parse(TRY(table.text("item")));
    if (!item) return table.refuse("item", item.error().what);
    return *item;
}

Result<AssessmentQuestion> parse_question(TableReader& table) {
    AssessmentQuestion question;
    question.id = TRY(table.text("id"));
    if (!is_rule_id(question.id)) return table.refuse("id", "expected a short name");
    question.ask = TRY(table.text("ask"));
    const std::string kind = TRY(table.text("kind"));
    if (kind != "yes-no" && kind != "text") return table.refuse("kind", "expected yes-no or text");
    question.is_yes_no = kind == "yes-no";
    question.sets = TRY(table.text_or("sets", ""));
    if (!question.sets.empty() && question.sets != "persists" &&
        question.sets != "known_provider") {
        return table.refuse("sets", "expected persists or known_provider");
    }
    question.tier_if_yes = TRY(tier_at(table, "tier_if_yes"));
    question.tier_if_no = TRY(tier_at(table, "tier_if_no"));
    TRY(table.finish());
    return question;
}

// "keeps = no" as one text, so that the file stays easy to read.
Result<std::pair<std::string, std::string>> parse_answer(const TableReader& table,
                                                         const std::string& text) {
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos) return table.refuse("answers", "expected \"id=answer\"");
    return std::pair(text.substr(0, equals), text.substr(equals + 1));
}

Result<Assessment> parse_assessment(TableReader& table) {
    Assessment assessment;
    assessment.item = TRY(item_at(table));
    for (const std::string& text : TRY(table.texts("answers"))) {
        auto [id, answer] = TRY(parse_answer(table, text));
        assessment.answers[std::move(id)] = std::move(answer);
    }
    assessment.by = TRY(table.text_or("by", ""));
    assessment.begun_ms = TRY(time_at(table, "begun"));
    assessment.until_ms = TRY(time_at(table, "until"));
    TRY(table.finish());
    return assessment;
}

std::string day_of(base::WallTime_ms time_ms) {
    return base::format_time(time_ms).substr(0, 10);
}

}  // namespace

std::string_view item_kind_name(ItemKind kind) {
    return kind_names[static_cast<std::size_t>(kind)];
}

Result<Item> Item::parse(std::string_view text) {
    const std::size_t slash = text.find('/');
    const std::string_view kind = text.substr(0, slash);
    const bool has_name = slash != std::string_view::npos && slash + 1 < text.size();
    for (std::size_t i = 0; i < std::size(kind_names) && has_name; ++i) {
        if (kind_names[i] != kind || text.size() > item_bytes_max) continue;
        Item item{static_cast<ItemKind>(i), std::string(text.substr(slash + 1))};
        const auto is_plain = [](char c) {
            return static_cast<unsigned char>(c) > 0x20 && c != 0x7f;
        };
        if (std::all_of(item.name.begin(), item.name.end(), is_plain)) return item;
    }
    return fail(Code::invalid_input,
                "expected tool/PATH, skill/NAME, mcp/NAME or provider/NAME, such as "
                "provider/claude");
}

std::string Item::text() const {
    return fmt::format("{}/{}", item_kind_name(kind), name);
}

const Questionnaire& Questionnaire::builtin() {
    static const Questionnaire questionnaire = [] {
        const auto text = embedded_file("assessment.toml");
        CHECK(text.has_value());
        return parse(wire::parse_toml(*text).value(), "policies/assessment.toml").value();
    }();
    return questionnaire;
}

Result<Questionnaire> Questionnaire::parse(const wire::TomlDocument& document,
                                           std::string_view file) {
    Questionnaire result;
    TableReader root(document, file);
    for (TableReader& table : TRY(root.tables("question"))) {
        AssessmentQuestion question = TRY(parse_question(table));
        if (result.find(question.id) != nullptr) {
            return table.refuse("id", "two questions have this id");
        }
        if (result.questions_.size() >= questions_max) {
            return table.refuse("id", "there are too many questions");
        }
        result.questions_.push_back(std::move(question));
    }
    TRY(root.finish());
    for (const std::string_view fact : {"persists", "known_provider"}) {
        const auto count = std::count_if(
            result.questions_.begin(), result.questions_.end(),
            [fact](const AssessmentQuestion& q) { return q.sets == fact && q.is_yes_no; });
        if (count != 1) {
            return fail(
                Code::invalid_input,
                fmt::format("{}: expected one yes-no question with sets = \"{}\"", file, fact));
        }
    }
    return result;
}

const AssessmentQuestion* Questionnaire::find(std::string_view id) const {
    for (const AssessmentQuestion& question : questions_) {
        if (question.id == id) return &question;
    }
    return nullptr;
}

Result<std::string> Questionnaire::checked(const AssessmentQuestion& question,
                                           std::string_view answer) {
    while (answer.starts_with(' ')) answer.remove_prefix(1);
    while (answer.ends_with(' ')) answer.remove_suffix(1);
    if (question.is_yes_no) {
        const std::string folded = folded_name(answer);
        if (folded == "y" || folded == "yes") return std::string("yes");
        if (folded == "n" || folded == "no") return std::string("no");
        return fail(Code::invalid_input, fmt::format("{}: expected yes or no", question.id));
    }
    const bool is_one_line = answer.find('\n') == std::string_view::npos;
    if (answer.empty() || answer.size() > answer_bytes_max || !is_one_line) {
        return fail(Code::invalid_input, fmt::format("{}: expected one line of at most {} bytes",
                                                     question.id, answer_bytes_max));
    }
    return std::string(answer);
}

std::vector<const AssessmentQuestion*> open_questions(const Questionnaire& questionnaire,
                                                      const Assessment& assessment) {
    std::vector<const AssessmentQuestion*> open;
    for (const AssessmentQuestion& question : questionnaire.questions()) {
        const auto found = assessment.answers.find(question.id);
        if (found == assessment.answers.end() || !Questionnaire::checked(question, found->second)) {
            open.push_back(&question);
        }
    }
    return open;
}

Standing standing_of(const Questionnaire& questionnaire, const Assessment& assessment) {
    Standing standing;
    standing.tier = TrustTier::tier1;
    for (const AssessmentQuestion& question : questionnaire.questions()) {
        const auto found = assessment.answers.find(question.id);
        if (!question.is_yes_no || found == assessment.answers.end()) continue;
        const bool is_yes = found->second == "yes";
        standing.tier =
            std::max(standing.tier, is_yes ? question.tier_if_yes : question.tier_if_no);
        if (question.sets == "persists") standing.assurance.persists = is_yes;
        if (question.sets == "known_provider") standing.assurance.known_provider = is_yes;
    }
    standing.assurance.assessed_until_ms = assessment.until_ms;
    standing.source =
        fmt::format("self-assessment of {} until {}", assessment.by, day_of(assessment.until_ms));
    return standing;
}

Result<AssessmentTable> AssessmentTable::parse(const wire::TomlDocument& document,
                                               std::string_view file) {
    AssessmentTable result;
    TableReader root(document, file);
    for (TableReader& table : TRY(root.tables("assessment"))) {
        Assessment assessment = TRY(parse_assessment(table));
        if (result.find(assessment.item) != nullptr) {
            return table.refuse("item", "the item stands here twice");
        }
        if (result.assessments_.size() >= items_max) return table.refuse("item", "too many items");
        result.assessments_.push_back(std::move(assessment));
    }
    for (TableReader& table : TRY(root.tables("review"))) {
        Review review{TRY(item_at(table)), TRY(table.text("digest")), TRY(table.text_or("by", "")),
                      TRY(time_at(table, "at"))};
        TRY(table.finish());
        if (result.reviews_.size() >= items_max) return table.refuse("item", "too many reviews");
        result.reviews_.push_back(std::move(review));
    }
    TRY(root.finish());
    return result;
}

const Assessment* AssessmentTable::find(const Item& item) const {
    for (const Assessment& assessment : assessments_) {
        if (assessment.item == item) return &assessment;
    }
    return nullptr;
}

Assessment* AssessmentTable::find(const Item& item) {
    return const_cast<Assessment*>(std::as_const(*this).find(item));
}

void AssessmentTable::set(Assessment assessment) {
    if (Assessment* known = find(assessment.item)) {
        *known = std::move(assessment);
    } else {
        assessments_.push_back(std::move(assessment));
    }
}

void AssessmentTable::set(Review review) {
    std::erase_if(reviews_, [&](const Review& known) { return known.item == review.item; });
    reviews_.push_back(std::move(review));
}

const Review* AssessmentTable::review_of(const Item& item) const {
    for (const Review& review : reviews_) {
        if (review.item == item) return &review;
    }
    return nullptr;
}

std::string to_toml(const AssessmentTable& table) {
    const auto time = [](base::WallTime_ms at_ms) {
        return wire::toml_string(at_ms == 0 ? "" : base::format_time(at_ms));
    };
    std::string text = "# Written by `hardshell assess`.\n";
    for (const Assessment& assessment : table.all()) {
        std::string answers;
        for (const auto& [id, answer] : assessment.answers) {
            answers += fmt::format("    {},\n", wire::toml_string(id + "=" + answer));
        }
        text += fmt::format(
            "\n[[assessment]]\nitem = {}\nby = {}\nbegun = {}\nuntil = {}\nanswers = [\n{}]\n",
            wire::toml_string(assessment.item.text()), wire::toml_string(assessment.by),
            time(assessment.begun_ms), time(assessment.until_ms), answers);
    }
    for (const Review& review : table.reviews()) {
        text += fmt::format("\n[[review]]\nitem = {}\ndigest = {}\nby = {}\nat = {}\n",
                            wire::toml_string(review.item.text()), wire::toml_string(review.digest),
                            wire::toml_string(review.by), time(review.at_ms));
    }
    return text;
}

Result<AssuranceTable> AssuranceTable::parse(const wire::TomlDocument& document,
                                             std::string_view file) {
    AssuranceTable result;
    TableReader root(document, file);
    for (TableReader& table : TRY(root.tables("item"))) {
        Entry entry;
        entry.item = TRY(item_at(table));
        if (!table.has("tier")) return table.refuse("tier", "is missing");
        entry.standing.tier = TRY(tier_at(table, "tier"));
        Assurance& assurance = entry.standing.assurance;
        assurance.persists = TRY(table.boolean_or("persists", true));
        assurance.known_provider = TRY(table.boolean_or("known_provider", false));
        assurance.assessed_until_ms = TRY(time_at(table, "assessed_until"));
        entry.reviewed_digest = TRY(table.text_or("reviewed_digest", ""));
        entry.standing.source = "the organisation";
        TRY(table.finish());
        if (result.entries_.size() >= AssessmentTable::items_max) {
            return table.refuse("item", "there are too many items");
        }
        result.entries_.push_back(std::move(entry));
    }
    TRY(root.finish());
    return result;
}

std::optional<Standing> AssuranceTable::find(const Item& item, std::string_view digest) const {
    for (const Entry& entry : entries_) {
        if (entry.item != item) continue;
        Standing standing = entry.standing;
        standing.assurance.reviewed =
            !entry.reviewed_digest.empty() && entry.reviewed_digest == digest;
        return standing;
    }
    return std::nullopt;
}

}  // namespace hs::policy
