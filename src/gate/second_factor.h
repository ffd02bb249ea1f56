// SecondFactors: codes of an authenticator (TOTP, RFC 6238), by which a person who approves shows
// that it is them and not whoever sits at their screen or holds their account.
//
// What it is for: rules with @factor("totp"). A code counts once, in its step of 30 seconds or the
// ones beside it; five wrong ones lock the person's codes for a quarter of an hour, also across a
// restart. The keys lie sealed in one file; they are shown once, when they are made.
// What it does not protect from: whoever can destroy the state starts without any factor, and a
// rule that asks for one is then met by nobody; a person who tells the code to another.
// Threads: one thread.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "audit/log.h"
#include "base/clock.h"
#include "base/result.h"
#include "crypto/secret.h"

namespace hs::gate {

class Keeper;

class SecondFactors {
  public:
    static constexpr std::size_t persons_max = 1'000;
    static constexpr int wrong_max = 5;
    static constexpr std::int64_t locked_ms = 15 * 60'000;
    static constexpr std::int64_t begun_life_ms = 10 * 60'000;

    // corrupt when the file does not open under the key.
    static base::Result<SecondFactors> open(std::string file, crypto::SecretBytes key,
                                            const base::Clock& clock, base::Random& random);

    // A new key for the person, in base32 as authenticators take it. It counts once a code of it
    // was given to confirm(). Whoever has one already gives a code of that: denied otherwise.
    base::Result<std::string> begin(const std::string& person, const std::string& code);
    base::Result<> confirm(const std::string& person, const std::string& code);
    base::Result<> remove(const std::string& person, const std::string& code);
    // Uses the code up. denied: none is set up, wrong, used before, or locked.
    base::Result<> use(const std::string& person, const std::string& code);

    bool has(const std::string& person) const { return factors_.contains(person); }
    // {person, since} of each.
    wire::Json list() const;

    // factor.begin, .confirm, .remove and .list, for a person at the keeper's own socket.
    void add_verbs(Keeper& keeper, audit::Log& log);

  private:
    struct Factor {
        base::Bytes key;
        base::WallTime_ms since_ms = 0;
        std::uint64_t last_step = 0;
        int wrong = 0;
        base::WallTime_ms locked_until_ms = 0;
    };
    SecondFactors(std::string file, crypto::SecretBytes key, const base::Clock& clock,
                  base::Random& random)
        : file_(std::move(file)), key_(std::move(key)), clock_(&clock), random_(&random) {}
    base::Result<> load();
    base::Result<> save() const;
    // The step of a code that fits and was not used; 0: none.
    std::uint64_t step_of(const Factor& factor, const std::string& code) const;

    std::string file_;
    crypto::SecretBytes key_;
    const base::Clock* clock_;
    base::Random* random_;
    std::map<std::string, Factor> factors_;
    std::map<std::string, Factor> begun_;
};

// RFC 4648 section 6, without padding.
std::string to_base32(base::ByteView bytes);
// What authenticators read from a picture or a link (otpauth://totp/…).
std::string factor_link(const std::string& person, const std::string& secret);

}  // namespace hs::gate
