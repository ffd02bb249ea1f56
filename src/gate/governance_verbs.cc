// Classes of projects, assessments and the acceptable-use text: what people tell the keeper.

#include <fmt/format.h>

#include "gate/policy_desk.h"

namespace hs::gate {

using base::Code;
using base::fail;
using base::Result;
using policy::UseCase;
using wire::Json;
using wire::JsonObject;

namespace {

constexpr std::size_t evidence_max = 50;

Result<UseCase> use_from(const std::string& name) {
    const auto use = policy::word_from_name<UseCase>(name);
    if (use) return *use;
    std::string names;
    for (const std::string_view known : policy::word_names<UseCase>()) {
        names += (names.empty() ? "" : ", ") + std::string(known);
    }
    return fail(Code::invalid_input,
                fmt::format("\"{}\" is no class; expected one of: {}", name, names));
}

Json shown_class(const policy::ProjectClass& project, std::string_view source) {
    Json json = JsonObject{{"folder", project.folder.text()},
                           {"class", policy::name_of(project.use)},
                           {"title", policy::use_case_title(project.use)},
                           {"risk", policy::risk_name(policy::risk_of(project.use))},
                           {"by", project.by},
                           {"source", source}};
    if (project.at_ms != 0) json["at"] = base::format_time(project.at_ms);
    return json;
}

std::string day_of(base::WallTime_ms time_ms) {
    return base::format_time(time_ms).substr(0, 10);
}

Json conditions_of(const policy::Standing& standing, base::WallTime_ms now_ms) {
    const policy::Assurance& assurance = standing.assurance;
    return JsonObject{{"keeps_nothing", !assurance.persists},
                      {"known_provider", assurance.known_provider},
                      {"assessed", assurance.assessed_until_ms > now_ms},
                      {"reviewed", assurance.reviewed}};
}

}  // namespace

// {folder, class?, detected?, evidence?}: without a class it only tells. `detected` is the class of
// the riskiest thing that was seen in the folder; a class of less risk than that weakens.
PolicyDesk::Answer PolicyDesk::classify(const Sender& sender, const Json& arguments) {
    const auto folder =
        TRY(policy::CanonicalPath::from_text(TRY(wire::text_at(arguments, "folder"))));
    const policy::ProjectClass* known = parts_.governance.project_class(folder);
    const UseCase before = known != nullptr ? known->use : UseCase::unclassified;
    const bool managed = parts_.governance.is_organisations(folder);
    const std::string wanted = TRY(wire::text_at_or(arguments, "class", ""));
    if (wanted.empty()) {
        const policy::ProjectClass none{folder, UseCase::unclassified, "", 0};
        return shown_class(known != nullptr ? *known : none, known == nullptr ? "nobody"
                                                             : managed        ? "organisation"
                                                                              : "person");
    }
    const UseCase use = TRY(use_from(wanted));
    if (managed) {
        return fail(Code::denied, fmt::format("the organisation has classified {} as {}; only its "
                                              "projects.toml can change that",
                                              known->folder.text(), policy::name_of(before)));
    }
    const std::string seen = TRY(wire::text_at_or(arguments, "detected", ""));
    const UseCase detected = seen.empty() ? UseCase::unclassified : TRY(use_from(seen));
    const auto risk = policy::risk_of(use);
    const bool weakens = risk < policy::risk_of(detected) || risk < policy::risk_of(before);
    policy::Question question =
        parts_.questions.ask_change(sender.name, sender.name, "project.class", weakens);
    question.effect = policy::Effect::configure;
    const policy::Decision decision = parts_.judge.decide_now(question);
    if (decision.outcome != policy::Outcome::allow) {
        return fail(
            Code::denied,
            fmt::format("{} is of less risk than {}, which the folder {}; under this policy "
                        "only the organisation's projects.toml can say so",
                        wanted, policy::name_of(std::max(detected, before)),
                        before > detected ? "has now" : "looks like"));
    }
    audit::Event event(audit::EventKind::policy_change);
    event.set(audit::Field::person, sender.name)
        .set(audit::Field::path, folder.text())
        .set(audit::Field::outcome, "classified")
        .set(audit::Field::reason, fmt::format("{}, was {}", wanted, policy::name_of(before)))
        .detail("class", wanted)
        .detail("detected", seen);
    if (const Json* evidence = arguments.find("evidence");
        evidence != nullptr && evidence->array() != nullptr &&
        evidence->array()->size() <= evidence_max) {
        event.detail("evidence", *evidence);
    }
    const policy::ProjectClass project{folder, use, sender.name, parts_.clock.wall_ms()};
    TRY(change(std::move(event), [&] { return parts_.governance.classify(project); }));
    parts_.keeper.revoke_all();
    return shown_class(project, "person");
}

PolicyDesk::Answer PolicyDesk::projects(const Sender&, const Json&) {
    Json list{wire::JsonArray{}};
    for (const auto& project : parts_.governance.organisation_projects().all()) {
        list.push(shown_class(project, "organisation"));
    }
    for (const auto& project : parts_.governance.own_projects().all()) {
        list.push(shown_class(project, "person"));
    }
    return Json(JsonObject{{"projects", std::move(list)}});
}

Json PolicyDesk::item_json(const policy::Item& item) const {
    const base::WallTime_ms now_ms = parts_.clock.wall_ms();
    const policy::AssessmentTable& table = parts_.governance.assessments();
    const policy::Assessment* assessment = table.find(item);
    const policy::Review* review = table.review_of(item);
    Json json = JsonObject{{"item", item.text()}, {"state", "not assessed"}};
    if (assessment != nullptr) {
        const auto open = policy::open_questions(parts_.governance.questionnaire(), *assessment);
        json["state"] = !open.empty()                    ? "open"
                        : assessment->until_ms <= now_ms ? "expired"
                                                         : "in force";
        json["by"] = assessment->by;
        if (open.empty()) json["until"] = day_of(assessment->until_ms);
        for (const auto& [id, answer] : assessment->answers) json["answers"][id] = answer;
        Json missing{wire::JsonArray{}};
        for (const auto* question : open) missing.push(question->id);
        json["open"] = std::move(missing);
    }
    if (review != nullptr) {
        json["review"] = JsonObject{
            {"digest", review->digest}, {"by", review->by}, {"at", day_of(review->at_ms)}};
    }
    const std::string digest = review != nullptr ? review->digest : "";
    if (const auto standing = parts_.governance.standing(item, digest, now_ms)) {
        json["tier"] = policy::name_of(standing->tier);
        json["source"] = standing->source;
        json["conditions"] = conditions_of(*standing, now_ms);
        if (assessment == nullptr) json["state"] = "in force";
    }
    return json;
}

PolicyDesk::Answer PolicyDesk::assessments(const Sender&, const Json&) {
    Json list{wire::JsonArray{}};
    for (const auto& assessment : parts_.governance.assessments().all()) {
        list.push(item_json(assessment.item));
    }
    return Json(JsonObject{{"items", std::move(list)}});
}

PolicyDesk::Answer PolicyDesk::assessment(const Sender&, const Json& arguments) {
    Json json = item_json(TRY(policy::Item::parse(TRY(wire::text_at(arguments, "item")))));
    Json questions{wire::JsonArray{}};
    for (const auto& question : parts_.governance.questionnaire().questions()) {
        questions.push(JsonObject{{"id", question.id},
                                  {"ask", question.ask},
                                  {"kind", question.is_yes_no ? "yes-no" : "text"}});
    }
    json["questions"] = std::move(questions);
    return json;
}

// {item, answers: {id: answer}, anew}: begins an assessment where there is none, or anew; once
// every question has its answer it holds for a quarter.
PolicyDesk::Answer PolicyDesk::assess(const Sender& sender, const Json& arguments) {
    policy::Assessment next;
    next.item = TRY(policy::Item::parse(TRY(wire::text_at(arguments, "item"))));
    const policy::Assessment* known = parts_.governance.assessments().find(next.item);
    const base::WallTime_ms now_ms = parts_.clock.wall_ms();
    const bool anew = TRY(wire::boolean_at_or(arguments, "anew", false));
    if (known != nullptr && !anew && known->until_ms == 0) next = *known;
    if (next.begun_ms == 0) next.begun_ms = now_ms;
    next.by = sender.name;
    next.until_ms = 0;
    const policy::Questionnaire& questionnaire = parts_.governance.questionnaire();
    Json given;
    if (const Json* answers = arguments.find("answers"); answers && answers->object()) {
        for (const auto& [id, answer] : *answers->object()) {
            const auto* question = questionnaire.find(id);
            if (question == nullptr || answer.text() == nullptr) {
                return fail(
                    Code::invalid_input,
                    fmt::format("there is no question \"{}\"; see: hardshell assess show {}", id,
                                next.item.text()));
            }
            next.answers[id] = TRY(policy::Questionnaire::checked(*question, *answer.text()));
            given[id] = next.answers[id];
        }
    }
    const bool is_complete = policy::open_questions(questionnaire, next).empty();
    if (is_complete) next.until_ms = now_ms + policy::assessment_life_ms;
    audit::Event event(audit::EventKind::policy_change);
    event.set(audit::Field::person, sender.name)
        .set(audit::Field::id, next.item.text())
        .set(audit::Field::outcome, is_complete ? "assessed" : "assessing")
        .detail("answers", given);
    const policy::Item item = next.item;
    TRY(change(std::move(event), [&] { return parts_.governance.keep(std::move(next)); }));
    return item_json(item);
}

// {item, digest}: a security review of exactly that version. Whether this person may vouch for it
// alone is policy's word.
PolicyDesk::Answer PolicyDesk::review(const Sender& sender, const Json& arguments) {
    policy::Review review;
    review.item = TRY(policy::Item::parse(TRY(wire::text_at(arguments, "item"))));
    review.digest = TRY(wire::text_at(arguments, "digest"));
    if (review.digest.empty() || review.digest.size() > 200) {
        return fail(Code::invalid_input,
                    "which version was reviewed? --digest DIGEST (of a provider: its model)");
    }
    review.by = sender.name;
    review.at_ms = parts_.clock.wall_ms();
    TRY(may_change(sender.name, "assurance.review", true));
    TRY(change(audit::Event(audit::EventKind::policy_change)
                   .set(audit::Field::person, sender.name)
                   .set(audit::Field::id, review.item.text())
                   .set(audit::Field::outcome, "reviewed")
                   .detail("digest", review.digest),
               [&] { return parts_.governance.keep(review); }));
    return item_json(review.item);
}

PolicyDesk::Answer PolicyDesk::use_text(const Sender& sender, const Json&) {
    const auto& text = parts_.governance.use_text();
    Json json = JsonObject{{"configured", text.has_value()}};
    if (!text) return json;
    json["version"] = text->version;
    json["text"] = text->text;
    json["acknowledged"] = parts_.governance.check_use(sender.name).ok();
    return json;
}

PolicyDesk::Answer PolicyDesk::acknowledge_use(const Sender& sender, const Json& arguments) {
    const std::string version = TRY(wire::text_at(arguments, "version"));
    TRY(change(audit::Event(audit::EventKind::policy_change)
                   .set(audit::Field::person, sender.name)
                   .set(audit::Field::id, "acceptable-use " + version)
                   .set(audit::Field::outcome, "acknowledged"),
               [&] {
                   return parts_.governance.acknowledge(sender.name, version,
                                                        parts_.clock.wall_ms());
               }));
    return Json(JsonObject{{"version", version}, {"acknowledged", true}});
}

// {person}: denied, with what to type, while the text is not acknowledged.
PolicyDesk::Answer PolicyDesk::check_use(const Sender&, const Json& arguments) {
    TRY(parts_.governance.check_use(TRY(wire::text_at(arguments, "person"))));
    return Json(JsonObject{{"acknowledged", true}});
}

}  // namespace hs::gate
