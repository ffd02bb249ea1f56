#include "gate/approvals.h"

#include <fmt/format.h>

#include <algorithm>

#include "os/file.h"

namespace hs::gate {
namespace {

using base::Code;
using base::fail;
using base::Result;
using wire::Json;
using wire::JsonArray;
using wire::JsonObject;

constexpr std::size_t file_bytes_max = std::size_t{2} << 20U;
constexpr std::size_t files_max = 100'000;
constexpr std::string_view status_names[] = {"pending", "approved", "denied",
                                             "expired", "claimed",  "withdrawn"};

Result<ApprovalStatus> status_from(const std::string& name) {
    for (std::size_t i = 0; i < std::size(status_names); ++i) {
        if (status_names[i] == name) return static_cast<ApprovalStatus>(i);
    }
    return fail(Code::corrupt, fmt::format("unknown approval status \"{}\"", name));
}

Json json_of(const ApprovalAnswer& answer) {
    return JsonObject{{"by", answer.by},
                      {"attested", answer.attested},
                      {"consent", answer.consent},
                      {"at_ms", answer.at_ms},
                      {"factor", answer.factor}};
}

Result<ApprovalAnswer> answer_from(const Json& json) {
    return ApprovalAnswer{TRY(wire::text_at(json, "by")), TRY(wire::text_at(json, "attested")),
                          TRY(wire::boolean_at(json, "consent")),
                          TRY(wire::integer_at(json, "at_ms")),
                          TRY(wire::text_at_or(json, "factor", ""))};
}

}  // namespace

std::string_view name_of(ApprovalStatus status) {
    return status_names[static_cast<std::size_t>(status)];
}

Json to_json(const Approval& approval) {
    Json approvers{JsonArray{}};
    for (const auto& who : approval.approvers) approvers.push(who);
    Json answers{JsonArray{}};
    for (const auto& answer : approval.answers) answers.push(json_of(answer));
    return JsonObject{{"id", approval.id},
                      {"decision", approval.decision},
                      {"digest", approval.digest},
                      {"action", approval.action},
                      {"circumstances", approval.circumstances},
                      {"card", approval.card},
                      {"approvers", std::move(approvers)},
                      {"quorum", approval.quorum},
                      {"created_ms", approval.created_ms},
                      {"expiry_ms", approval.expiry_ms},
                      {"status", name_of(approval.status)},
                      {"answers", std::move(answers)}};
}

Result<Approval> approval_from_json(const Json& json) {
    Approval approval;
    approval.id = TRY(wire::text_at(json, "id"));
    approval.decision = TRY(wire::text_at(json, "decision"));
    approval.digest = TRY(wire::text_at(json, "digest"));
    TRY(wire::object_at(json, "action"));
    TRY(wire::object_at(json, "circumstances"));
    approval.action = *json.find("action");
    approval.circumstances = *json.find("circumstances");
    approval.card = TRY(wire::text_at(json, "card"));
    approval.quorum = TRY(wire::integer_at(json, "quorum"));
    approval.created_ms = TRY(wire::integer_at(json, "created_ms"));
    approval.expiry_ms = TRY(wire::integer_at(json, "expiry_ms"));
    approval.status = TRY(status_from(TRY(wire::text_at(json, "status"))));
    for (const Json& who : *TRY(wire::array_at(json, "approvers"))) {
        if (who.text() == nullptr) return fail(Code::corrupt, "\"approvers\" must hold strings");
        approval.approvers.push_back(*who.text());
    }
    for (const Json& answer : *TRY(wire::array_at(json, "answers"))) {
        approval.answers.push_back(TRY(answer_from(answer)));
    }
    return approval;
}

Result<ApprovalBook> ApprovalBook::open(std::string folder, base::WallTime_ms now_ms) {
    TRY(os::make_private_folder(folder));
    ApprovalBook book(std::move(folder));
    for (const auto& name : TRY(os::list_folder(book.folder_, files_max))) {
        if (!name.ends_with(".json")) continue;
        const auto loaded = book.load(name, now_ms);
        if (loaded) continue;
        const std::string path = book.folder_ + "/" + name;
        book.problems_.push_back(
            fmt::format("{}: {}; it was set aside as {}.bad", path, loaded.error().what, name));
        TRY(os::rename_file(path, path + ".bad"));
    }
    return book;
}

Result<> ApprovalBook::load(const std::string& name, base::WallTime_ms now_ms) {
    const std::string path = folder_ + "/" + name;
    const Json json = TRY(wire::parse_json(TRY(os::read_text(path, file_bytes_max))));
    Approval approval = TRY(approval_from_json(json));
    if (approval.id + ".json" != name) return fail(Code::corrupt, "its id is not its name");
    const bool closed =
        approval.status != ApprovalStatus::pending && approval.status != ApprovalStatus::approved;
    if (closed && approval.expiry_ms + keep_closed_ms < now_ms) return os::remove_file(path);
    approvals_.emplace(approval.id, std::move(approval));
    return {};
}

Result<> ApprovalBook::save(const Approval& approval) const {
    return os::write_file_atomic(folder_ + "/" + approval.id + ".json",
                                 base::bytes_of(wire::canonical_json(to_json(approval))));
}

Result<> ApprovalBook::change(Approval& approval, ApprovalStatus status) {
    const ApprovalStatus before = std::exchange(approval.status, status);
    auto saved = save(approval);
    if (!saved) approval.status = before;
    return saved;
}

Result<> ApprovalBook::add(Approval approval) {
    if (pending().size() >= pending_max) {
        return fail(Code::exhausted,
                    fmt::format("{} approvals wait already; answer some: hardshell approvals",
                                pending_max));
    }
    TRY(save(approval));
    std::string id = approval.id;
    approvals_.insert_or_assign(std::move(id), std::move(approval));
    return {};
}

const Approval* ApprovalBook::find(const std::string& id) const {
    const auto found = approvals_.find(id);
    return found == approvals_.end() ? nullptr : &found->second;
}

std::vector<const Approval*> ApprovalBook::pending() const {
    std::vector<const Approval*> waiting;
    for (const auto& [id, approval] : approvals_) {
        if (approval.status == ApprovalStatus::pending) waiting.push_back(&approval);
    }
    return waiting;
}

Result<ApprovalStatus> ApprovalBook::answer(const std::string& id, ApprovalAnswer answer,
                                            Enough enough) {
    const auto found = approvals_.find(id);
    if (found == approvals_.end()) {
        return fail(Code::not_found,
                    fmt::format("there is no approval {}; see: hardshell approvals", id));
    }
    Approval& approval = found->second;
    if (approval.status != ApprovalStatus::pending) {
        return fail(Code::conflict,
                    fmt::format("approval {} is {} already", id, name_of(approval.status)));
    }
    if (answer.at_ms >= approval.expiry_ms) {
        TRY(change(approval, ApprovalStatus::expired));
        return fail(Code::conflict, fmt::format("approval {} has expired; the action must be asked "
                                                "for again",
                                                id));
    }
    const auto& who = approval.approvers;
    if (!who.empty() && std::find(who.begin(), who.end(), answer.by) == who.end()) {
        return fail(Code::denied, fmt::format("{} may not answer this approval; it takes: {}",
                                              answer.by, fmt::join(who, ", ")));
    }
    const auto same = [&](const ApprovalAnswer& earlier) { return earlier.by == answer.by; };
    if (std::any_of(approval.answers.begin(), approval.answers.end(), same)) {
        return fail(Code::denied, fmt::format("{} has answered already", answer.by));
    }
    const bool consent = answer.consent;
    approval.answers.push_back(std::move(answer));
    const bool suffices = enough == Enough::yes ||
                          (enough == Enough::by_quorum &&
                           static_cast<std::int64_t>(approval.answers.size()) >= approval.quorum);
    const ApprovalStatus next = !consent   ? ApprovalStatus::denied
                                : suffices ? ApprovalStatus::approved
                                           : ApprovalStatus::pending;
    const auto saved = change(approval, next);
    if (!saved) {
        approval.answers.pop_back();
        return saved.failure();
    }
    return approval.status;
}

Result<const Approval*> ApprovalBook::claim(const std::string& id, const std::string& digest,
                                            base::WallTime_ms now_ms) {
    const auto found = approvals_.find(id);
    if (found == approvals_.end()) return fail(Code::not_found, "there is no such approval");
    Approval& approval = found->second;
    if (approval.digest != digest) {
        return fail(Code::denied, "the action is not the one that was approved; ask again");
    }
    if (approval.status != ApprovalStatus::approved) {
        return fail(Code::conflict,
                    fmt::format("the approval is {}; it allows nothing", name_of(approval.status)));
    }
    if (now_ms >= approval.expiry_ms) {
        TRY(change(approval, ApprovalStatus::expired));
        return fail(Code::conflict, "the approval has expired; ask again");
    }
    TRY(change(approval, ApprovalStatus::claimed));
    return &approval;
}

Result<> ApprovalBook::withdraw(const std::string& id) {
    const auto found = approvals_.find(id);
    if (found == approvals_.end()) return fail(Code::not_found, "there is no such approval");
    const ApprovalStatus status = found->second.status;
    if (status != ApprovalStatus::pending && status != ApprovalStatus::approved) return {};
    return change(found->second, ApprovalStatus::withdrawn);
}

std::vector<std::string> ApprovalBook::expire(base::WallTime_ms now_ms) {
    std::vector<std::string> ended;
    for (auto& [id, approval] : approvals_) {
        if (approval.status != ApprovalStatus::pending || now_ms < approval.expiry_ms) continue;
        // Where the disk refuses, the approval is refused all the same: claim() looks at the time.
        approval.status = ApprovalStatus::expired;
        if (const auto saved = save(approval); !saved) problems_.push_back(saved.error().what);
        ended.push_back(id);
    }
    return ended;
}

}  // namespace hs::gate
