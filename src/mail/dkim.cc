#include "mail/dkim.h"

#include <algorithm>
#include <charconv>
#include <map>

#include "crypto/hash.h"
#include "crypto/rsa_check.h"
#include "crypto/sign.h"
#include "mail/dkim_tags.h"
#include "mail/words.h"

namespace hs::mail {
namespace {

using base::Code;
using base::fail;

constexpr std::int64_t clock_skew_s = 300;

bool is_domain(std::string_view text) {
    return !text.empty() && text.size() <= 253 && text.front() != '.' && text.back() != '.' &&
           !text.contains("..") && std::ranges::all_of(text, [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
                      c == '_';
           });
}

base::Result<std::int64_t> read_time(const DkimTags& tags, std::string_view name) {
    const auto text = dkim_tag(tags, name, "0");
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || value < 0 || text.size() > 12)
        return fail(Code::invalid_input, "a time of a DKIM signature is malformed");
    return value;
}

base::Result<DkimForm> read_form(std::string_view text) {
    if (text == "simple") return DkimForm::simple;
    if (text == "relaxed") return DkimForm::relaxed;
    return fail(Code::invalid_input, "a DKIM signature names an unknown canonical form");
}

base::Result<> read_signer(const DkimTags& tags, DkimSignature& into) {
    into.domain = lower_ascii(dkim_tag(tags, "d"));
    into.selector = lower_ascii(dkim_tag(tags, "s"));
    if (!is_domain(into.domain) || !is_domain(into.selector))
        return fail(Code::invalid_input, "a DKIM signature names no domain or selector");
    into.agent_domain = into.domain;
    if (!tags.contains("i")) return {};
    const auto agent = dkim_tag(tags, "i");
    into.agent_domain = lower_ascii(agent.substr(agent.rfind('@') + 1));
    if (!agent.contains('@') ||
        (into.agent_domain != into.domain && !into.agent_domain.ends_with("." + into.domain)))
        return fail(Code::invalid_input, "a DKIM signature's i= is outside its d=");
    return {};
}

std::string relaxed_line(std::string_view line) {
    std::string result;
    bool gap = false;
    for (const char c : line) {
        if (c == ' ' || c == '\t') {
            gap = true;
            continue;
        }
        if (gap) result += ' ';
        gap = false;
        result += c;
    }
    return result;
}

std::string canonical_body(std::string_view body, DkimForm form) {
    std::string result;
    std::size_t empty_lines = 0;
    while (!body.empty()) {
        const auto end = body.find("\r\n");
        const auto raw = body.substr(0, end);
        const auto line = form == DkimForm::relaxed ? relaxed_line(raw) : std::string(raw);
        body.remove_prefix(end == std::string_view::npos ? body.size() : end + 2);
        if (line.empty()) {
            ++empty_lines;
            continue;
        }
        for (; empty_lines > 0; --empty_lines) result += "\r\n";
        result += line + "\r\n";
    }
    if (result.empty() && form == DkimForm::simple) result = "\r\n";
    return result;
}

// Section 3.4.2: unfolded, runs of white space one space, none at the ends or at the colon.
std::string canonical_field(std::string_view raw, DkimForm form) {
    if (form == DkimForm::simple) return std::string(raw);
    const auto colon = raw.find(':');
    std::string unfolded;
    for (const char c : raw.substr(colon + 1))
        if (c != '\r' && c != '\n') unfolded += c;
    auto value = relaxed_line(unfolded);
    if (value.starts_with(' ')) value.erase(0, 1);
    return lower_ascii(raw.substr(0, colon)) + ":" + value + "\r\n";
}

// Section 5.4.2: a name listed again means the next instance upwards; none left adds nothing.
std::string signed_bytes(const Letter& letter, const LetterField& field,
                         const DkimSignature& signature) {
    std::map<std::string_view, std::vector<const LetterField*>> left;
    for (const auto& each : letter.fields) left[each.name].push_back(&each);
    std::string result;
    for (const auto& name : signature.fields) {
        auto& instances = left[name];
        if (instances.empty()) continue;
        result += canonical_field(instances.back()->raw, signature.header_form);
        instances.pop_back();
    }
    auto own = canonical_field(without_signature(field.raw), signature.header_form);
    if (own.ends_with("\r\n")) own.resize(own.size() - 2);
    return result + own;
}

bool lists(const std::vector<std::string>& entries, std::string_view wanted) {
    return std::ranges::find(entries, wanted) != entries.end();
}

// Section 3.6.1: what the record allows, and the key in it.
base::Result<base::Bytes> read_key(std::string_view record, const DkimSignature& signature) {
    const auto tags = TRY(read_dkim_tags(record));
    if (dkim_tag(tags, "v", "DKIM1") != "DKIM1")
        return fail(Code::denied, "the DKIM key record has another version");
    const auto kind = dkim_tag(tags, "k", "rsa");
    if (kind + "-sha256" != signature.algorithm)
        return fail(Code::denied, "the DKIM key is for another algorithm");
    if (!lists(TRY(colon_list(dkim_tag(tags, "h", "sha256"))), "sha256"))
        return fail(Code::denied, "the DKIM key does not allow SHA-256");
    const auto services = TRY(colon_list(dkim_tag(tags, "s", "*")));
    if (!lists(services, "*") && !lists(services, "email"))
        return fail(Code::denied, "the DKIM key is not for mail");
    const auto flags = TRY(colon_list(dkim_tag(tags, "t")));
    if (lists(flags, "y")) return fail(Code::denied, "the DKIM key is only for testing");
    if (lists(flags, "s") && signature.agent_domain != signature.domain)
        return fail(Code::denied, "the DKIM key does not stand for subdomains");
    const auto key = without_space(dkim_tag(tags, "p"));
    if (key.empty()) return fail(Code::denied, "the DKIM key is revoked");
    return base::from_base64(key);
}

base::Result<> check_signature(const DkimSignature& signature, const base::Bytes& key,
                               std::string_view text) {
    if (signature.algorithm == "rsa-sha256")
        return crypto::check_rsa_sha256(key, base::bytes_of(text), signature.signature);
    crypto::PublicKey public_key{};
    crypto::Signature bytes{};
    if (key.size() != public_key.size() || signature.signature.size() != bytes.size())
        return fail(Code::denied, "the Ed25519 key or signature has another size");
    std::ranges::copy(key, public_key.begin());
    std::ranges::copy(signature.signature, bytes.begin());
    // RFC 8463 section 3: what is signed is the hash.
    if (!crypto::verify(public_key, crypto::sha256(base::bytes_of(text)), bytes))
        return fail(Code::denied, "the Ed25519 signature does not fit");
    return {};
}

base::Result<> check_times(const DkimSignature& signature, std::int64_t now_s) {
    if (signature.signed_at_s > now_s + clock_skew_s)
        return fail(Code::denied, "the DKIM signature comes from the future");
    if (signature.expires_at_s != 0 && signature.expires_at_s < now_s)
        return fail(Code::denied, "the DKIM signature has expired");
    return {};
}

bool covers_what_counts(const DkimSignature& signature, const std::vector<std::string>& more) {
    const auto covered = [&](const std::string& name) { return lists(signature.fields, name); };
    return std::ranges::all_of(more, covered) && lists(signature.fields, "from") &&
           lists(signature.fields, "date") && lists(signature.fields, "message-id");
}

}  // namespace

