#include "ship/ocsf.h"

#include <charconv>

#include "ship/tags.h"

namespace hs::ship {

using audit::EventKind;
using audit::Field;
using wire::Json;
using wire::JsonArray;
using wire::JsonObject;

namespace {

constexpr std::string_view schema_version = "1.8.0";
constexpr std::string_view atlas_version = "5.6.0";
constexpr int other = 99;

// The classes of the schema that are used, by class_uid.
enum class Class : int {
    file = 1001,
    process = 1007,
    finding = 2004,
    incident = 2005,
    authentication = 3002,
    entity = 3004,
    http = 4002,
    application = 6002,
    api = 6003,
    datastore = 6005,
};

struct Shape {
    Class which = Class::api;
    int activity = other;
};

std::string text_in(const Json* object, std::string_view key) {
    const Json* member = object != nullptr ? object->find(key) : nullptr;
    return member != nullptr && member->text() != nullptr ? *member->text() : std::string();
}

std::optional<std::int64_t> number_in(const Json* object, std::string_view key) {
    const Json* member = object != nullptr ? object->find(key) : nullptr;
    const auto* number = member != nullptr ? member->integer() : nullptr;
    return number != nullptr ? std::optional(*number) : std::nullopt;
}

int http_activity(std::string_view method) {
    constexpr std::array<std::string_view, 10> methods = {
        "", "CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT", "TRACE", "PATCH"};
    const auto* found = std::find(methods.begin() + 1, methods.end(), method);
    return found == methods.end() ? other : static_cast<int>(found - methods.begin());
}

int file_activity(const audit::EventFacts& facts, const Json* action) {
    if (facts.effect == "file.read") return 2;
    const std::string operation = text_in(action, "operation");
    if (operation == "create") return 1;
    return operation == "remove" ? 4 : 3;
}

// Builds one event; the members that all classes share first, then those of its class.
class Builder {
  public:
    explicit Builder(const OcsfSource& source)
        : source_(source), event_(source.event), facts_(source.facts) {
        detail_ = event_.json.find("detail");
        const Json* request = detail_ != nullptr ? detail_->find("request") : nullptr;
        action_ = request != nullptr ? request->find("action") : nullptr;
    }

    Json build() {
        const Shape shape = choose();
        add_common(shape);
        add_outcome();
        switch (shape.which) {
            case Class::file:
                add_actor();
                add_device();
                json_["file"] = file();
                break;
            case Class::process:
                add_actor();
                add_device();
                json_["process"] = process();
                break;
            case Class::http:
                add_http();
                break;
            case Class::api:
                add_api();
                break;
            case Class::datastore:
                add_actor();
                json_["src_endpoint"] = endpoint();
                json_["database"] = JsonObject{{"name", "memory"}, {"type_id", other}};
                break;
            case Class::application:
                json_["app"] = application();
                add_device();
                break;
            case Class::authentication:
                json_["user"] = user();
                json_["service"] = JsonObject{{"name", "hardshell"}};
                break;
            case Class::entity:
                json_["entity"] = JsonObject{{"name", entity_name()}, {"type", "AI agent"}};
                break;
            case Class::finding:
                add_finding();
                break;
            case Class::incident:
                add_incident();
                break;
        }
        return std::move(json_);
    }

  private:
    Shape choose() const {
        switch (event_.kind) {
            case EventKind::decision:
            case EventKind::effect_ended:
                return choose_effect();
            case EventKind::connection:
                return {Class::http, http_activity(text_in(detail_, "method"))};
            case EventKind::memory_write:
                return {Class::datastore, 5};
            case EventKind::skill_change:
                return {Class::application, 8};
            case EventKind::process_start:
                return {Class::application, 3};
            case EventKind::process_stop:
                return {Class::application, 4};
            case EventKind::process_crash:
                return {Class::application, 5};
            case EventKind::sign_in:
                return {Class::authentication, 1};
            case EventKind::lockdown:
                return {Class::entity, facts_.outcome == "lifted" ? 13 : 12};
            case EventKind::leaver:
                return {Class::entity, 9};
            case EventKind::finding:
            case EventKind::log_fork:
            case EventKind::clock_jump:
                return {Class::finding, 1};
            case EventKind::incident:
                return {Class::incident, facts_.outcome == "closed"   ? 3
                                         : facts_.outcome == "opened" ? 1
                                                                      : 2};
            case EventKind::message_in:
            case EventKind::message_out:
            case EventKind::model_call:
            case EventKind::approval_requested:
                return {Class::api, 1};
            case EventKind::secret_use:
            case EventKind::log_read:
            case EventKind::doctor:
            case EventKind::review:
                return {Class::api, 2};
            case EventKind::approval_answered:
            case EventKind::config_change:
            case EventKind::policy_change:
            case EventKind::epoch_begun:
                return {Class::api, 3};
            case EventKind::permit_revoked:
                return {Class::api, 4};
            case EventKind::tool_call:
            case EventKind::witness:
            case EventKind::ship:
                return {Class::api, other};
        }
        return {};
    }

