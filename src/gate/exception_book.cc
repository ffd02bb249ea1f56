#include "gate/exception_book.h"

#include <fmt/format.h>

#include <algorithm>

#include "os/file.h"

namespace hs::gate {
namespace {

using base::Code;
using base::fail;
using base::Result;
using policy::Exception;
using wire::Json;

constexpr std::size_t book_bytes_max = std::size_t{16} << 20U;
constexpr std::size_t consents_max = 64;
constexpr std::string_view status_names[] = {"open", "granted", "withdrawn"};

Json json_of(const Exception& exception) {
    Json effects{wire::JsonArray{}};
    for (const policy::Effect effect : exception.effects) effects.push(policy::name_of(effect));
    return wire::JsonObject{{"id", exception.id},
                            {"lifts", exception.lifts},
                            {"effects", std::move(effects)},
                            {"target", exception.target},
                            {"space", exception.space},
                            {"project", exception.project},
                            {"person", exception.person},
                            {"owner", exception.owner},
                            {"reason", exception.reason},
                            {"until_ms", exception.until_ms}};
}

Result<Exception> exception_from(const Json& json) {
    Exception exception;
    exception.id = TRY(wire::text_at(json, "id"));
    exception.lifts = TRY(wire::text_at(json, "lifts"));
    for (const Json& item : *TRY(wire::array_at(json, "effects"))) {
        const auto effect =
            item.text() ? policy::word_from_name<policy::Effect>(*item.text()) : std::nullopt;
        if (!effect) return fail(Code::corrupt, "an exception names an effect that is none");
        exception.effects.push_back(*effect);
    }
    exception.target = TRY(wire::text_at(json, "target"));
    exception.space = TRY(wire::text_at(json, "space"));
    exception.project = TRY(wire::text_at(json, "project"));
    exception.person = TRY(wire::text_at(json, "person"));
    exception.owner = TRY(wire::text_at(json, "owner"));
    exception.reason = TRY(wire::text_at(json, "reason"));
    exception.until_ms = TRY(wire::integer_at(json, "until_ms"));
    return exception;
}

Result<policy::Consent> consent_from(const Json& json) {
    policy::Consent consent;
    consent.person = TRY(wire::text_at(json, "person"));
    for (const Json& role : *TRY(wire::array_at(json, "roles"))) {
        if (role.text() != nullptr) consent.roles.push_back(*role.text());
    }
    consent.at_ms = TRY(wire::integer_at(json, "at_ms"));
    consent.until_ms = TRY(wire::integer_at(json, "until_ms"));
    return consent;
}

}  // namespace

std::string_view name_of(RequestStatus status) {
    return status_names[static_cast<std::size_t>(status)];
}

Json to_json(const ExceptionRequest& request) {
    Json consents{wire::JsonArray{}};
    for (const policy::Consent& consent : request.consents) {
        Json roles{wire::JsonArray{}};
        for (const std::string& role : consent.roles) roles.push(role);
        consents.push(wire::JsonObject{{"person", consent.person},
                                       {"roles", std::move(roles)},
                                       {"at_ms", consent.at_ms},
                                       {"until_ms", consent.until_ms}});
    }
    return wire::JsonObject{{"exception", json_of(request.exception)},
                            {"requester", request.requester},
                            {"wanted", request.wanted},
                            {"requested_ms", request.requested_ms},
                            {"status", name_of(request.status)},
                            {"consents", std::move(consents)}};
}

Result<ExceptionRequest> exception_request_from_json(const Json& json) {
    ExceptionRequest request;
    const Json* exception = json.find("exception");
    if (exception == nullptr) return fail(Code::corrupt, "a request without its exception");
    request.exception = TRY(exception_from(*exception));
    request.requester = TRY(wire::text_at(json, "requester"));
    request.wanted = TRY(wire::text_at(json, "wanted"));
    request.requested_ms = TRY(wire::integer_at(json, "requested_ms"));
    const std::string status = TRY(wire::text_at(json, "status"));
    const auto known = std::find(std::begin(status_names), std::end(status_names), status);
    if (known == std::end(status_names)) return fail(Code::corrupt, "a request of no status");
    request.status = static_cast<RequestStatus>(known - std::begin(status_names));
    const auto& consents = *TRY(wire::array_at(json, "consents"));
    if (consents.size() > consents_max) return fail(Code::corrupt, "too many consents");
    for (const Json& consent : consents) request.consents.push_back(TRY(consent_from(consent)));
    return request;
}

Result<ExceptionBook> ExceptionBook::open(std::string path) {
    ExceptionBook book(std::move(path));
    const auto text = os::read_text(book.path_, book_bytes_max);
    if (!text && text.error().code == Code::not_found) return book;
    const auto json = wire::parse_json(TRY(text));
    const Json* list = json ? json->find("requests") : nullptr;
    if (list == nullptr || list->array() == nullptr) {
        return fail(Code::corrupt, fmt::format("{} is no book of exception requests; put a backup "
                                               "in its place, or remove it",
                                               book.path_));
    }
    for (const Json& item : *list->array()) {
        book.requests_.push_back(TRY(exception_request_from_json(item)));
    }
    return book;
}

const ExceptionRequest* ExceptionBook::find(std::string_view id) const {
    for (const ExceptionRequest& request : requests_) {
        if (request.exception.id == id) return &request;
    }
    return nullptr;
}

Result<> ExceptionBook::save(const std::vector<ExceptionRequest>& requests) const {
    Json list{wire::JsonArray{}};
    for (const ExceptionRequest& request : requests) list.push(to_json(request));
    const Json whole = wire::JsonObject{{"requests", std::move(list)}};
    return os::write_file_atomic(path_, base::bytes_of(wire::canonical_json(whole)));
}

Result<> ExceptionBook::put(ExceptionRequest request) {
    std::vector<ExceptionRequest> changed = requests_;
    const auto same = [&](const ExceptionRequest& known) {
        return known.exception.id == request.exception.id;
    };
    const auto known = std::find_if(changed.begin(), changed.end(), same);
    if (known != changed.end()) {
        *known = std::move(request);
    } else {
        const auto is_open = [](const ExceptionRequest& other) {
            return other.status == RequestStatus::open;
        };
        if (std::count_if(changed.begin(), changed.end(), is_open) >=
            static_cast<std::ptrdiff_t>(open_max)) {
            return fail(Code::exhausted,
                        "too many requests are open; answer or revoke some: "
                        "hardshell policy exception list");
        }
        if (changed.size() >= kept_max) {
            const auto settled = std::find_if_not(changed.begin(), changed.end(), is_open);
            if (settled != changed.end()) changed.erase(settled);
        }
        changed.push_back(std::move(request));
    }
    TRY(save(changed));
    requests_ = std::move(changed);
    return {};
}

}  // namespace hs::gate
