#include "gate/plan_book.h"

#include <algorithm>

#include "os/file.h"
#include "wire/url.h"

namespace hs::gate {
namespace {

using base::Code;
using base::fail;
using base::Result;
using wire::Json;
using wire::JsonObject;

constexpr std::int64_t format = 1;
constexpr std::size_t book_bytes_max = std::size_t{16} << 20U;
constexpr std::size_t sessions_noted_max = 10'000;
constexpr base::WallTime_ms kept_ms = base::WallTime_ms{30} * 24 * 3600 * 1000;

Json json_of(const HeldPlan& held) {
    return JsonObject{{"id", held.id},
                      {"session", held.session},
                      {"turn", held.turn},
                      {"person", held.person},
                      {"declared_ms", held.declared_ms},
                      {"calls", held.plan.to_json()},
                      {"strangers_read", held.strangers_read}};
}

Result<HeldPlan> held_from(const Json& json) {
    HeldPlan held;
    held.id = TRY(wire::text_at(json, "id"));
    held.session = TRY(wire::text_at(json, "session"));
    held.turn = TRY(wire::text_at(json, "turn"));
    held.person = TRY(wire::text_at(json, "person"));
    held.declared_ms = TRY(wire::integer_at(json, "declared_ms"));
    held.strangers_read = TRY(wire::boolean_at(json, "strangers_read"));
    const Json* calls = json.find("calls");
    if (calls == nullptr) return fail(Code::corrupt, "a plan without calls");
    held.plan = TRY(flow::Plan::from_json(*calls));
    return held;
}

ToolView on_path(std::string_view tool, const std::string& path) {
    return {std::string(tool), JsonObject{{"path", path}}};
}

ToolView fetch(std::string_view scheme, const std::string& host, std::uint16_t port,
               const std::string& target) {
    wire::Url url;
    url.scheme = scheme == "http" ? wire::Scheme::http : wire::Scheme::https;
    url.host_kind =
        host.find(':') != std::string::npos ? wire::HostKind::ipv6 : wire::HostKind::name;
    url.host = host;
    url.port = port;
    return {"http_fetch", JsonObject{{"url", url.origin() + target}}};
}

std::vector<ToolView> views(const ReadFile& read) {
    return {on_path("files_read", read.path), on_path("files_list", read.path),
            on_path("files_find", read.path), on_path("files_grep", read.path)};
}

std::vector<ToolView> views(const WriteFile& write) {
    if (write.operation == WriteFile::Operation::remove)
        return {on_path("files_remove", write.path)};
    return {on_path("files_write", write.path), on_path("files_edit", write.path)};
}

std::vector<ToolView> views(const RunCommand& run) {
    Json argv{wire::JsonArray{}};
    for (const std::string& word : run.argv) argv.push(word);
    Json arguments = JsonObject{{"argv", std::move(argv)}};
    return {{"shell_run", arguments}, {"skill_run", std::move(arguments)}};
}

std::vector<ToolView> views(const SendHttp& send) {
    ToolView view = fetch(send.scheme, send.host, send.port, send.target);
    view.arguments["method"] = send.method;
    return {std::move(view)};
}

// Of a program in a sandbox: as if it fetched the host's first page.
std::vector<ToolView> views(const Connect& connect) {
    return {fetch(connect.is_tls ? "https" : "http", connect.host, connect.port, "/")};
}

std::vector<ToolView> views(const LoadSkill& load) {
    return {{"skill_load", JsonObject{{"name", load.name}}}};
}

std::vector<ToolView> views(const CallTool& call) {
    const auto arguments = wire::parse_json(call.arguments);
    return {{"mcp_call", JsonObject{{"server", call.server},
                                    {"tool", call.tool},
                                    {"arguments", arguments ? *arguments : Json()}}}};
}

template <class A>
std::vector<ToolView> views(const A&) {
    return {};
}

}  // namespace

std::vector<ToolView> views_of(const Action& action) {
    return std::visit([](const auto& one) { return views(one); }, action);
}

Result<PlanBook> PlanBook::open(std::string path) {
    PlanBook book(std::move(path));
    const auto text = os::read_text(book.path_, book_bytes_max);
    if (!text && text.error().code == Code::not_found) return book;
    const Json json = TRY(wire::parse_json(TRY(text)));
    if (TRY(wire::integer_at(json, "format")) != format) {
        return fail(Code::corrupt, book.path_ + ": a format that this version does not know");
    }
    for (const Json& item : *TRY(wire::array_at(json, "plans"))) {
        HeldPlan held = TRY(held_from(item));
        const std::string session = held.session;
        book.plans_[session] = std::move(held);
    }
    return book;
}

Result<> PlanBook::save() const {
    Json plans{wire::JsonArray{}};
    for (const auto& [session, held] : plans_) plans.push(json_of(held));
    const Json json = JsonObject{{"format", format}, {"plans", std::move(plans)}};
    return os::write_file_atomic(path_, base::bytes_of(wire::canonical_json(json)));
}

void PlanBook::note(const Circumstances& circumstances) {
    if (circumstances.session.empty()) return;
    if (circumstances.label.integrity != flow::Integrity::untrusted) return;
    if (strangers_read_.size() < sessions_noted_max) strangers_read_.insert(circumstances.session);
    const auto held = plans_.find(circumstances.session);
    if (held == plans_.end() || held->second.strangers_read) return;
    held->second.strangers_read = true;
    // Not durable: after a crash the first question that is derived from the text says it again.
    static_cast<void>(save().ok());
}

// Of more conversations than are noted each counts as one that has read.
bool PlanBook::has_read_strangers(const std::string& session) const {
    return strangers_read_.size() >= sessions_noted_max || strangers_read_.contains(session);
}

namespace {

// After a stranger's text a plan only loses calls: what it would fix now, the stranger may have
// chosen.
bool only_loses(const flow::Plan& plan, const flow::Plan& held) {
    return std::ranges::all_of(plan.calls(), [&](const flow::PlannedCall& call) {
        return std::ranges::any_of(held.calls(), [&](const flow::PlannedCall& had) {
            return had.tool == call.tool && had.pins == call.pins;
        });
    });
}

}  // namespace

Result<> PlanBook::declare(HeldPlan plan, const Circumstances& circumstances) {
    note(circumstances);
    if (plan.session.empty()) return fail(Code::invalid_input, "a plan is for a conversation");
    if (plan.plan.calls().size() > calls_max) {
        return fail(Code::exhausted, "a plan has at most 50 calls");
    }
    const HeldPlan* held = find(plan.session);
    if (held != nullptr && !plan.plan.narrows(held->plan)) {
        return fail(Code::conflict,
                    "there is a plan, and without the person it can only shrink; call the tool, "
                    "and the person is asked about that one call");
    }
    const bool has_read =
        has_read_strangers(plan.session) || (held != nullptr && held->strangers_read);
    if (held != nullptr && has_read && !only_loses(plan.plan, held->plan)) {
        return fail(Code::conflict,
                    "after a stranger's text a plan only loses calls; what a call is given cannot "
                    "be fixed any more");
    }
    plan.strangers_read = has_read;
    if (held == nullptr && has_read) {
        return fail(Code::conflict,
                    "a plan is declared before the first text of a stranger is read; go on without "
                    "one");
    }
    const std::string session = plan.session;
    auto before = plans_;
    // A conversation that has been silent for so long goes on with a new message of the person's.
    std::erase_if(plans_, [&](const auto& each) {
        return each.second.declared_ms + kept_ms < plan.declared_ms && each.first != session;
    });
    if (held == nullptr && plans_.size() >= plans_max) {
        plans_ = std::move(before);
        return fail(Code::exhausted, "too many conversations have a plan; go on without one");
    }
    plans_[session] = std::move(plan);
    auto saved = save();
    if (!saved) plans_ = std::move(before);
    return saved;
}

Result<bool> PlanBook::end(const std::string& session) {
    const auto found = plans_.find(session);
    if (found == plans_.end()) return false;
    auto node = plans_.extract(found);
    const auto saved = save();
    if (!saved) {
        plans_.insert(std::move(node));
        return saved.failure();
    }
    return true;
}

const HeldPlan* PlanBook::find(const std::string& session) const {
    const auto found = plans_.find(session);
    return found == plans_.end() ? nullptr : &found->second;
}

std::string PlanBook::mark(const Action& action, const std::string& session,
                           policy::FlowFacts& facts) const {
    const HeldPlan* held = find(session);
    facts.has_plan = held != nullptr;
    facts.is_in_plan = false;
    if (held == nullptr) return {};
    for (const ToolView& view : views_of(action)) {
        const flow::PlannedCall* call = held->plan.find(view.tool, view.arguments);
        if (call == nullptr) continue;
        facts.is_in_plan = true;
        if (call->fixes("path")) facts.object_endorsed = true;
        if (!call->fixes("url")) continue;
        facts.destination_endorsed = true;
        if (view.arguments.find("method") != nullptr &&
            *view.arguments.find("method")->text() == "GET") {
            facts.carries_context = false;
        }
    }
    return held->id;
}

}  // namespace hs::gate