    // An effect whose target is known is an event about that target, any other one of our API.
    Shape choose_effect() const {
        const bool ended = event_.kind == EventKind::effect_ended;
        if (facts_.effect == "run") return {Class::process, ended ? 2 : 1};
        if (facts_.effect.starts_with("file.") && !facts_.files.empty()) {
            return {Class::file, file_activity(facts_, action_)};
        }
        if (facts_.effect == "http" && !facts_.hosts.empty()) {
            return {Class::http, http_activity(text_in(action_, "method"))};
        }
        return {Class::api, facts_.effect == "configure" ? 3 : 1};
    }

    void add_common(const Shape& shape) {
        const int uid = static_cast<int>(shape.which);
        json_["class_uid"] = uid;
        json_["category_uid"] = uid / 1000;
        json_["activity_id"] = shape.activity;
        if (shape.activity == other) json_["activity_name"] = audit::kind_name(event_.kind);
        json_["type_uid"] = std::int64_t{uid} * 100 + shape.activity;
        json_["time"] = event_.time_ms;
        json_["time_dt"] = base::format_time(event_.time_ms);
        json_["severity_id"] = static_cast<int>(source_.severity);
        json_["severity"] = severity_name(source_.severity);
        json_["message"] = message();
        add_metadata(shape.which);
        add_tags();
        add_unmapped();
    }

    std::string message() const {
        std::string text(audit::kind_name(event_.kind));
        for (const std::string& part :
             {facts_.outcome, facts_.effect, event_.text(Field::reason)}) {
            if (!part.empty()) text += " " + part;
        }
        return text;
    }

    void add_metadata(Class which) {
        Json& metadata = json_["metadata"];
        metadata["version"] = schema_version;
        metadata["product"] = JsonObject{{"name", "Hardshell"},
                                         {"vendor_name", "Hardshell"},
                                         {"version", source_.machine.version}};
        JsonArray profiles{"security_control", "host", "datetime"};
        ai_profile_ = which == Class::api || which == Class::process || which == Class::datastore;
        if (ai_profile_) profiles.emplace_back("ai_operation");
        metadata["profiles"] = std::move(profiles);
        metadata["log_name"] = source_.place.log;
        metadata["sequence"] = static_cast<std::int64_t>(source_.place.sequence);
        metadata["uid"] = source_.place.log + "#" + std::to_string(source_.place.sequence);
        metadata["event_code"] = audit::kind_name(event_.kind);
        metadata["original_time"] = std::to_string(event_.time_ms);
        if (!facts_.space.empty()) metadata["tenant_uid"] = facts_.space;
        const std::string& tie = facts_.decision.empty() ? facts_.turn : facts_.decision;
        if (!tie.empty()) metadata["correlation_uid"] = tie;
        if (ai_profile_) add_model();
    }

    void add_model() {
        if (!facts_.provider.empty() || !facts_.model.empty()) {
            json_["ai_model"] = JsonObject{{"ai_provider", or_unknown(facts_.provider)},
                                           {"name", or_unknown(facts_.model)}};
        }
        if (event_.kind != EventKind::message_in && event_.kind != EventKind::message_out) return;
        const bool in = event_.kind == EventKind::message_in;
        Json context =
            JsonObject{{"ai_role_id", in ? 1 : 2}, {"service", JsonObject{{"name", "hardshell"}}}};
        if (!facts_.turn.empty()) context["uid"] = facts_.turn;
        if (!in) {
            context["prompt_tokens"] = static_cast<std::int64_t>(facts_.input_tokens);
            context["completion_tokens"] = static_cast<std::int64_t>(facts_.output_tokens);
        }
        json_["message_context"] = std::move(context);
    }

    void add_tags() {
        const Tags tags = tags_of(event_, facts_);
        JsonArray labels;
        for (const std::string& id : tags.owasp) labels.emplace_back("owasp:" + id);
        if (!labels.empty()) json_["metadata"]["labels"] = std::move(labels);
        JsonArray attacks;
        for (const Technique& technique : tags.atlas) {
            attacks.emplace_back(JsonObject{
                {"technique", JsonObject{{"uid", technique.uid}, {"name", technique.name}}},
                {"version", atlas_version}});
        }
        if (!attacks.empty()) json_["attacks"] = std::move(attacks);
    }

