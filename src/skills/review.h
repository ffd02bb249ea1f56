// Reviews: what a person has signed about one version of a skill, and what that makes it worth.
//
// What it is for: the tier of a skill comes from a signature (Ed25519) of somebody whose key the
// organisation or the person has configured, over the exact digest of the folder, and ends after a
// quarter. What it does not protect from: a reviewer who signs without reading; a key that others
// have. Threads: values; pure functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "crypto/sign.h"
#include "policy/words.h"
#include "skills/permissions.h"
#include "wire/json.h"

namespace hs::skills {

inline constexpr std::int64_t review_life_ms = std::int64_t{92} * 24 * 3600 * 1000;  // a quarter

struct Review {
    enum class Verdict : std::uint8_t { approved, blocked };
    std::string skill;
    std::string digest;  // of the folder that was read
    std::string reviewer;
    Verdict verdict = Verdict::approved;
    std::string scan;  // the scanner's verdict at that time
    std::string note;  // what the reviewer found, at most 2,000 bytes
    base::WallTime_ms at_ms = 0;
    base::WallTime_ms expiry_ms = 0;
    std::string signature;  // base64
};

struct Reviewer {
    std::string name;
    crypto::PublicKey key{};
    std::vector<std::string> roles;  // "security"
};

// [[reviewer]] name = "…", key = "base64", roles = ["security"]; invalid_input names the line.
base::Result<std::vector<Reviewer>> reviewers_from_toml(std::string_view file,
                                                        std::string_view text);

base::Bytes signed_bytes(const Review& review);
void sign(Review& review, const crypto::SigningKey& key);
wire::Json to_json(const Review& review);
base::Result<Review> review_from_json(const wire::Json& json);

struct Standing {
    policy::TrustTier tier = policy::TrustTier::tier4;
    std::string reason;  // "reviewed by ann until 2027-02-28", "nobody has reviewed it"
};
// Of one version: blocked by any valid review that blocks it; tier1 by a valid, unexpired approval,
// from a reviewer with the role "security" where the manifest touches authentication, network or
// files; tier4 otherwise.
Standing standing_of(const std::string& skill, const Permissions& permissions,
                     const std::string& digest, const std::vector<Review>& reviews,
                     const std::vector<Reviewer>& reviewers, base::WallTime_ms now_ms);
// "builtin", "reviewed", "community" or "blocked".
std::string_view tier_word(policy::TrustTier tier);

}  // namespace hs::skills