base::Result<DkimSignature> read_dkim_signature(std::string_view value) {
    const auto tags = TRY(read_dkim_tags(value));
    DkimSignature result;
    if (dkim_tag(tags, "v") != "1")
        return fail(Code::invalid_input, "a DKIM signature has another version than 1");
    if (tags.contains("l"))
        return fail(Code::invalid_input, "a DKIM signature covers a part of the body only (l=)");
    result.algorithm = lower_ascii(dkim_tag(tags, "a"));
    if (result.algorithm != "rsa-sha256" && result.algorithm != "ed25519-sha256")
        return fail(Code::invalid_input, "a DKIM signature is not of SHA-256");
    if (!lists(TRY(colon_list(dkim_tag(tags, "q", "dns/txt"))), "dns/txt"))
        return fail(Code::invalid_input, "a DKIM signature's key is not in DNS");
    const auto forms = lower_ascii(dkim_tag(tags, "c", "simple/simple"));
    const auto slash = forms.find('/');
    result.header_form = TRY(read_form(forms.substr(0, slash)));
    if (slash != std::string::npos) result.body_form = TRY(read_form(forms.substr(slash + 1)));
    TRY(read_signer(tags, result));
    result.fields = TRY(colon_list(dkim_tag(tags, "h")));
    if (!lists(result.fields, "from"))
        return fail(Code::invalid_input, "a DKIM signature does not cover From");
    result.body_hash = TRY(base::from_base64(without_space(dkim_tag(tags, "bh"))));
    result.signature = TRY(base::from_base64(without_space(dkim_tag(tags, "b"))));
    if (result.body_hash.size() != 32 || result.signature.empty())
        return fail(Code::invalid_input, "a DKIM signature lacks its hash or its bytes");
    result.signed_at_s = TRY(read_time(tags, "t"));
    result.expires_at_s = TRY(read_time(tags, "x"));
    if (tags.contains("x") && result.expires_at_s <= result.signed_at_s)
        return fail(Code::invalid_input, "a DKIM signature expires before it was made");
    return result;
}

base::Result<> check_dkim(const Letter& letter, const LetterField& field,
                          const DkimSignature& signature, std::string_view key_record,
                          std::int64_t now_s) {
    TRY(check_times(signature, now_s));
    const auto key = TRY(read_key(key_record, signature));
    const auto body = canonical_body(letter.body, signature.body_form);
    if (!std::ranges::equal(crypto::sha256(base::bytes_of(body)), signature.body_hash))
        return fail(Code::denied, "the body of the mail is not what was signed");
    return check_signature(signature, key, signed_bytes(letter, field, signature));
}

base::Result<std::string> proven_sender(const Letter& letter, const std::vector<std::string>& more,
                                        const KeyLookup& lookup, std::int64_t now_s) {
    const auto from = TRY(only_field(letter, "from"));
    const auto address = TRY(only_address(from.value));
    TRY(only_field(letter, "date"));
    TRY(only_field(letter, "message-id"));
    const auto domain = address.substr(address.find('@') + 1);
    std::size_t asked = 0;
    for (const auto& field : letter.fields) {
        if (field.name != "dkim-signature") continue;
        const auto signature = read_dkim_signature(field.value);
        if (!signature || signature->domain != domain || !covers_what_counts(*signature, more))
            continue;
        if (asked++ == dkim_signatures_max) break;
        const auto record = lookup(signature->key_name());
        if (record && check_dkim(letter, field, *signature, *record, now_s)) return address;
    }
    return fail(Code::denied, "no signature of the sender's own domain holds for this mail");
}

}  // namespace hs::mail
