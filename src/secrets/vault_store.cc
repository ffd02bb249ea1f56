#include "secrets/vault_store.h"

#include <fmt/format.h>

#include <algorithm>

namespace hs::secrets {

using base::Code;
using base::fail;
using base::Failure;
using base::Result;
using wire::Json;
using wire::JsonObject;

namespace {

// A life that is longer is treated as this long.
constexpr std::int64_t span_s_max = 10LL * 365 * 86'400;
constexpr std::size_t lease_id_bytes_max = 1'024;
constexpr std::size_t fields_max = 64;

std::string text_of(const crypto::SecretBytes& secret) {
    return std::string(base::text_of(secret.view()));
}

// Every text in it: an answer holds values and tokens.
void wipe_json(Json& json) {
    if (auto* object = json.object()) {
        for (auto& [key, value] : *object) wipe_json(value);
    } else if (auto* array = json.array()) {
        for (Json& value : *array) wipe_json(value);
    } else if (json.text() != nullptr) {
        wipe_text(const_cast<std::string&>(*json.text()));
    }
}

struct WipedJson {
    explicit WipedJson(Json held) : json(std::move(held)) {}
    ~WipedJson() { wipe_json(json); }
    WipedJson(const WipedJson&) = delete;
    WipedJson& operator=(const WipedJson&) = delete;
    Json json;
};

// What the status means, in words; the body's own words may hold anything.
Failure refusal(const std::string& store, int status) {
    switch (status) {
        case 400:
            return fail(Code::invalid_input,
                        fmt::format("the store {} does not take this request; check the "
                                    "reference and the login",
                                    store));
        case 403:
            return fail(Code::denied,
                        fmt::format("the store {} does not permit this; check the policy of its "
                                    "token or role",
                                    store));
        case 404:
            return fail(Code::not_found,
                        fmt::format("the store {} has nothing under this reference", store));
        case 429:
            return fail(Code::exhausted,
                        fmt::format("the store {} is asked too often; wait a moment", store));
        case 472:
        case 473:
            return fail(Code::conflict, fmt::format("the store {} is a standby; name the active "
                                                    "server in its url",
                                                    store));
        case 503:
            return fail(Code::conflict,
                        fmt::format("the store {} is sealed; unseal it, then try again", store));
        default:
            return fail(Code::io, fmt::format("the store {} answered {}", store, status));
    }
}

const Json* object_in(const Json& json, std::string_view key) {
    const Json* found = json.find(key);
    return found != nullptr && found->object() != nullptr ? found : nullptr;
}

}  // namespace

int VaultStore::thirds_over(const Life& life) const {
    if (life.span_s <= 0) return 0;
    const auto over =
        std::chrono::duration_cast<std::chrono::milliseconds>(parts_.clock.steady() - life.since)
            .count();
    return static_cast<int>(std::clamp<std::int64_t>(over * 3 / (life.span_s * 1'000), 0, 3));
}

Result<VaultStore::Life> VaultStore::life_of(const Json& answer, std::string_view span,
                                             Instant since) const {
    const auto span_s = wire::integer_at_or(answer, span, 0);
    const auto renewable = wire::boolean_at_or(answer, "renewable", false);
    if (!span_s || !renewable || *span_s < 0) return wrong_type(parts_.name);
    return Life{std::min(*span_s, span_s_max), *renewable, since};
}

Result<Json> VaultStore::ask(Question question, const StoreWait& wait) {
    StoreRequest request{
        question.method, "/v1/" + question.path, {{"X-Vault-Request", "true"}}, ""};
    if (token_) request.headers.emplace_back("X-Vault-Token", text_of(token_->value));
    if (!login_.name_space.empty()) {
        request.headers.emplace_back("X-Vault-Namespace", login_.name_space);
    }
    if (!question.body.is_null()) {
        request.body = wire::canonical_json(question.body);
        request.headers.emplace_back("Content-Type", "application/json");
        wipe_json(question.body);
    }
    auto reply = parts_.send(request, wait);
    for (auto& [name, value] : request.headers) wipe_text(value);
    wipe_text(request.body);
    if (!reply) return unreachable(parts_.name, reply.error());
    if (reply->status == 204) return Json(JsonObject{});
    if (reply->status != 200) return refusal(parts_.name, reply->status);
    auto json = wire::parse_json(reply->body, {.bytes_max = 1U << 20U, .depth_max = 32});
    wipe_text(reply->body);
    if (!json || json->object() == nullptr) return wrong_type(parts_.name);
    return std::move(*json);
}

Result<> VaultStore::look_at_given_token(const StoreWait& wait) {
    const Instant since = parts_.clock.steady();
    token_ = Token{crypto::SecretBytes::copy_of(login_.credential.view()), {}};
    auto seen = ask({"GET", "auth/token/lookup-self"}, wait);
    const Json* data = seen ? object_in(*seen, "data") : nullptr;
    auto life =
        data != nullptr ? life_of(*data, "ttl", since) : Result<Life>(wrong_type(parts_.name));
    if (seen && life) {
        token_->life = *life;
        return {};
    }
    token_.reset();
    if (!seen && seen.error().code == Code::denied) {
        return fail(Code::denied, fmt::format("the store {} does not know its token any more; set "
                                              "it anew",
                                              parts_.name));
    }
    return seen ? life.failure() : seen.failure();
}

Result<> VaultStore::log_in_by_role(const StoreWait& wait) {
    const Instant since = parts_.clock.steady();
    auto answer =
        ask({"POST", "auth/approle/login",
             JsonObject{{"role_id", login_.role_id}, {"secret_id", text_of(login_.credential)}}},
            wait);
    if (!answer && answer.error().code == Code::invalid_input) {
        return fail(Code::denied, fmt::format("the store {} does not know this role_id and secret "
                                              "id; set them anew",
                                              parts_.name));
    }
    const WipedJson seen(TRY(std::move(answer)));
    const Json* auth = object_in(seen.json, "auth");
    const auto value = auth != nullptr ? wire::text_at(*auth, "client_token")
                                       : Result<std::string>(wrong_type(parts_.name));
    if (!value) return wrong_type(parts_.name);
    const Life life = TRY(life_of(*auth, "lease_duration", since));
    token_ = Token{TRY(checked_value(*value, parts_.name)), life};
    return {};
}

// The leases of a token end with it (Vault, "Lease, renew, and revoke").
Result<> VaultStore::log_in(const StoreWait& wait) {
    token_.reset();
    leases_.clear();
    TRY(note_leases());
    return login_.role_id.empty() ? look_at_given_token(wait) : log_in_by_role(wait);
}

Result<> VaultStore::renew_token(const StoreWait& wait) {
    const Instant since = parts_.clock.steady();
    const WipedJson renewed(TRY(ask({"POST", "auth/token/renew-self", JsonObject{}}, wait)));
    const Json* auth = object_in(renewed.json, "auth");
    if (auth == nullptr) return wrong_type(parts_.name);
    const Life life = TRY(life_of(*auth, "lease_duration", since));
    if (life.span_s > 0) token_->life = life;
    return {};
}

// Renewed after two thirds of its life; at its end there is a new login.
Result<> VaultStore::keep_token(const StoreWait& wait) {
    if (!token_) return log_in(wait);
    const int over = thirds_over(token_->life);
    if (over < 2) return {};
    if (over == 3) return log_in(wait);
    // One that does not renew is used to its end.
    if (token_->life.renewable) static_cast<void>(renew_token(wait).ok());
    return {};
}

// A token that the server has forgotten is told apart from one that may not.
Result<Json> VaultStore::ask_logged_in(const Question& question, const StoreWait& wait) {
    TRY(keep_token(wait));
    auto answer = ask(question, wait);
    if (answer || answer.error().code != Code::denied) return answer;
    // Only a server that says so has forgotten the token; one that is busy has not.
    const auto known = ask({"GET", "auth/token/lookup-self"}, wait);
    if (known || known.error().code != Code::denied) return answer;
    TRY(log_in(wait));
    return ask(question, wait);
}

bool VaultStore::keep_lease(Lease& lease, const StoreWait& wait) {
    const int over = thirds_over(lease.life);
    if (over < 2) return true;
    if (over == 3 || !lease.life.renewable) return over < 3;
    const Instant since = parts_.clock.steady();
    const std::string id = lease.id;
    const auto renewed = ask({"PUT", "sys/leases/renew", JsonObject{{"lease_id", id}}}, wait);
    // The server does not know it any more, or may not be asked: it is not used on trust.
    if (!renewed) return false;
    const auto life = life_of(*renewed, "lease_duration", since);
    if (!life || life->span_s == 0) return false;
    lease.life = *life;
    return true;
}

Result<crypto::SecretBytes> VaultStore::field_of(const Json& fields,
                                                 const StoreReference& wanted) const {
    const std::string name = wanted.field.empty() ? "value" : wanted.field;
    const Json* found = fields.find(name);
    if (found == nullptr) {
        return fail(Code::not_found, fmt::format("the store {} has no field {} under {}",
                                                 parts_.name, name, wanted.path));
    }
    return found->text() != nullptr ? checked_value(*found->text(), parts_.name)
                                    : Result<crypto::SecretBytes>(wrong_type(parts_.name));
}

Result<crypto::SecretBytes> VaultStore::fetch(const std::string& reference,
                                              const std::string& owner, const StoreWait& wait) {
    const StoreReference wanted = TRY(parse_reference(reference));
    TRY(keep_token(wait));  // a new login forgets leases
    give_back_left(wait);
    const LeaseKey key{owner, wanted.path};
    const auto held = leases_.find(key);
    if (held != leases_.end()) {
        if (keep_lease(held->second, wait)) {
            const auto field =
                held->second.fields.find(wanted.field.empty() ? "value" : wanted.field);
            if (field != held->second.fields.end()) {
                return crypto::SecretBytes::copy_of(field->second.view());
            }
            return fail(Code::not_found, fmt::format("the store {} has no field {} under {}",
                                                     parts_.name, wanted.field, wanted.path));
        }
        static_cast<void>(revoke(held->second, wait).ok());  // it may have ended already
        leases_.erase(key);
    }
    if (leases_.size() >= leases_max) {
        return fail(Code::exhausted, fmt::format("the store {} has leased 256 credentials; stop "
                                                 "what no longer needs them",
                                                 parts_.name));
    }
    const Instant since = parts_.clock.steady();
    const WipedJson answer(TRY(ask_logged_in({"GET", wanted.path}, wait)));
    const Json* data = object_in(answer.json, "data");
    const auto id = wire::text_at_or(answer.json, "lease_id", "");
    if (data == nullptr || !id || id->size() > lease_id_bytes_max) return wrong_type(parts_.name);
    if (id->empty()) {  // a version of KV: asked for at each use, and not held
        const Json* version = object_in(*data, "data");
        if (version == nullptr) return wrong_type(parts_.name);
        return field_of(*version, wanted);
    }
    Lease lease{*id, TRY(life_of(answer.json, "lease_duration", since)), {}};
    for (const auto& [name, value] : *data->object()) {
        if (value.text() == nullptr || lease.fields.size() >= fields_max) continue;
        auto checked = checked_value(*value.text(), parts_.name);
        if (checked) lease.fields.emplace(name, std::move(*checked));
    }
    leases_.insert_or_assign(key, std::move(lease));
    const auto noted = note_leases();
    if (noted) return field_of(*data, wanted);
    // What nobody could give back after a crash is not used.
    static_cast<void>(revoke(leases_.at(key), wait).ok());
    leases_.erase(key);
    return noted.failure();
}

Result<> VaultStore::note_leases() {
    std::vector<std::string> ids;
    for (const auto& [key, lease] : leases_) ids.push_back(lease.id);
    return book_.keep(std::move(ids));
}

// The server forgets what has ended by itself; what cannot be asked now waits for the next time.
void VaultStore::give_back_left(const StoreWait& wait) {
    const auto left = book_.left();
    for (const std::string& id : left) {
        const auto revoked = revoke({id, {}, {}}, wait);
        const bool later = !revoked && revoked.error().code != Code::invalid_input &&
                           revoked.error().code != Code::not_found &&
                           revoked.error().code != Code::denied;
        if (later) return;
        book_.forget_left(id);
    }
}

Result<> VaultStore::revoke(const Lease& lease, const StoreWait& wait) {
    TRY(ask({"PUT", "sys/leases/revoke", JsonObject{{"lease_id", lease.id}}}, wait));
    return {};
}

// Once more where the server was busy or the line was cut; what then still stands ends with its
// own time, and the caller says so.
Result<> VaultStore::revoke_twice(const Lease& lease, const StoreWait& wait) {
    const auto first = revoke(lease, wait);
    if (first) return first;
    const Code code = first.error().code;
    if (code == Code::denied || code == Code::not_found || code == Code::timed_out) return first;
    return revoke(lease, wait);
}

Result<> VaultStore::end(const std::string& owner, const StoreWait& wait) {
    Result<> outcome;
    for (auto at = leases_.begin(); at != leases_.end();) {
        if (at->first.first != owner) {
            ++at;
            continue;
        }
        const auto revoked = revoke_twice(at->second, wait);
        if (!revoked) outcome = revoked.failure();
        at = leases_.erase(at);
    }
    const auto noted = note_leases();
    return outcome ? noted : outcome;
}

Result<> VaultStore::close(const StoreWait& wait) {
    Result<> outcome;
    for (const auto& [key, lease] : leases_) {
        const auto revoked = revoke_twice(lease, wait);
        if (!revoked) outcome = revoked.failure();
    }
    leases_.clear();
    const auto noted = note_leases();
    if (outcome && !noted) outcome = noted.failure();
    // A token that was given is its giver's.
    if (token_ && !login_.role_id.empty()) {
        const auto revoked = ask({"POST", "auth/token/revoke-self", JsonObject{}}, wait);
        if (!revoked) outcome = revoked.failure();
    }
    token_.reset();
    return outcome;
}

}  // namespace hs::secrets