    // What 1.8.0 has no member for; 1.9 will have attestation_list.
    void add_unmapped() {
        Json& unmapped = json_["unmapped"];
        unmapped["hardshell"] = place_json(source_.place);
        for (const auto& [name, text] :
             {std::pair{"integrity", &facts_.integrity}, std::pair{"skill", &facts_.skill},
              std::pair{"agent", &facts_.agent}, std::pair{"decision", &facts_.decision}}) {
            if (!text->empty()) unmapped["hardshell"][name] = *text;
        }
        unmapped["attestation_list"].push(JsonObject{
            {"uid", json_["metadata"]["uid"]},
            {"authority_uid", source_.place.log},
            {"fingerprint", JsonObject{{"algorithm_id", 3}, {"value", source_.leaf_hash}}}});
    }

    void add_outcome() {
        const std::string& outcome = facts_.outcome;
        const auto say = [this](int action, int disposition) {
            json_["action_id"] = action;
            json_["disposition_id"] = disposition;
        };
        if (outcome == "allow" || outcome == "consent" || outcome == "placed") say(1, 1);
        if (outcome == "deny" || outcome == "refused") say(2, 2);
        if (outcome == "refusal") say(2, 25);
        if (outcome == "ask") say(3, 23);
        const bool failed = outcome == "failed" || outcome == "timed_out" || outcome == "deny" ||
                            outcome == "refused" || outcome == "refusal";
        const bool done = outcome == "ok" || outcome == "done" || outcome == "allow" ||
                          outcome == "consent" || outcome == "placed" || outcome == "loaded";
        const bool has_own_status =
            event_.kind == EventKind::incident || event_.kind == EventKind::finding ||
            event_.kind == EventKind::log_fork || event_.kind == EventKind::clock_jump;
        if ((failed || done) && !has_own_status) json_["status_id"] = done ? 1 : 2;
        const std::string reason = event_.text(Field::reason);
        if (!reason.empty()) json_["status_detail"] = reason;
        if (const std::string policy = event_.text(Field::policy); !policy.empty()) {
            json_["policy"] = JsonObject{{"name", policy}};
        }
    }

    static std::string or_unknown(const std::string& text) {
        return text.empty() ? "unknown" : text;
    }
    Json user() const { return JsonObject{{"name", or_unknown(facts_.person)}}; }

    void add_actor() {
        Json actor = JsonObject{{"app_name", "hardshell"}};
        if (!facts_.person.empty()) actor["user"] = user();
        if (!facts_.session.empty()) actor["session"] = JsonObject{{"uid", facts_.session}};
        if (!facts_.agent.empty()) actor["invoked_by"] = facts_.agent;
        json_["actor"] = std::move(actor);
    }
    void add_device() {
        json_["device"] = JsonObject{{"hostname", source_.machine.host}, {"type_id", 0}};
    }
    Json endpoint() const { return JsonObject{{"name", source_.machine.host}}; }

    Json file() const {
        const std::string path = facts_.files.empty() ? "unknown" : facts_.files.front();
        std::string name = path.substr(path.rfind('/') + 1);
        if (name.empty()) name = path;
        Json json = JsonObject{{"name", name}, {"path", path}, {"type_id", 1}};
        if (text_in(action_, "what") == "listing") json["type_id"] = 2;
        const std::string sha256 = text_in(action_, "content_sha256");
        if (!sha256.empty()) {
            json["hashes"].push(JsonObject{{"algorithm_id", 3}, {"value", sha256}});
        }
        return json;
    }

    Json process() const {
        Json json =
            JsonObject{{"name", or_unknown(facts_.tool)}, {"uid", or_unknown(facts_.decision)}};
        std::string line;
        const Json* argv = action_ != nullptr ? action_->find("argv") : nullptr;
        if (argv != nullptr && argv->array() != nullptr) {
            for (const Json& word : *argv->array()) {
                if (word.text() != nullptr) line += (line.empty() ? "" : " ") + *word.text();
            }
        }
        if (!line.empty()) json["cmd_line"] = line;
        if (facts_.files.empty()) return json;
        json["file"] = file();
        const std::string sha256 = text_in(action_, "executable_sha256");
        if (!sha256.empty()) {
            json["file"]["hashes"].push(JsonObject{{"algorithm_id", 3}, {"value", sha256}});
        }
        return json;
    }

