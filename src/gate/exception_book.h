// ExceptionBook: requests for exceptions, what was answered, and who has consented so far.
//
// What it is for: an exception is asked for by one person and granted by others; the grants
// themselves are in the policy set (exceptions.toml), where decisions find them. One small file,
// replaced whole. What it does not protect from: whoever may write the file as its owner; every
// request, consent and grant is in the log too. Threads: one thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "policy/exceptions.h"
#include "wire/json.h"

namespace hs::gate {

enum class RequestStatus : std::uint8_t { open, granted, withdrawn };
std::string_view name_of(RequestStatus status);

struct ExceptionRequest {
    policy::Exception exception;  // without approver until it is granted
    std::string requester;
    std::string wanted;  // what was denied, in words
    base::WallTime_ms requested_ms = 0;
    RequestStatus status = RequestStatus::open;
    std::vector<policy::Consent> consents;
};
wire::Json to_json(const ExceptionRequest& request);
base::Result<ExceptionRequest> exception_request_from_json(const wire::Json& json);

class ExceptionBook {
  public:
    static constexpr std::size_t open_max = 200;
    static constexpr std::size_t kept_max = 2'000;

    // Reads the file; an empty book where there is none. corrupt names the file.
    static base::Result<ExceptionBook> open(std::string path);

    const ExceptionRequest* find(std::string_view id) const;
    const std::vector<ExceptionRequest>& all() const { return requests_; }
    // exhausted when too many are open. Of those that are settled the oldest is forgotten.
    base::Result<> put(ExceptionRequest request);

  private:
    explicit ExceptionBook(std::string path) : path_(std::move(path)) {}
    base::Result<> save(const std::vector<ExceptionRequest>& requests) const;

    std::string path_;
    std::vector<ExceptionRequest> requests_;
};

}  // namespace hs::gate
