// SigV4: AWS Signature Version 4 of one request (AWS Signature Version 4, "Create a signed AWS API
// request"; the vectors of awslabs/aws-c-auth test it).
//
// What it does not protect from: replay within the minutes that AWS grants a time stamp.
// Threads: pure functions.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "crypto/secret.h"

namespace hs::secrets {

struct AwsCredentials {
    std::string access_key_id;
    crypto::SecretBytes secret_access_key;
    std::string session_token;  // empty: long-lived credentials
};

struct AwsScope {
    std::string region;
    std::string service;
    std::string date_time;  // 20150830T123600Z
};
std::string aws_date_time(base::WallTime_ms time_ms);

enum class PathForm : std::uint8_t { as_is, normalized };

struct AwsRequest {
    std::string method;
    std::string path;   // not yet percent-encoded
    std::string query;  // without the mark
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body_sha256;  // hexadecimal
    PathForm path_form = PathForm::normalized;
};

// The parts, as AWS names them.
std::string canonical_request(const AwsRequest& request);
std::string string_to_sign(const AwsScope& scope, const std::string& canonical);
std::string signature(const AwsCredentials& credentials, const AwsScope& scope,
                      const std::string& text);

// The Authorization field of a request whose headers are all to be signed. X-Amz-Date stands among
// them already, and X-Amz-Security-Token where it is to be signed.
std::string authorization(const AwsRequest& request, const AwsCredentials& credentials,
                          const AwsScope& scope);
// The names of the headers, as they are signed: lower case, sorted, joined by semicolons.
std::string signed_headers(const AwsRequest& request);
std::string aws_percent(std::string_view text);

}  // namespace hs::secrets