    void add_http() {
        const Json* from = event_.kind == EventKind::connection ? detail_ : action_;
        const std::string host = facts_.hosts.empty() ? "unknown" : facts_.hosts.front();
        Json url = JsonObject{{"hostname", host}};
        std::string path = text_in(from, "path");
        if (path.empty()) path = text_in(from, "target");
        // The query may hold what was said; it is left out.
        url["path"] = path.empty() ? "/" : path.substr(0, path.find('?'));
        Json destination = JsonObject{{"hostname", host}};
        if (const std::string scheme = text_in(from, "scheme"); !scheme.empty()) {
            url["scheme"] = scheme;
        }
        if (const auto port = number_in(from, "port"); port && *port >= 0 && *port <= 65535) {
            url["port"] = *port;
            destination["port"] = *port;
        }
        Json request = JsonObject{{"url", std::move(url)}};
        const std::string method = text_in(from, "method");
        if (http_activity(method) != other) request["http_method"] = method;
        json_["http_request"] = std::move(request);
        json_["dst_endpoint"] = std::move(destination);
        json_["src_endpoint"] = endpoint();
        if (event_.kind != EventKind::connection) return;
        if (const auto status = number_in(detail_, "status"); status && *status > 0) {
            json_["http_response"] = JsonObject{{"code", *status}};
        }
        json_["traffic"] =
            JsonObject{{"bytes_out", static_cast<std::int64_t>(facts_.sent_bytes)},
                       {"bytes_in", static_cast<std::int64_t>(facts_.received_bytes)}};
        if (const auto ms = number_in(detail_, "duration_ms")) json_["duration"] = *ms;
        const Json* error = detail_ != nullptr ? detail_->find("error") : nullptr;
        if (const std::string what = text_in(error, "what"); !what.empty()) {
            json_["status_detail"] = what;
        }
    }

    void add_api() {
        add_actor();
        add_device();
        json_["src_endpoint"] = endpoint();
        const std::string operation =
            facts_.effect.empty()
                ? std::string(audit::kind_name(event_.kind))
                : std::string(audit::kind_name(event_.kind)) + ":" + facts_.effect;
        json_["api"] =
            JsonObject{{"operation", operation}, {"service", JsonObject{{"name", "hardshell"}}}};
        JsonArray resources;
        for (const std::string& secret : facts_.secrets) {
            resources.emplace_back(JsonObject{{"name", secret}, {"type", "secret"}});
        }
        for (const std::string& host : facts_.hosts) {
            resources.emplace_back(JsonObject{{"name", host}, {"type", "host"}});
        }
        if (const std::string id = event_.text(Field::id); !id.empty()) {
            resources.emplace_back(JsonObject{{"uid", id}, {"type", "subject"}});
        }
        if (!resources.empty()) json_["resources"] = std::move(resources);
    }

    Json application() const {
        std::string name = event_.text(Field::process);
        if (name.empty()) name = text_in(detail_, "skill");
        return JsonObject{{"name", or_unknown(name)}, {"vendor_name", "Hardshell"}};
    }
    std::string entity_name() const {
        return facts_.person.empty() ? "hardshell on " + source_.machine.host : facts_.person;
    }

    Json finding_info() const {
        std::string title = event_.text(Field::reason);
        if (title.empty()) title = text_in(detail_, "title");
        if (title.empty()) title = audit::kind_name(event_.kind);
        std::string uid = event_.text(Field::id);
        if (uid.empty()) uid = source_.place.log + "#" + std::to_string(source_.place.sequence);
        Json info = JsonObject{{"uid", uid}, {"title", title}, {"created_time", event_.time_ms}};
        if (const std::string rule = text_in(detail_, "rule"); !rule.empty()) {
            info["types"] = JsonArray{rule};
        }
        return info;
    }
    void add_finding() {
        json_["finding_info"] = finding_info();
        json_["is_alert"] = source_.severity >= Severity::medium;
        json_["status_id"] = 1;
        add_device();
        if (!facts_.person.empty()) add_actor();
    }
    void add_incident() {
        json_["finding_info_list"].push(finding_info());
        json_["status_id"] = facts_.outcome == "closed" ? 5 : facts_.outcome == "opened" ? 1 : 2;
        json_["assignee"] = user();
        add_device();
    }

    const OcsfSource& source_;
    const audit::RecordedEvent& event_;
    const audit::EventFacts& facts_;
    const Json* detail_ = nullptr;
    const Json* action_ = nullptr;
    bool ai_profile_ = false;
    Json json_;
};

}  // namespace

Json ocsf_body(const OcsfSource& source) {
    return Builder(source).build();
}

}  // namespace hs::ship
