#include "secrets/aws_store.h"

#include <fmt/format.h>

#include "crypto/hash.h"
#include "wire/json.h"

namespace hs::secrets {

using base::Code;
using base::fail;
using base::Failure;
using base::Result;
using wire::Json;
using wire::JsonObject;

namespace {

// Errors come as JSON with __type, those of signatures and permissions also as XML.
Failure refusal(const std::string& store, const StoreReply& reply) {
    const auto says = [&](std::string_view word) {
        return reply.body.find(word) != std::string::npos;
    };
    if (says("ResourceNotFoundException")) {
        return fail(Code::not_found,
                    fmt::format("the store {} has nothing under this reference", store));
    }
    if (says("SignatureDoesNotMatch") || says("InvalidClientTokenId") ||
        says("UnrecognizedClientException") || says("IncompleteSignature")) {
        return fail(Code::denied, fmt::format("the store {} does not know these credentials; set "
                                              "them anew",
                                              store));
    }
    if (says("ExpiredToken") || says("RequestExpired")) {
        return fail(Code::denied, fmt::format("the store {} says that the credentials or this "
                                              "machine's clock are past their time",
                                              store));
    }
    if (says("ThrottlingException") || reply.status == 429) {
        return fail(Code::exhausted,
                    fmt::format("the store {} is asked too often; wait a moment", store));
    }
    if (reply.status == 403 || says("AccessDenied")) {
        return fail(Code::denied, fmt::format("the store {} does not permit "
                                              "secretsmanager:GetSecretValue for this secret",
                                              store));
    }
    return fail(Code::io, fmt::format("the store {} answered {}", store, reply.status));
}

}  // namespace

StoreRequest AwsStore::request_for(const std::string& secret_id) const {
    StoreRequest request;
    request.method = "POST";
    request.target = "/";
    request.body = wire::canonical_json(JsonObject{{"SecretId", secret_id}});
    AwsRequest to_sign;
    to_sign.method = request.method;
    to_sign.path = "/";
    to_sign.body_sha256 = base::to_hex(crypto::sha256(base::bytes_of(request.body)));
    const AwsScope scope{region_, "secretsmanager", aws_date_time(parts_.clock.wall_ms())};
    request.headers = {{"Content-Type", "application/x-amz-json-1.1"},
                       {"X-Amz-Date", scope.date_time},
                       {"X-Amz-Target", "secretsmanager.GetSecretValue"}};
    if (!credentials_.session_token.empty()) {
        request.headers.emplace_back("X-Amz-Security-Token", credentials_.session_token);
    }
    to_sign.headers = request.headers;
    to_sign.headers.emplace_back("Host", host_);
    request.headers.emplace_back("Authorization", authorization(to_sign, credentials_, scope));
    return request;
}

Result<crypto::SecretBytes> AwsStore::fetch(const std::string& reference, const std::string&,
                                            const StoreWait& wait) {
    const StoreReference wanted = TRY(parse_reference(reference));
    StoreRequest request = request_for(wanted.path);
    auto reply = parts_.send(request, wait);
    for (auto& [name, value] : request.headers) wipe_text(value);
    if (!reply) return unreachable(parts_.name, reply.error());
    if (reply->status != 200) return refusal(parts_.name, *reply);
    const auto json = wire::parse_json(reply->body, {.bytes_max = 1U << 20U, .depth_max = 32});
    wipe_text(reply->body);
    auto text = json ? wire::text_at(*json, "SecretString") : Result<std::string>(json.failure());
    if (!text) return wrong_type(parts_.name);
    auto value = field_of(*text, wanted);
    wipe_text(*text);
    return value;
}

// The whole text, or one member of the JSON object that the text is.
Result<crypto::SecretBytes> AwsStore::field_of(const std::string& text,
                                               const StoreReference& wanted) const {
    if (wanted.field.empty()) return checked_value(text, parts_.name);
    const auto members = wire::parse_json(text, {.bytes_max = 1U << 20U, .depth_max = 32});
    const Json* member =
        members && members->object() != nullptr ? members->find(wanted.field) : nullptr;
    if (member != nullptr && member->text() == nullptr) return wrong_type(parts_.name);
    if (member != nullptr) return checked_value(*member->text(), parts_.name);
    return fail(Code::not_found, fmt::format("the store {} has no field {} under {}", parts_.name,
                                             wanted.field, wanted.path));
}

}  // namespace hs::secrets
