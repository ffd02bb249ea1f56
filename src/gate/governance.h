// Governance: what people and the organisation have said that policy decides with: classes of
// projects, roles, assessments, and who has acknowledged the organisation's acceptable-use text.
//
// What it is for: facts that no machine can find out. Each is a readable file, written whole and
// only after it was read back; a file with a mistake changes nothing. What it does not protect
// from: whoever may write these folders as their owner; every change by a command is in the log.
// Threads: one thread.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "policy/assessment.h"
#include "policy/people.h"
#include "policy/projects.h"

namespace hs::gate {

struct GovernancePlaces {
    std::string own;           // the person's folder for these files
    std::string organisation;  // the organisation's folder; empty: there is none
};

struct UseText {
    std::string version;  // the first 12 digits of the text's SHA-256
    std::string text;
};

class Governance {
  public:
    static constexpr std::size_t file_bytes_max = std::size_t{1} << 20U;
    static constexpr std::size_t use_text_bytes_max = std::size_t{256} << 10U;

    explicit Governance(GovernancePlaces places) : places_(std::move(places)) {}

    // Reads every file anew; on a mistake nothing changes. The first failure leaves everything
    // unclassified, unassessed and without roles, and problem() says why.
    base::Result<> reload();
    const std::string& problem() const { return problem_; }

    // The organisation's word first, then the person's; null where nobody said.
    const policy::ProjectClass* project_class(const policy::CanonicalPath& folder) const;
    bool is_organisations(const policy::CanonicalPath& folder) const;
    const policy::ProjectTable& own_projects() const { return tables_.projects; }
    const policy::ProjectTable& organisation_projects() const {
        return tables_.organisation_projects;
    }
    base::Result<> classify(policy::ProjectClass project);

    std::vector<std::string> roles_of(std::string_view person) const;
    // Whose account on a chat platform that is by the organisation's directory; empty: it does not
    // say. "slack/T012/U045".
    std::string person_of_account(std::string_view account) const;

    // `digest` is the version at hand, or empty. Nothing where nobody vouches for the item now.
    std::optional<policy::Standing> standing(const policy::Item& item, std::string_view digest,
                                             base::WallTime_ms now_ms) const;
    const policy::Questionnaire& questionnaire() const { return tables_.questionnaire; }
    const policy::AssessmentTable& assessments() const { return tables_.assessments; }
    base::Result<> keep(policy::Assessment assessment);
    base::Result<> keep(policy::Review review);

    // The organisation's acceptable-use text, where there is one.
    const std::optional<UseText>& use_text() const { return tables_.use_text; }
    // Whether the person may work: no text, or this version acknowledged. denied says what to type.
    base::Result<> check_use(std::string_view person) const;
    base::Result<> acknowledge(const std::string& person, std::string_view version,
                               base::WallTime_ms now_ms);

  private:
    struct Acknowledgement {
        std::string person, version;
        base::WallTime_ms at_ms = 0;
    };
    struct Tables {
        policy::ProjectTable projects, organisation_projects;
        policy::PeopleTable people;
        policy::Questionnaire questionnaire = policy::Questionnaire::builtin();
        policy::AssessmentTable assessments;
        policy::AssuranceTable assurances;
        std::optional<UseText> use_text;
        std::vector<Acknowledgement> acknowledged;
    };
    base::Result<Tables> read() const;
    base::Result<> read_organisation(Tables& tables) const;
    base::Result<std::vector<Acknowledgement>> read_acknowledged() const;
    base::Result<> write(std::string_view name, const std::string& text) const;

    GovernancePlaces places_;
    Tables tables_;
    std::string problem_;
};

}  // namespace hs::gate
