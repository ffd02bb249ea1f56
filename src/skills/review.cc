#include "skills/review.h"

#include <fmt/format.h>

#include <algorithm>

#include "policy/table_reader.h"
#include "wire/utf8.h"

namespace hs::skills {

using base::Code;
using base::fail;
using base::Result;
using policy::TrustTier;
using wire::Json;
using wire::JsonObject;

namespace {

constexpr std::size_t note_bytes_max = 2'000;
constexpr std::size_t reviewers_max = 200;

JsonObject members(const Review& review) {
    return {{"skill", review.skill},
            {"digest", review.digest},
            {"reviewer", review.reviewer},
            {"verdict", review.verdict == Review::Verdict::approved ? "approved" : "blocked"},
            {"scan", review.scan},
            {"note", review.note},
            {"at_ms", review.at_ms},
            {"expiry_ms", review.expiry_ms}};
}

bool is_signed_by(const Review& review, const Reviewer& reviewer) {
    const auto bytes = base::from_base64(review.signature);
    crypto::Signature signature{};
    if (!bytes || bytes->size() != signature.size()) return false;
    std::copy(bytes->begin(), bytes->end(), signature.begin());
    return crypto::verify(reviewer.key, signed_bytes(review), signature);
}

}  // namespace

Result<std::vector<Reviewer>> reviewers_from_toml(std::string_view file, std::string_view text) {
    const auto document = TRY(policy::parse_named_toml(file, text));
    policy::TableReader root(document, file);
    std::vector<Reviewer> reviewers;
    for (auto& row : TRY(root.tables("reviewer"))) {
        Reviewer made;
        made.name = TRY(row.text("name"));
        const auto key = base::from_base64(TRY(row.text("key")));
        if (!key || key->size() != made.key.size()) {
            return row.refuse("key", "the base64 of an Ed25519 public key was expected");
        }
        std::copy(key->begin(), key->end(), made.key.begin());
        made.roles = TRY(row.texts("roles"));
        TRY(row.finish());
        reviewers.push_back(std::move(made));
        if (reviewers.size() > reviewers_max) return root.refuse("reviewer", "too many");
    }
    TRY(root.finish());
    return reviewers;
}

base::Bytes signed_bytes(const Review& review) {
    return base::copy_bytes(
        base::bytes_of("hardshell skill review 1\n" + wire::canonical_json(members(review))));
}

void sign(Review& review, const crypto::SigningKey& key) {
    review.signature = base::to_base64(key.sign(signed_bytes(review)));
}

Json to_json(const Review& review) {
    JsonObject object = members(review);
    object["signature"] = review.signature;
    return object;
}

Result<Review> review_from_json(const Json& json) {
    Review review;
    review.skill = TRY(wire::text_at(json, "skill"));
    review.digest = TRY(wire::text_at(json, "digest"));
    review.reviewer = TRY(wire::text_at(json, "reviewer"));
    const std::string verdict = TRY(wire::text_at(json, "verdict"));
    if (verdict != "approved" && verdict != "blocked") {
        return fail(Code::invalid_input, "a review's verdict is approved or blocked");
    }
    review.verdict = verdict == "blocked" ? Review::Verdict::blocked : Review::Verdict::approved;
    review.scan = TRY(wire::text_at(json, "scan"));
    review.note = std::string(wire::cut_utf8(TRY(wire::text_at(json, "note")), note_bytes_max));
    review.at_ms = TRY(wire::integer_at(json, "at_ms"));
    review.expiry_ms = TRY(wire::integer_at(json, "expiry_ms"));
    review.signature = TRY(wire::text_at(json, "signature"));
    if (review.expiry_ms < review.at_ms || review.expiry_ms - review.at_ms > review_life_ms) {
        return fail(Code::invalid_input, "a review holds for a quarter at most");
    }
    return review;
}

Standing standing_of(const std::string& skill, const Permissions& permissions,
                     const std::string& digest, const std::vector<Review>& reviews,
                     const std::vector<Reviewer>& reviewers, base::WallTime_ms now_ms) {
    const bool needs_security = permissions.needs_security_review();
    Standing standing{TrustTier::tier4, "nobody has reviewed it"};
    for (const Review& review : reviews) {
        const auto reviewer =
            std::find_if(reviewers.begin(), reviewers.end(),
                         [&](const Reviewer& one) { return one.name == review.reviewer; });
        if (review.skill != skill || review.digest != digest || reviewer == reviewers.end() ||
            !is_signed_by(review, *reviewer)) {
            continue;
        }
        const std::string day = base::format_time(review.expiry_ms).substr(0, 10);
        if (review.verdict == Review::Verdict::blocked) {
            return {TrustTier::blocked, fmt::format("{} has blocked it", review.reviewer)};
        }
        const bool is_security = std::find(reviewer->roles.begin(), reviewer->roles.end(),
                                           "security") != reviewer->roles.end();
        if (now_ms >= review.expiry_ms || now_ms < review.at_ms) {
            standing.reason = fmt::format("the review by {} ended on {}", review.reviewer, day);
        } else if (needs_security && !is_security) {
            standing.reason = fmt::format(
                "{} is no security reviewer, and it touches "
                "authentication, network or files",
                review.reviewer);
        } else {
            standing = {TrustTier::tier1,
                        fmt::format("reviewed by {} until {}", review.reviewer, day)};
        }
    }
    return standing;
}

std::string_view tier_word(TrustTier tier) {
    if (tier == TrustTier::builtin) return "builtin";
    if (tier == TrustTier::blocked) return "blocked";
    return tier == TrustTier::tier1 || tier == TrustTier::tier2 ? "reviewed" : "community";
}

}  // namespace hs::skills
