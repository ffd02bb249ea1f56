#include "gate/governance.h"

#include <fmt/format.h>

#include "crypto/hash.h"
#include "os/file.h"
#include "policy/canonical_time.h"
#include "policy/table_reader.h"
#include "wire/utf8.h"

namespace hs::gate {
namespace {

using base::Code;
using base::fail;
using base::Result;
using policy::TableReader;

constexpr std::string_view projects_file = "projects.toml";
constexpr std::string_view assessments_file = "assessments.toml";
constexpr std::string_view acknowledged_file = "acknowledged.toml";
constexpr std::size_t acknowledged_max = 10'000;
constexpr std::size_t version_digits = 12;

// Nothing where there is no such file.
Result<std::optional<std::string>> read_optional(const std::string& path, std::size_t bytes_max) {
    auto text = os::read_text(path, bytes_max);
    if (text) return std::optional(*std::move(text));
    if (text.error().code == Code::not_found) return std::optional<std::string>();
    if (text.error().code == Code::exhausted) {
        return fail(Code::exhausted,
                    fmt::format("{}:1:1: the file has more than {} bytes", path, bytes_max));
    }
    return text.failure();
}

// The table of a file; the empty one where there is none.
template <class Table>
Result<Table> read_table(const std::string& path) {
    const auto text = TRY(read_optional(path, Governance::file_bytes_max));
    if (!text) return Table();
    return Table::parse(TRY(policy::parse_named_toml(path, *text)), path);
}

}  // namespace

Result<std::vector<Governance::Acknowledgement>> Governance::read_acknowledged() const {
    std::vector<Acknowledgement> all;
    const std::string path = fmt::format("{}/{}", places_.own, acknowledged_file);
    const auto text = TRY(read_optional(path, file_bytes_max));
    if (!text) return all;
    const auto document = TRY(policy::parse_named_toml(path, *text));
    TableReader root(document, path);
    for (TableReader& table : TRY(root.tables("acknowledged"))) {
        Acknowledgement one{TRY(table.text("person")), TRY(table.text("version")), 0};
        const auto at = policy::parse_time(TRY(table.text("at")));
        if (!at) return table.refuse("at", at.error().what);
        one.at_ms = *at;
        TRY(table.finish());
        if (all.size() >= acknowledged_max) return table.refuse("person", "there are too many");
        all.push_back(std::move(one));
    }
    TRY(root.finish());
    return all;
}

Result<> Governance::read_organisation(Tables& tables) const {
    const std::string& folder = places_.organisation;
    tables.organisation_projects = TRY(read_table<policy::ProjectTable>(folder + "/projects.toml"));
    tables.people = TRY(read_table<policy::PeopleTable>(folder + "/people.toml"));
    tables.assurances = TRY(read_table<policy::AssuranceTable>(folder + "/assurances.toml"));
    if (os::facts_of_path(folder + "/assessment.toml")) {
        tables.questionnaire = TRY(read_table<policy::Questionnaire>(folder + "/assessment.toml"));
    }
    const std::string path = folder + "/acceptable-use.md";
    const auto text = TRY(read_optional(path, use_text_bytes_max));
    if (!text) return {};
    if (text->empty() || !wire::is_utf8(*text)) {
        return fail(Code::invalid_input, fmt::format("{}:1:1: expected a text in UTF-8", path));
    }
    const auto digest = crypto::sha256(base::bytes_of(*text));
    tables.use_text = UseText{base::to_hex(digest).substr(0, version_digits), *text};
    return {};
}

Result<Governance::Tables> Governance::read() const {
    Tables tables;
    tables.projects =
        TRY(read_table<policy::ProjectTable>(fmt::format("{}/{}", places_.own, projects_file)));
    tables.assessments = TRY(
        read_table<policy::AssessmentTable>(fmt::format("{}/{}", places_.own, assessments_file)));
    tables.acknowledged = TRY(read_acknowledged());
    if (!places_.organisation.empty()) TRY(read_organisation(tables));
    return tables;
}

Result<> Governance::reload() {
    auto tables = read();
    if (tables) {
        tables_ = std::move(*tables);
        problem_.clear();
        return {};
    }
    if (problem_.empty()) problem_ = tables.error().what;
    return tables.failure();
}

const policy::ProjectClass* Governance::project_class(const policy::CanonicalPath& folder) const {
    const auto* managed = tables_.organisation_projects.find(folder);
    return managed != nullptr ? managed : tables_.projects.find(folder);
}

bool Governance::is_organisations(const policy::CanonicalPath& folder) const {
    return tables_.organisation_projects.find(folder) != nullptr;
}

// A file is changed in memory first, then on disk, and only then does it hold.
Result<> Governance::write(std::string_view name, const std::string& text) const {
    if (!problem_.empty()) {
        return fail(Code::conflict,
                    fmt::format("mend this first, then: hardshell policy reload. {}", problem_));
    }
    TRY(os::make_private_folder(places_.own));
    return os::write_file_atomic(fmt::format("{}/{}", places_.own, name), base::bytes_of(text));
}

Result<> Governance::classify(policy::ProjectClass project) {
    policy::ProjectTable changed = tables_.projects;
    changed.set(std::move(project));
    TRY(write(projects_file, policy::to_toml(changed)));
    tables_.projects = std::move(changed);
    return {};
}

std::vector<std::string> Governance::roles_of(std::string_view person) const {
    return tables_.people.roles_of(person);
}

std::string Governance::person_of_account(std::string_view account) const {
    return tables_.people.person_of(account);
}

std::optional<policy::Standing> Governance::standing(const policy::Item& item,
                                                     std::string_view digest,
                                                     base::WallTime_ms now_ms) const {
    if (auto managed = tables_.assurances.find(item, digest)) return managed;
    const policy::Assessment* assessment = tables_.assessments.find(item);
    if (assessment == nullptr || assessment->until_ms <= now_ms) return std::nullopt;
    if (!policy::open_questions(tables_.questionnaire, *assessment).empty()) return std::nullopt;
    policy::Standing standing = policy::standing_of(tables_.questionnaire, *assessment);
    const policy::Review* review = tables_.assessments.review_of(item);
    standing.assurance.reviewed = review != nullptr && !digest.empty() && review->digest == digest;
    return standing;
}

Result<> Governance::keep(policy::Assessment assessment) {
    policy::AssessmentTable changed = tables_.assessments;
    if (changed.find(assessment.item) == nullptr &&
        changed.all().size() >= policy::AssessmentTable::items_max) {
        return fail(Code::exhausted, "there are too many assessments");
    }
    changed.set(std::move(assessment));
    TRY(write(assessments_file, policy::to_toml(changed)));
    tables_.assessments = std::move(changed);
    return {};
}

Result<> Governance::keep(policy::Review review) {
    policy::AssessmentTable changed = tables_.assessments;
    changed.set(std::move(review));
    TRY(write(assessments_file, policy::to_toml(changed)));
    tables_.assessments = std::move(changed);
    return {};
}

Result<> Governance::check_use(std::string_view person) const {
    // A text that cannot be read counts as one that nobody acknowledged.
    if (!problem_.empty() && !places_.organisation.empty() &&
        os::facts_of_path(places_.organisation + "/acceptable-use.md") && !tables_.use_text) {
        return fail(Code::denied, fmt::format("the organisation's acceptable-use text cannot be "
                                              "read, so nothing is done: {}",
                                              problem_));
    }
    if (!tables_.use_text) return {};
    for (const Acknowledgement& one : tables_.acknowledged) {
        if (one.person == person && one.version == tables_.use_text->version) return {};
    }
    return fail(Code::denied,
                fmt::format("your organisation's acceptable-use text (version {}) is not "
                            "acknowledged yet. Read it: hardshell acceptable-use show. Then: "
                            "hardshell acceptable-use acknowledge",
                            tables_.use_text->version));
}

Result<> Governance::acknowledge(const std::string& person, std::string_view version,
                                 base::WallTime_ms now_ms) {
    if (!tables_.use_text) return fail(Code::not_found, "there is no acceptable-use text");
    if (version != tables_.use_text->version) {
        return fail(Code::conflict,
                    fmt::format("the text in force is version {}; read it first: hardshell "
                                "acceptable-use show",
                                tables_.use_text->version));
    }
    if (check_use(person)) return {};
    std::vector<Acknowledgement> changed = tables_.acknowledged;
    changed.push_back({person, std::string(version), now_ms});
    std::string text = "# Written by `hardshell acceptable-use acknowledge`.\n";
    for (const Acknowledgement& one : changed) {
        text += fmt::format("\n[[acknowledged]]\nperson = {}\nversion = {}\nat = {}\n",
                            wire::toml_string(one.person), wire::toml_string(one.version),
                            wire::toml_string(base::format_time(one.at_ms)));
    }
    TRY(write(acknowledged_file, text));
    tables_.acknowledged = std::move(changed);
    return {};
}

}  // namespace hs::gate
