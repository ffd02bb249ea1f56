#include "secrets/sigv4.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "crypto/hash.h"
#include "os/file.h"
#include "wire/json.h"

namespace hs::secrets {
namespace {

std::string read(const std::filesystem::path& path) {
    const auto text = os::read_text(path, 1U << 20U);
    EXPECT_TRUE(text.ok()) << path;
    return text ? *text : "";
}

struct Vector {
    AwsRequest request;
    AwsCredentials credentials;
    AwsScope scope;
    std::string body;
    bool omits_token = false;
    bool signs_body = false;
    std::int64_t expires_s = 0;
};

// The request as the corpus writes it: lines of "Name:value", folded ones begin with a space.
void read_request(const std::string& text, Vector& vector) {
    const std::size_t blank = std::min(text.find("\n\n"), text.size());
    std::string head = text.substr(0, blank);
    if (blank < text.size()) vector.body = text.substr(blank + 2);
    AwsRequest& request = vector.request;
    bool first = true;
    for (std::size_t from = 0; from < head.size();) {
        const std::size_t end = std::min(head.find('\n', from), head.size());
        const std::string line = head.substr(from, end - from);
        from = end + 1;
        if (first) {
            const std::size_t space = line.find(' ');
            const std::string target = line.substr(space + 1, line.rfind(' ') - space - 1);
            request.method = line.substr(0, space);
            const std::size_t mark = std::min(target.find('?'), target.size());
            request.path = target.substr(0, mark);
            request.query = target.substr(std::min(mark + 1, target.size()));
            first = false;
        } else if (line[0] == ' ') {
            request.headers.back().second += "\n" + line;
        } else if (const std::size_t colon = line.find(':'); colon != std::string::npos) {
            request.headers.emplace_back(line.substr(0, colon), line.substr(colon + 1));
        }
    }
}

Vector load(const std::filesystem::path& folder) {
    Vector vector;
    const auto json = wire::parse_json(read(folder / "context.json"));
    EXPECT_TRUE(json.ok());
    const wire::Json& held = *json->find("credentials");
    vector.credentials.access_key_id = *wire::text_at(held, "access_key_id");
    vector.credentials.secret_access_key =
        crypto::SecretBytes::copy_of(base::bytes_of(*wire::text_at(held, "secret_access_key")));
    vector.credentials.session_token = *wire::text_at_or(held, "token", "");
    std::string time = *wire::text_at(*json, "timestamp");
    std::erase_if(time, [](char c) { return c == '-' || c == ':'; });
    vector.scope = {*wire::text_at(*json, "region"), *wire::text_at(*json, "service"), time};
    vector.omits_token = *wire::boolean_at_or(*json, "omit_session_token", false);
    vector.signs_body = *wire::boolean_at(*json, "sign_body");
    vector.expires_s = *wire::integer_at(*json, "expiration_in_seconds");
    std::string text = read(folder / "request.txt");
    text.erase(0, text.find_first_not_of('\n'));
    read_request(text, vector);
    vector.request.path_form =
        *wire::boolean_at(*json, "normalize") ? PathForm::normalized : PathForm::as_is;
    vector.request.body_sha256 = base::to_hex(crypto::sha256(base::bytes_of(vector.body)));
    return vector;
}

std::vector<std::filesystem::path> folders() {
    const char* corpora = std::getenv("HARDSHELL_CORPORA");
    std::vector<std::filesystem::path> found;
    if (corpora == nullptr) return found;
    std::error_code none;
    for (const auto& entry :
         std::filesystem::directory_iterator(std::string(corpora) + "/sigv4/v4", none)) {
        found.push_back(entry.path());
    }
    return found;
}

TEST(SigV4Test, SignsEveryVectorInItsHeaders) {
    if (folders().empty()) GTEST_SKIP() << "no corpora here";
    EXPECT_EQ(folders().size(), 38U);
    for (const auto& folder : folders()) {
        Vector vector = load(folder);
        auto& headers = vector.request.headers;
        headers.emplace_back("X-Amz-Date", vector.scope.date_time);
        if (vector.signs_body) {
            headers.emplace_back("X-Amz-Content-Sha256", vector.request.body_sha256);
        }
        const std::string& token = vector.credentials.session_token;
        if (!token.empty() && !vector.omits_token) {
            headers.emplace_back("X-Amz-Security-Token", token);
        }
        const std::string canonical = canonical_request(vector.request);
        EXPECT_EQ(canonical, read(folder / "header-canonical-request.txt")) << folder;
        const std::string text = string_to_sign(vector.scope, canonical);
        EXPECT_EQ(text, read(folder / "header-string-to-sign.txt")) << folder;
        const std::string signed_text = signature(vector.credentials, vector.scope, text);
        EXPECT_EQ(signed_text, read(folder / "header-signature.txt")) << folder;
        const std::string field = authorization(vector.request, vector.credentials, vector.scope);
        EXPECT_NE(read(folder / "header-signed-request.txt").find(field), std::string::npos);
    }
}

TEST(SigV4Test, SignsEveryVectorInItsQuery) {
    for (const auto& folder : folders()) {
        Vector vector = load(folder);
        std::string& query = vector.request.query;
        const auto add = [&](const std::string& name, const std::string& value) {
            query += (query.empty() ? "" : "&") + name + "=" + aws_percent(value);
        };
        add("X-Amz-Algorithm", "AWS4-HMAC-SHA256");
        add("X-Amz-Credential",
            vector.credentials.access_key_id + "/" + vector.scope.date_time.substr(0, 8) + "/" +
                vector.scope.region + "/" + vector.scope.service + "/aws4_request");
        add("X-Amz-Date", vector.scope.date_time);
        add("X-Amz-SignedHeaders", signed_headers(vector.request));
        add("X-Amz-Expires", std::to_string(vector.expires_s));
        const std::string& token = vector.credentials.session_token;
        if (!token.empty() && !vector.omits_token) add("X-Amz-Security-Token", token);
        const std::string canonical = canonical_request(vector.request);
        EXPECT_EQ(canonical, read(folder / "query-canonical-request.txt")) << folder;
        EXPECT_EQ(
            signature(vector.credentials, vector.scope, string_to_sign(vector.scope, canonical)),
            read(folder / "query-signature.txt"))
            << folder;
    }
}

TEST(SigV4Test, TimesAreWrittenAsAwsWritesThem) {
    EXPECT_EQ(aws_date_time(1'440'938'160'000), "20150830T123600Z");
}

}  // namespace
}  // namespace hs::secrets
