#include "egress/hook_signature.h"

#include <algorithm>
#include <charconv>

#include "base/bytes.h"
#include "crypto/mac.h"
#include "gate/channel_setting.h"

namespace hs::egress {

using base::Code;
using base::fail;
using base::Result;

namespace {

constexpr std::string_view hub_field = "X-Hub-Signature-256";
constexpr std::string_view hub_mark = "sha256=";
constexpr std::string_view secret_mark = "whsec_";
constexpr std::string_view version_mark = "v1,";
constexpr std::size_t id_bytes_max = 128;
constexpr std::size_t signatures_max = 8;  // of old and new secrets
constexpr std::size_t challenge_bytes_max = 256;

base::Failure unsigned_request() {
    return fail(Code::denied, "the request is not signed with this channel's secret");
}

bool is_word(std::string_view text, std::string_view more) {
    return std::all_of(text.begin(), text.end(), [&](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
               more.find(c) != std::string_view::npos;
    });
}

Result<std::string_view> field_of(const net::Headers& headers, std::string_view name) {
    const auto found = headers.only(name);
    if (!found || !*found || (*found)->empty()) return unsigned_request();
    return **found;
}

Result<> check_hub(const net::Headers& headers, std::string_view body,
                   const crypto::SecretBytes& secret) {
    const std::string_view field = TRY(field_of(headers, hub_field));
    if (!field.starts_with(hub_mark)) return unsigned_request();
    const auto given = base::from_hex(field.substr(hub_mark.size()));
    const crypto::Mac mac = crypto::hmac_sha256(secret.view(), base::bytes_of(body));
    if (!given || !crypto::equal(*given, mac)) return unsigned_request();
    return {};
}

// "whsec_" and the key in base64; any other secret is the key itself.
Result<crypto::SecretBytes> key_of(const crypto::SecretBytes& secret) {
    const std::string_view text = base::text_of(secret.view());
    if (!text.starts_with(secret_mark)) return crypto::SecretBytes::copy_of(secret.view());
    auto bytes = base::from_base64(text.substr(secret_mark.size()));
    if (!bytes || bytes->empty()) {
        return fail(Code::denied, "the channel's secret begins with whsec_ and is no base64");
    }
    auto key = crypto::SecretBytes::copy_of(*bytes);
    crypto::wipe(*bytes);
    return key;
}

Result<std::string> check_standard(const net::Headers& headers, std::string_view body,
                                   const crypto::SecretBytes& secret, base::WallTime_ms now_ms) {
    const std::string_view id = TRY(field_of(headers, "webhook-id"));
    const std::string_view time = TRY(field_of(headers, "webhook-timestamp"));
    std::string_view signatures = TRY(field_of(headers, "webhook-signature"));
    // A dot in the id would let its end be read as the time.
    if (id.size() > id_bytes_max || !is_word(id, "_-")) return unsigned_request();
    std::int64_t at_s = 0;
    const auto read = std::from_chars(time.data(), time.data() + time.size(), at_s);
    if (read.ec != std::errc() || read.ptr != time.data() + time.size() || time.size() > 12) {
        return unsigned_request();
    }
    const crypto::SecretBytes key = TRY(key_of(secret));
    std::string content(id);
    content.append(".").append(time).append(".").append(body);
    const crypto::Mac mac = crypto::hmac_sha256(key.view(), base::bytes_of(content));
    bool fits = false;
    for (std::size_t i = 0; i < signatures_max && !signatures.empty(); ++i) {
        const std::string_view one = signatures.substr(0, signatures.find(' '));
        signatures.remove_prefix(std::min(signatures.size(), one.size() + 1));
        if (!one.starts_with(version_mark)) continue;
        const auto given = base::from_base64(one.substr(version_mark.size()));
        fits = (given && crypto::equal(*given, mac)) || fits;
    }
    if (!fits) return unsigned_request();
    const std::int64_t apart_ms = now_ms - at_s * 1'000;
    if (apart_ms > hook_tolerance_ms || apart_ms < -hook_tolerance_ms) {
        return fail(Code::denied, "the request was signed more than five minutes from now");
    }
    return std::string(id);
}

// A member of a query, where it stands once; percent signs have no place in what we look for.
std::string_view member_of(std::string_view query, std::string_view name) {
    std::string_view found;
    while (!query.empty()) {
        const std::string_view pair = query.substr(0, query.find('&'));
        query.remove_prefix(std::min(query.size(), pair.size() + 1));
        if (!pair.starts_with(name) || pair.substr(name.size(), 1) != "=") continue;
        if (!found.empty()) return {};
        found = pair.substr(name.size() + 1);
    }
    return found;
}

}  // namespace

HookForm hook_form(std::string_view header) {
    if (header == "(hub-signature)") return HookForm::hub;
    if (header == "(webhook-signature)") return HookForm::standard;
    return HookForm::none;
}

Result<> check_signed(HookForm form, const net::Headers& headers) {
    if (form == HookForm::none) return unsigned_request();
    if (form == HookForm::hub) {
        TRY(field_of(headers, hub_field));
        return {};
    }
    for (const char* name : {"webhook-id", "webhook-timestamp", "webhook-signature"}) {
        TRY(field_of(headers, name));
    }
    return {};
}

Result<std::string> check_signature(HookForm form, const net::Headers& headers,
                                    std::string_view body, const crypto::SecretBytes& secret,
                                    base::WallTime_ms now_ms) {
    if (secret.view().empty()) return unsigned_request();
    if (form == HookForm::standard) return check_standard(headers, body, secret, now_ms);
    if (form != HookForm::hub) return unsigned_request();
    TRY(check_hub(headers, body, secret));
    return std::string();
}

Result<std::string> answer_challenge(std::string_view query, const crypto::SecretBytes& secret) {
    const std::string_view challenge = member_of(query, "hub.challenge");
    const std::string token = gate::verify_token(secret.view());
    const bool fits =
        !secret.view().empty() && member_of(query, "hub.mode") == "subscribe" &&
        crypto::equal(base::bytes_of(member_of(query, "hub.verify_token")), base::bytes_of(token));
    // It is said back: nothing that a browser could take for a page.
    if (!fits || challenge.empty() || challenge.size() > challenge_bytes_max ||
        !is_word(challenge, "_-.")) {
        return fail(Code::denied, "the subscription does not hold the verify token");
    }
    return std::string(challenge);
}

}  // namespace hs::egress
