// ChannelPeople: which account of a chat platform is which person, and who asks to be.
//
// What it is for: identity is (channel, tenant, the platform's stable user id), bound to a person
// by a code that the account was told in chat and a person typed at the keeper's own socket. Kept
// in one readable file, replaced whole. What it does not protect from: an account that was taken
// over at its platform. Threads: one thread.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "wire/json.h"

namespace hs::gate {

struct ChannelAccount {
    std::string channel;
    std::string tenant;
    std::string user;
    bool operator==(const ChannelAccount&) const = default;
};
// invalid_input for members that are too long or hold control characters.
base::Result<ChannelAccount> account_from_json(const wire::Json& json);
wire::JsonObject to_json(const ChannelAccount& account);
std::string describe(const ChannelAccount& account);

struct BoundAccount {
    ChannelAccount account;
    std::string person;
    base::WallTime_ms since_ms = 0;
};

class ChannelPeople {
  public:
    static constexpr std::size_t bound_max = 10'000;
    static constexpr std::size_t pending_max = 64;
    static constexpr std::size_t strangers_max = 64;
    static constexpr std::int64_t code_life_ms = 10 * 60'000;
    static constexpr std::int64_t notice_again_ms = std::int64_t{24} * 3600 * 1000;

    // corrupt when the file is no such list.
    static base::Result<ChannelPeople> open(std::string file, const base::Clock& clock,
                                            base::Random& random);

    std::optional<std::string> person_of(const ChannelAccount& account) const;
    const std::vector<BoundAccount>& all() const { return bound_; }

    // The code for an account that asks to be bound: the same one until it has run out. exhausted
    // when too many ask at once.
    base::Result<std::string> code_for(const ChannelAccount& account);
    // Binds the account of that code and uses the code up. not_found for a code that is not open.
    base::Result<BoundAccount> bind(const std::string& code, const std::string& person);
    base::Result<> unbind(const ChannelAccount& account);

    // Somebody unknown has written. True when the owner has not been told of that account today.
    bool note_stranger(const ChannelAccount& account);
    // Accounts that ask or wrote unknown, newest last: {channel, tenant, user, at, asks}.
    wire::Json waiting() const;

  private:
    struct Pending {
        ChannelAccount account;
        std::string code;
        base::WallTime_ms until_ms = 0;
    };
    struct Stranger {
        ChannelAccount account;
        base::WallTime_ms at_ms = 0;
    };
    ChannelPeople(std::string file, const base::Clock& clock, base::Random& random)
        : file_(std::move(file)), clock_(&clock), random_(&random) {}
    base::Result<> keep(std::vector<BoundAccount> bound);
    void forget_old();

    std::string file_;
    const base::Clock* clock_;
    base::Random* random_;
    std::vector<BoundAccount> bound_;
    std::deque<Pending> pending_;
    std::deque<Stranger> strangers_;
};

// Letters and digits that nobody mistakes for one another.
std::string readable_code(base::Random& random, std::size_t letters);

}  // namespace hs::gate
